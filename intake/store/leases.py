"""Queries on leases: one runner at a time for one piece of work, taken over when its holder dies or sleeps."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from intake.errors import LeaseLost
from intake.identifiers import is_dead
from intake.store.schema import leases


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to do one piece of work; `fence` grows with each takeover, so that a sleeper knows that it lost it."""

    name: str
    holder: str
    fence: int
    length: timedelta


def take(session: Session, name: str, holder: str, now: datetime, length: timedelta) -> Lease | None:
    """Take or renew a lease; None where somebody else who lives holds it."""
    row = session.execute(select(leases).where(leases.c.name == name).with_for_update()).one_or_none()
    if row is None:
        try:
            with session.begin_nested():
                session.execute(insert(leases).values(name=name, holder=holder, until=now + length, fence=1))
        except IntegrityError:
            return None
        return Lease(name, holder, 1, length)
    free = row.until < now or row.holder == holder or is_dead(row.holder)
    if not free:
        return None
    fence = row.fence if row.holder == holder else row.fence + 1
    here = and_(leases.c.name == name, leases.c.fence == row.fence)
    session.execute(update(leases).where(here).values(holder=holder, until=now + length, fence=fence))
    return Lease(name, holder, fence, length)


def renew(session: Session, lease: Lease, now: datetime) -> None:
    """Prove that a lease is still held and lock it until the end of this transaction. Raises `LeaseLost`."""
    here = and_(leases.c.name == lease.name, leases.c.holder == lease.holder, leases.c.fence == lease.fence)
    done = session.execute(update(leases).where(here).values(until=now + lease.length))
    if not done.rowcount:  # type: ignore[attr-defined]
        raise LeaseLost(f"{lease.name}: another worker took over meanwhile")


def give_back(session: Session, name: str, holder: str, now: datetime) -> None:
    """End a lease before its time."""
    here = and_(leases.c.name == name, leases.c.holder == holder)
    session.execute(update(leases).where(here).values(until=now - timedelta(microseconds=1)))
