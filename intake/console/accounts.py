"""Accounts: who may use the console, and the proof that somebody is who they say."""

import ipaddress
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from intake.console import codes, passwords
from intake.errors import CallRefused, NotFound
from intake.sealing import Vault
from intake.store import Store, accounts, attempts, audit, sessions
from intake.store.accounts import Account, AccountRow
from intake.vocabulary import Role

LONGEST_NAME = 64
#: so many tries before the next must wait: under one name, and from one address
_FREE_BY_NAME, _FREE_BY_ADDRESS = 5, 30
#: who acts where an operator does, at the command line
OPERATOR = "operator"


def add(store: Store, name: str, role: Role, password: str, now: datetime) -> Account:
    """Add a local account. Raises `CallRefused` for a bad name or password, and for a name that is taken."""
    if not is_sound(name):
        raise CallRefused(f"an account's name has 1 to {LONGEST_NAME} characters that can be seen")
    passwords.prove_sound(password, name)
    password_hash = passwords.hashed(password)
    try:
        with store.writing() as session:
            account = accounts.add_local(session, name, role, password_hash, now)
            audit.append(session, now, OPERATOR, "account_added", account.account_id, role=role.value)
    except IntegrityError as error:
        raise CallRefused("there is an account with that name already") from error
    return account


def change_password(store: Store, name: str, password: str, now: datetime) -> None:
    """Give a local account another password, and end its sessions. Raises `NotFound`, `CallRefused`."""
    row = known(store, name)
    if row.issuer is not None:
        raise CallRefused("that account signs in at the university: its password is kept there")
    passwords.prove_sound(password, row.name)
    password_hash = passwords.hashed(password)
    with store.writing() as session:
        accounts.set_password(session, row.account_id, password_hash)
        sessions.end_all(session, row.account_id)
        audit.append(session, now, OPERATOR, "password_changed", row.account_id)


def change_role(store: Store, name: str, role: Role, now: datetime) -> None:
    """Give an account another role, and end its sessions: nobody acts on under the old one."""
    row = known(store, name)
    if row.issuer is not None:
        raise CallRefused("that account's role comes from the university's sign-in: change it there")
    with store.writing() as session:
        accounts.set_role(session, row.account_id, role)
        sessions.end_all(session, row.account_id)
        audit.append(session, now, OPERATOR, "role_changed", row.account_id, role=role.value)


def disable(store: Store, name: str, now: datetime, *, again: bool = False) -> None:
    """Shut an account out at once (`again`: let it in again)."""
    row = known(store, name)
    with store.writing() as session:
        accounts.disable(session, row.account_id, None if again else now)
        sessions.end_all(session, row.account_id)
        audit.append(session, now, OPERATOR, "account_enabled" if again else "account_disabled", row.account_id)


def ask_for_code(store: Store, vault: Vault, name: str, now: datetime) -> bytes:
    """Ask this local account for a one-time code from now on; give the secret to put into its app."""
    row = known(store, name)
    if row.issuer is not None:
        raise CallRefused("that account signs in at the university: a second factor is asked for there")
    secret, key = codes.new_secret(), vault.new_key()
    sealed = key.seal(secret, _place(row.account_id))
    with store.writing() as session:
        accounts.set_code(session, row.account_id, key.wrapped, sealed)
        sessions.end_all(session, row.account_id)
        audit.append(session, now, OPERATOR, "code_asked_for", row.account_id)
    return secret


def ask_for_no_code(store: Store, name: str, now: datetime) -> None:
    """Ask for no one-time code any longer: the app is lost, say."""
    row = known(store, name)
    with store.writing() as session:
        accounts.set_code(session, row.account_id, None, None)
        sessions.end_all(session, row.account_id)
        audit.append(session, now, OPERATOR, "code_no_longer_asked_for", row.account_id)


def known(store: Store, name: str) -> AccountRow:
    """Give the account with this name or id. Raises `NotFound`."""
    with store.reading() as session:
        row = accounts.named(session, name)
    if row is None:
        raise NotFound("there is no such account: `wellbeing-intake users list` names them")
    return row


def is_sound(name: str) -> bool:
    """Say whether this can be an account's name."""
    return len(name.strip()) > 0 and len(name) <= LONGEST_NAME and name.isprintable()


def proved(
    store: Store, vault: Vault, *, name: str, password: str, code: str, address: str, now: datetime
) -> Account | None:
    """Give the local account that name, password and code prove; None, after the same work, where they prove none.

    A try is counted before anything is looked at, by name and by network address, whether or not there is such an
    account; too many make the next ones wait, whatever they bring.
    """
    name = name if is_sound(name) else ""
    by_name = f"name-{vault.token('sign-in name', accounts.name_key(name))}"
    by_address = f"addr-{vault.token('sign-in address', network(address))}"
    with store.writing() as session:
        if not attempts.take(session, by_address, _FREE_BY_ADDRESS, now):
            return None
        if not attempts.take(session, by_name, _FREE_BY_NAME, now):
            attempts.take_back(session, by_address)
            return None
        row = accounts.local(session, name)
    right = passwords.matches(None if row is None else row.password_hash, password)
    renewed = passwords.hashed(password) if row and right and passwords.is_outdated(row.password_hash or "") else None
    with store.writing() as session:
        if row is None or not right or row.disabled_at is not None or not _code_fits(session, vault, row, code, now):
            audit.append(session, now, "nobody", "sign_in_refused", "unknown" if row is None else row.account_id)
            return None
        if renewed is not None:
            accounts.set_password(session, row.account_id, renewed)
        attempts.take_back(session, by_address)
        attempts.forget(session, by_name)
        attempts.purge(session, now)
    return row.account


def network(address: str) -> str:
    """Give what counts as one address: an IPv4 address, or the /64 that one IPv6 customer has to itself."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def _code_fits(session: Session, vault: Vault, row: AccountRow, given: str, now: datetime) -> bool:
    if row.code_secret is None or row.wrapped_key is None:
        return True
    secret = vault.open_key(row.wrapped_key).open(row.code_secret, _place(row.account_id))
    step = codes.matching_step(secret, given, now)
    return step is not None and accounts.use_code_step(session, row.account_id, step)


def _place(account_id: str) -> str:
    return f"accounts/{account_id}/code_secret"
