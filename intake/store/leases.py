"""Queries on leases: one runner at a time for one piece of work, taken over when its holder dies."""

from datetime import datetime, timedelta

from sqlalchemy import and_, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from intake.identifiers import is_dead
from intake.store.schema import leases


def take(session: Session, name: str, holder: str, now: datetime, length: timedelta) -> bool:
    """Take or renew a lease; false where somebody else who lives holds it."""
    row = session.execute(select(leases).where(leases.c.name == name).with_for_update()).one_or_none()
    if row is None:
        try:
            with session.begin_nested():
                session.execute(insert(leases).values(name=name, holder=holder, until=now + length, fence=1))
        except IntegrityError:
            return False
        return True
    free = row.until < now or row.holder == holder or is_dead(row.holder)
    if not free:
        return False
    fence = row.fence if row.holder == holder else row.fence + 1
    here = and_(leases.c.name == name, leases.c.fence == row.fence)
    session.execute(update(leases).where(here).values(holder=holder, until=now + length, fence=fence))
    return True


def give_back(session: Session, name: str, holder: str, now: datetime) -> None:
    """End a lease before its time."""
    here = and_(leases.c.name == name, leases.c.holder == holder)
    session.execute(update(leases).where(here).values(until=now - timedelta(microseconds=1)))
