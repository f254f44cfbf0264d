"""Queries on small facts that outlive a restart: when an alarm was raised, that this database is a copy."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from intake.store.schema import facts

#: this database is a copy that nobody has worked with yet; when it was made
COPIED = "copied"
#: this database was brought back from a copy: what the mailbox received before then may be answered already
RESTORED = "restored"


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact: a number or a slug, and since when it holds."""

    number: float | None
    text: str | None
    at: datetime


def get(session: Session, name: str) -> Fact | None:
    """Give a fact; None where it was never put down, or was forgotten."""
    row = session.execute(select(facts.c.number, facts.c.text, facts.c.at).where(facts.c.name == name)).one_or_none()
    return None if row is None else Fact(row.number, row.text, row.at)


def take(session: Session, name: str) -> Fact | None:
    """Give a fact and let it hold no more; of several who take it at once, one gets it."""
    gone = delete(facts).where(facts.c.name == name).returning(facts.c.number, facts.c.text, facts.c.at)
    row = session.execute(gone).one_or_none()
    return None if row is None else Fact(row.number, row.text, row.at)


def put(session: Session, name: str, at: datetime, *, number: float | None = None, text: str | None = None) -> None:
    """Put a fact down in place of what it was."""
    forget(session, name)
    session.execute(insert(facts).values(name=name, number=number, text=text, at=at))


def forget(session: Session, name: str) -> None:
    """Let a fact hold no more."""
    session.execute(delete(facts).where(facts.c.name == name))
