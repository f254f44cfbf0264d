"""Queries on small facts that outlive a restart: when an alarm was raised, that this database is a copy."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, or_, select
from sqlalchemy.orm import Session

from intake.store.schema import facts

#: this database is a copy that nobody has worked with yet; when it was made
COPIED = "copied"
#: this database was brought back from a copy: what the mailbox received before then may be answered already
RESTORED = "restored"
#: which version of the classifier the worker loaded at its last start; number 1: it has no model
CLASSIFIER = "classifier"
#: messages on the server that are not in the ledger, and how many
UNACCOUNTED = "unaccounted"
#: the last canary did not come by
CANARY = "canary_alarm"
#: before the name of a job that fails
ALARM = "alarm "


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


def alarms(session: Session) -> dict[str, Fact]:
    """Give every alarm that stands, by its name."""
    stands = or_(facts.c.name.in_([UNACCOUNTED, CANARY]), facts.c.name.startswith(ALARM, autoescape=True))
    query = select(facts.c.name, facts.c.number, facts.c.text, facts.c.at).where(stands).order_by(facts.c.name)
    return {row.name: Fact(row.number, row.text, row.at) for row in session.execute(query)}


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
