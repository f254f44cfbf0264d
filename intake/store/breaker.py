"""Queries on the breaker: opened by too many automatic replies in an hour, closed by a person alone."""

from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from intake.store.schema import facts

_NAME = "breaker"
_OPEN, _CLOSED = 1, 0


def open_since(session: Session) -> datetime | None:
    """Give when it opened; None where it is closed."""
    return session.scalar(select(facts.c.at).where(facts.c.name == _NAME, facts.c.number == _OPEN))


def closed_since(session: Session) -> datetime | None:
    """Give when a person closed it last: what was written before counts no more. None where it is open or never was."""
    return session.scalar(select(facts.c.at).where(facts.c.name == _NAME, facts.c.number == _CLOSED))


def trip(session: Session, now: datetime) -> bool:
    """Open it; false where it was open."""
    here = facts.c.name == _NAME, facts.c.number == _CLOSED
    if session.execute(update(facts).where(*here).values(number=_OPEN, at=now)).rowcount:  # type: ignore[attr-defined]
        return True
    if session.scalar(select(facts.c.name).where(facts.c.name == _NAME)) is not None:
        return False
    try:
        with session.begin_nested():
            session.execute(insert(facts).values(name=_NAME, number=_OPEN, at=now))
    except IntegrityError:
        return False
    return True


def reset(session: Session, now: datetime) -> bool:
    """Close it; false where it was closed."""
    here = facts.c.name == _NAME, facts.c.number == _OPEN
    return bool(session.execute(update(facts).where(*here).values(number=_CLOSED, at=now)).rowcount)  # type: ignore[attr-defined]
