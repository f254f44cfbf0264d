"""Queries on the console's sessions and single-use links. Only hashes of tokens are stored."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.orm import Session

from intake.store.accounts import Account
from intake.store.sign_in_schema import accounts, sessions, sign_in_links
from intake.vocabulary import Role


@dataclass(frozen=True, slots=True)
class Lifetime:
    """How long a session lasts: `idle` from its last use, `absolute` from its beginning."""

    idle: timedelta
    absolute: timedelta


@dataclass(frozen=True, slots=True)
class LiveSession:
    """A session that holds, and whose it is."""

    account: Account
    seen_at: datetime
    #: whether names are covered on its pages
    private: bool = False


def begin(session: Session, token_hash: bytes, account: Account, now: datetime) -> None:
    """Begin a session."""
    session.execute(
        insert(sessions).values(
            token_hash=token_hash, account_id=account.account_id, role=account.role.value, created_at=now, seen_at=now
        )
    )


def live(session: Session, token_hash: bytes, lifetime: Lifetime, now: datetime) -> LiveSession | None:
    """Give the session of a token; None where it expired, or the account was disabled or has another role by now."""
    row = session.execute(
        select(accounts.c.account_id, accounts.c.name, accounts.c.role, accounts.c.private_since, sessions.c.seen_at)
        .join(accounts, accounts.c.account_id == sessions.c.account_id)
        .where(
            sessions.c.token_hash == token_hash,
            sessions.c.seen_at > now - lifetime.idle,
            sessions.c.created_at > now - lifetime.absolute,
            sessions.c.role == accounts.c.role,
            accounts.c.disabled_at.is_(None),
        )
    ).one_or_none()
    if row is None:
        return None
    account = Account(row.account_id, row.name, Role(row.role))
    return LiveSession(account, row.seen_at, row.private_since is not None)


def touch(session: Session, token_hash: bytes, now: datetime) -> None:
    """Note that a session was used."""
    session.execute(update(sessions).where(sessions.c.token_hash == token_hash).values(seen_at=now))


def end(session: Session, token_hash: bytes) -> None:
    """End a session."""
    session.execute(delete(sessions).where(sessions.c.token_hash == token_hash))


def end_all(session: Session, account_id: str) -> int:
    """End every session of an account, and its unused links; give how many sessions there were."""
    session.execute(delete(sign_in_links).where(sign_in_links.c.account_id == account_id))
    gone = session.execute(delete(sessions).where(sessions.c.account_id == account_id).returning(sessions.c.account_id))
    return len(gone.all())


def purge(session: Session, lifetime: Lifetime, now: datetime) -> None:
    """Remove what expired."""
    old = or_(sessions.c.seen_at <= now - lifetime.idle, sessions.c.created_at <= now - lifetime.absolute)
    session.execute(delete(sessions).where(old))
    session.execute(delete(sign_in_links).where(sign_in_links.c.expires_at <= now))


def add_link(session: Session, token_hash: bytes, account_id: str, expires_at: datetime) -> None:
    """Add a way in that works once."""
    session.execute(insert(sign_in_links).values(token_hash=token_hash, account_id=account_id, expires_at=expires_at))


def use_link(session: Session, token_hash: bytes, now: datetime) -> Account | None:
    """Use a link up; None where it was used, expired, or the account is disabled."""
    used = session.execute(
        delete(sign_in_links)
        .where(sign_in_links.c.token_hash == token_hash)
        .returning(sign_in_links.c.account_id, sign_in_links.c.expires_at)
    ).one_or_none()
    if used is None or used.expires_at <= now:
        return None
    row = session.execute(
        select(accounts.c.account_id, accounts.c.name, accounts.c.role).where(
            accounts.c.account_id == used.account_id, accounts.c.disabled_at.is_(None)
        )
    ).one_or_none()
    return None if row is None else Account(row.account_id, row.name, Role(row.role))
