"""Queries on failed sign-ins: counted before the password is looked at, so that guesses at once count one by one."""

from datetime import datetime, timedelta

from sqlalchemy import case, delete, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from intake.store.sign_in_schema import sign_in_failures

#: failures are forgotten when none came for so long
_MEMORY = timedelta(hours=24)
_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(minutes=15)


def take(session: Session, key: str, free: int, now: datetime) -> bool:
    """Count one try, unless it must wait; beyond `free` of them the next must wait, twice as long each time.

    The row is locked until the transaction ends, so that tries at the same moment are counted one by one. Whoever takes
    several keys takes them in their order.
    """
    make = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    fresh = make(sign_in_failures).values(key=key, failures=1, last_at=now)
    grown = case((sign_in_failures.c.last_at < now - _MEMORY, 1), else_=sign_in_failures.c.failures + 1)
    row = session.execute(
        fresh.on_conflict_do_update(index_elements=["key"], set_={"failures": grown}).returning(
            sign_in_failures.c.failures, sign_in_failures.c.blocked_until
        )
    ).one()
    here = sign_in_failures.c.key == key
    if row.blocked_until is not None and row.blocked_until > now:
        session.execute(update(sign_in_failures).where(here).values(failures=row.failures - 1))
        return False
    until = None if row.failures < free else now + wait(row.failures - free)
    session.execute(update(sign_in_failures).where(here).values(blocked_until=until, last_at=now))
    return True


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
