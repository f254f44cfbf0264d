"""Queries on failed sign-ins: counted before the password is looked at, so that guesses at once count one by one."""

from datetime import datetime, timedelta

from sqlalchemy import case, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from intake.store.schema import sign_in_failures

#: failures are forgotten when none came for so long
_MEMORY = timedelta(hours=24)
_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(minutes=15)


def blocked(session: Session, keys: tuple[str, ...], now: datetime) -> bool:
    """Say whether one of `keys` must wait; the next to ask waits until this transaction has counted its own try."""
    rows = session.execute(
        select(sign_in_failures.c.blocked_until)
        .where(sign_in_failures.c.key.in_(keys))
        .order_by(sign_in_failures.c.key)
        .with_for_update()
    )
    return any(until is not None and until > now for until in rows.scalars().all())


def count(session: Session, key: str, free: int, now: datetime) -> None:
    """Count one try; beyond `free` of them the next must wait, twice as long each time."""
    make = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    fresh = make(sign_in_failures).values(key=key, failures=1, last_at=now)
    grown = case((sign_in_failures.c.last_at < now - _MEMORY, 1), else_=sign_in_failures.c.failures + 1)
    failures = session.execute(
        fresh.on_conflict_do_update(index_elements=["key"], set_={"failures": grown, "last_at": now}).returning(
            sign_in_failures.c.failures
        )
    ).scalar_one()
    until = None if failures < free else now + wait(failures - free)
    session.execute(update(sign_in_failures).where(sign_in_failures.c.key == key).values(blocked_until=until))


def wait(beyond: int) -> timedelta:
    """How long to wait after so many tries beyond the free ones."""
    return min(_LONGEST_WAIT, _FIRST_WAIT * 2.0 ** min(beyond, 16))


def forget(session: Session, key: str) -> None:
    """Forget the failures under a key: somebody signed in."""
    session.execute(delete(sign_in_failures).where(sign_in_failures.c.key == key))


def take_back(session: Session, key: str) -> None:
    """Take one try back: it was none."""
    where = (sign_in_failures.c.key == key) & (sign_in_failures.c.failures > 0)
    session.execute(
        update(sign_in_failures).where(where).values(failures=sign_in_failures.c.failures - 1, blocked_until=None)
    )


def purge(session: Session, now: datetime) -> None:
    """Remove what is forgotten."""
    session.execute(delete(sign_in_failures).where(sign_in_failures.c.last_at < now - _MEMORY))
