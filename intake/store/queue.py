"""Queries for the officers' queue: urgent cases, then a page of the others by due date, by index alone.

An urgent case is never on a second page: all of them are given, whatever page of the others is shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, cast, func, literal, or_, select, tuple_
from sqlalchemy.orm import Session

from intake.store.cases import ROW, Case, case_of
from intake.store.schema import cases
from intake.vocabulary import CaseState, Disposition

#: urgent cases shown at once; more than these and the queue is not the trouble
_MOST_URGENT = 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which cases are shown; None: whatever it is. `officer`: an account that has it in hand, or was given it."""

    state: CaseState = CaseState.OPEN
    disposition: Disposition | None = None
    reason: str | None = None
    intent: str | None = None
    officer: str | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many cases wait, by state, and of the open ones how many are urgent, overdue, by disposition."""

    states: dict[CaseState, int]
    dispositions: dict[Disposition, int]
    urgent: int
    overdue: int


def urgent(session: Session, wanted: Wanted) -> list[Case]:
    """Every urgent case that is wanted, by due date."""
    query = select(*ROW).where(*_where(wanted), cases.c.urgent.is_(True)).order_by(cases.c.due_at, cases.c.case_id)
    return [case_of(row) for row in session.execute(query.limit(_MOST_URGENT))]


def page(session: Session, wanted: Wanted, size: int, after: tuple[datetime, str] | None = None) -> list[Case]:
    """The next `size` cases that are wanted and not urgent, by due date, `after` a due date and a case id."""
    query = select(*ROW).where(*_where(wanted), cases.c.urgent.is_(False)).order_by(cases.c.due_at, cases.c.case_id)
    if after is not None:
        moment, case_id = after
        query = query.where(tuple_(cases.c.due_at, cases.c.case_id) > tuple_(_moment(moment), case_id))
    return [case_of(row) for row in session.execute(query.limit(size))]


def matching(session: Session, wanted: Wanted) -> int:
    """How many cases are wanted."""
    return session.scalar(select(func.count()).select_from(cases).where(*_where(wanted))) or 0


def counts(session: Session, now: datetime) -> Counts:
    """Count what waits."""
    waits = cases.c.state.in_([CaseState.OPEN.value, CaseState.WAITING.value])
    late = func.count().filter(cases.c.due_at < now)
    grouped = select(cases.c.state, cases.c.disposition, cases.c.urgent, func.count(), late).where(waits)
    states: dict[CaseState, int] = dict.fromkeys((CaseState.OPEN, CaseState.WAITING), 0)
    dispositions: dict[Disposition, int] = {}
    alarms = overdue = 0
    for state, disposition, alarm, number, behind in session.execute(
        grouped.group_by(cases.c.state, cases.c.disposition, cases.c.urgent)
    ):
        states[CaseState(state)] += number
        if state == CaseState.OPEN.value:
            kind = Disposition(disposition)
            dispositions[kind] = dispositions.get(kind, 0) + number
            alarms += number if alarm else 0
            overdue += behind
    return Counts(states, dispositions, alarms, overdue)


def newest(session: Session) -> datetime | None:
    """When the newest case was opened, whatever became of it; None where there is none."""
    found: datetime | None = session.scalar(select(func.max(cases.c.opened_at)))
    return found


def of_students(session: Session, student_ids: Sequence[str], limit: int) -> list[Case]:
    """The cases of these students, what waits first, then newest."""
    here = and_(cases.c.student_id.in_(list(student_ids)), cases.c.state != CaseState.MERGED.value)
    query = select(*ROW).where(here)
    query = query.order_by((cases.c.state == CaseState.SETTLED.value), cases.c.opened_at.desc())
    return [case_of(row) for row in session.execute(query.limit(limit))]


def _where(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [cases.c.state == wanted.state.value]
    if wanted.disposition is not None:
        found.append(cases.c.disposition == wanted.disposition.value)
    for column, slug in ((cases.c.reasons, wanted.reason), (cases.c.intents, wanted.intent)):
        if slug is not None:
            # A list of slugs as JSON text: the quotation marks make the slug whole.
            found.append(cast(column, Text).contains(f'"{slug}"', autoescape=True))
    if wanted.officer is not None:
        found.append(or_(cases.c.officer == wanted.officer, cases.c.claimed_by == wanted.officer))
    return found


def _moment(moment: datetime) -> Any:
    return literal(moment, cases.c.due_at.type)
