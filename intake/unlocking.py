"""Unlocking the store: key and database, each proved to be the other's before any mail is touched."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import insert, select

from intake.errors import KeyRefused
from intake.sealing import KEY_BYTES, Vault, read_key
from intake.settings import Settings
from intake.store import Store, open_store
from intake.store.schema import vault as vault_table

_PROOF_PLACE = "vault/1/proof"


@contextmanager
def opened_store(settings: Settings, *, create: bool = False) -> Iterator[tuple[Store, Vault]]:
    """Open key and database, and prove that the one opens the other. Raises `KeyRefused`, `SchemaRefused`."""
    vault = Vault(read_key(settings.encryption.key_file))
    store = open_store(settings.database.url, create=create)
    try:
        _prove_key(store, vault)
        yield store, vault
    finally:
        store.close()


def passing_vault() -> Vault:
    """Make a vault whose key is forgotten with the process: for a dry run that stores nothing."""
    return Vault(os.urandom(KEY_BYTES))


def _prove_key(store: Store, vault: Vault) -> None:
    with store.reading() as session:
        row = session.execute(select(vault_table.c.wrapped_key, vault_table.c.proof)).one_or_none()
    if row is None:
        key = vault.new_key()
        values = {
            "vault_id": 1,
            "wrapped_key": key.wrapped,
            "proof": key.seal(secrets.token_bytes(16), _PROOF_PLACE),
            "created_at": datetime.now(UTC),
        }
        with store.writing() as session:
            session.execute(insert(vault_table).values(values))
        return
    try:
        vault.open_key(row.wrapped_key).open(row.proof, _PROOF_PLACE)
    except KeyRefused as error:
        raise KeyRefused("encryption.key_file does not open this database: put the right one there") from error
