"""Queries on what changed a case's clock."""

from datetime import datetime

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from intake.clocks import ClockEvent, Due
from intake.identifiers import new_id
from intake.store.schema import arrivals, case_arrivals, cases, clock_events
from intake.vocabulary import Clock, ClockEventKind


def add(session: Session, case_id: str, event: ClockEvent, actor: str) -> str:
    """Note that something changed a case's clock; give the note's id."""
    event_id = new_id("k")
    row = {"event_id": event_id, "case_id": case_id, "event": event.kind.value, "at": event.at, "actor": actor}
    session.execute(insert(clock_events).values(row))
    return event_id


def take_back(session: Session, case_id: str, event_id: str) -> bool:
    """Take back what was noted last about a case's clock; false where something was noted after it."""
    here = clock_events.c.event_id == event_id
    own = select(clock_events.c.at).where(here).scalar_subquery()
    after = (clock_events.c.case_id == case_id) & (clock_events.c.at >= own) & ~here
    if session.scalar(select(func.count()).where(after)):
        return False
    session.execute(delete(clock_events).where(here))
    return True


def of_case(session: Session, case_id: str) -> list[ClockEvent]:
    """What changed a case's clock, oldest first."""
    columns = (clock_events.c.event, clock_events.c.at)
    query = select(*columns).where(clock_events.c.case_id == case_id).order_by(clock_events.c.at)
    return [ClockEvent(ClockEventKind(event), at) for event, at in session.execute(query)]


def received_at(session: Session, case_id: str) -> datetime | None:
    """Give when the first message of a case was received."""
    query = (
        select(func.min(arrivals.c.received_at))
        .join(case_arrivals, case_arrivals.c.arrival_id == arrivals.c.arrival_id)
        .where(case_arrivals.c.case_id == case_id)
    )
    found: datetime | None = session.scalar(query)
    return found


def set_due(session: Session, case_id: str, clock: Clock, due: Due) -> None:
    """Write the clock that runs, and the due date that follows."""
    values = {
        "clock": clock.value,
        "due_at": due.at,
        "due_reason": due.working,
        "version": cases.c.version + 1,
    }
    session.execute(update(cases).where(cases.c.case_id == case_id).values(values))
