"""Queries on small facts that outlive a restart: when an alarm was raised, that this database is a copy."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from intake.store.schema import facts


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


def put(session: Session, name: str, at: datetime, *, number: float | None = None, text: str | None = None) -> None:
    """Put a fact down in place of what it was."""
    forget(session, name)
    session.execute(insert(facts).values(name=name, number=number, text=text, at=at))


def forget(session: Session, name: str) -> None:
    """Let a fact hold no more."""
    session.execute(delete(facts).where(facts.c.name == name))
