"""Timekeeping: what an officer notes about a case's clock, and the due date that follows."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from intake.clocks import BankHolidays, ClockEvent, Due, due
from intake.errors import NotFound
from intake.store import audit, clock_events
from intake.store.cases import Case
from intake.vocabulary import Clock, ClockEventKind


def set_clock(session: Session, holidays: BankHolidays, case: Case, clock: Clock, actor: str, now: datetime) -> Due:
    """Let another clock run, from the receipt of the case's first message. Raises `NotFound` for an urgent case."""
    if case.clock is Clock.URGENT:
        raise NotFound(f"{case.reference} is urgent: a person must read it now, and no clock runs beside that")
    found = due_of(session, holidays, case, clock, clock_events.of_case(session, case.case_id))
    clock_events.set_due(session, case.case_id, clock, found)
    audit.append(session, now, actor, "clock_set", case.case_id, clock=clock.value)
    return found


def note(session: Session, holidays: BankHolidays, case: Case, kind: ClockEventKind, actor: str, now: datetime) -> Due:
    """Note an event of a rights request's clock. Raises `NotFound` where it does not follow from what went before."""
    if case.clock is not Clock.DATA_RIGHTS:
        raise NotFound(f"{case.reference} is no rights request: its clock cannot be {kind.value}")
    before = [event.kind for event in clock_events.of_case(session, case.case_id)]
    if kind not in following(before):
        raise NotFound(f"{case.reference}: the clock cannot be {kind.value} now; noted so far: {_told(before)}")
    clock_events.add(session, case.case_id, ClockEvent(kind, now), actor)
    found = due_of(session, holidays, case, Clock.DATA_RIGHTS, clock_events.of_case(session, case.case_id))
    clock_events.set_due(session, case.case_id, Clock.DATA_RIGHTS, found)
    audit.append(session, now, actor, f"clock_{kind.value}", case.case_id)
    return found


def following(before: Sequence[ClockEventKind]) -> tuple[ClockEventKind, ...]:
    """Give what can be noted about a rights request's clock, after what was noted `before`."""
    waits = before.count(ClockEventKind.STOPPED) > before.count(ClockEventKind.RESUMED)
    asked = before.count(ClockEventKind.IDENTITY_ASKED) > before.count(ClockEventKind.IDENTITY_PROVED)
    fits = {
        ClockEventKind.EXTENDED: ClockEventKind.EXTENDED not in before,
        ClockEventKind.STOPPED: not waits,
        ClockEventKind.RESUMED: waits,
        ClockEventKind.IDENTITY_ASKED: not asked,
        ClockEventKind.IDENTITY_PROVED: asked,
    }
    return tuple(kind for kind in ClockEventKind if fits[kind])


def due_of(session: Session, holidays: BankHolidays, case: Case, clock: Clock, events: Sequence[ClockEvent]) -> Due:
    """Give the due date of a case under `clock`, from the receipt of its first message, after `events`."""
    received = clock_events.received_at(session, case.case_id) or case.opened_at
    return due(clock, received, holidays, events)


def _told(kinds: Sequence[ClockEventKind]) -> str:
    return ", ".join(kind.value for kind in kinds) or "nothing"
