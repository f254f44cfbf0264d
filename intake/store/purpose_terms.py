"""Queries on the terms of the purposes: what each version said, for as long as the ledger stands."""

from contextlib import suppress
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from intake.errors import ConfigurationRefused
from intake.purposes import Purposes
from intake.store.schema import purpose_terms
from intake.vocabulary import Purpose


def keep(session: Session, purposes: Purposes, now: datetime) -> None:
    """Keep what each purpose says in its version. Raises `ConfigurationRefused` where that version said otherwise."""
    prove(session, purposes)
    for purpose, terms in purposes.terms.items():
        if wording(session, purpose, terms.version) is not None:
            continue
        row = {
            "purpose": purpose.value,
            "version": terms.version,
            "wording": terms.wording,
            "lawful_basis": terms.lawful_basis,
            "since": now,
        }
        # Another worker may keep it in the same moment.
        with suppress(IntegrityError), session.begin_nested():
            session.execute(insert(purpose_terms).values(row))
    prove(session, purposes)


def prove(session: Session, purposes: Purposes) -> None:
    """Prove that no version says anything but what it said before. Raises `ConfigurationRefused`."""
    for purpose, terms in purposes.terms.items():
        said = wording(session, purpose, terms.version)
        if said is not None and said != (terms.wording, terms.lawful_basis):
            raise ConfigurationRefused(
                f"config/purposes.toml: {purpose.value}: the wording or the lawful basis is not that of version "
                f"{terms.version} any more: raise its version"
            )


def wording(session: Session, purpose: Purpose, version: str) -> tuple[str, str] | None:
    """Give what a purpose said in a version: its wording and its lawful basis."""
    here = purpose_terms.c.purpose == purpose.value, purpose_terms.c.version == version
    row = session.execute(select(purpose_terms.c.wording, purpose_terms.c.lawful_basis).where(*here)).one_or_none()
    return None if row is None else (row.wording, row.lawful_basis)
