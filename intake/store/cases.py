"""Queries on cases."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, or_, select, update
from sqlalchemy.orm import Session

from intake.identifiers import new_id, new_reference
from intake.store.schema import case_arrivals, cases, deliveries
from intake.vocabulary import CaseState, Disposition, Reason


@dataclass(frozen=True, slots=True)
class Case:
    """One case; `intents` and `reasons` are slugs."""

    case_id: str
    reference: str
    state: CaseState
    disposition: Disposition
    student_id: str | None
    urgent: bool
    intents: tuple[str, ...]
    reasons: tuple[str, ...]
    opened_at: datetime
    due_at: datetime | None
    due_reason: str | None
    merged_into: str | None
    version: int
    claimed_by: str | None = None
    claimed_until: datetime | None = None
    officer: str | None = None
    scope: tuple[str, ...] | None = None
    acknowledged_at: datetime | None = None
    closed_as: str | None = None

    def holder(self, now: datetime) -> str | None:
        """Who has the case in hand at `now`."""
        return self.claimed_by if self.claimed_until is not None and self.claimed_until > now else None


@dataclass(frozen=True, slots=True)
class NewCase:
    """What `open_case` writes."""

    state: CaseState
    disposition: Disposition
    student_id: str | None
    originator_hash: bytes | None
    urgent: bool
    intents: tuple[str, ...]
    reasons: tuple[str, ...]
    opened_at: datetime
    due_at: datetime | None
    due_reason: str | None


#: the columns of a `Case`, for other files of queries
ROW = [cases.c[name] for name in Case.__slots__]


def open_case(session: Session, new: NewCase) -> Case:
    """Open a case."""
    row = {
        "case_id": new_id("c"),
        "reference": new_reference(),
        "state": new.state.value,
        "disposition": new.disposition.value,
        "student_id": new.student_id,
        "originator_hash": new.originator_hash,
        "urgent": new.urgent,
        "intents": list(new.intents),
        "reasons": list(new.reasons),
        "opened_at": new.opened_at,
        "due_at": new.due_at,
        "due_reason": new.due_reason,
        "version": 1,
    }
    session.execute(insert(cases).values(row))
    return _case({**dict.fromkeys(Case.__slots__), **row})


def add_arrival(session: Session, case_id: str, arrival_id: str) -> None:
    """Let a message belong to a case."""
    session.execute(insert(case_arrivals).values(case_id=case_id, arrival_id=arrival_id))


def reopen(session: Session, case_id: str, reason: Reason) -> None:
    """Open a case again, adding the reason; where it was merged, the one that it was merged into."""
    case = find(session, case_id)
    if case is None:
        return
    case_id = case.case_id
    reasons = list(dict.fromkeys([*case.reasons, reason.value]))
    values = {"state": CaseState.OPEN.value, "reasons": reasons, "version": cases.c.version + 1}
    session.execute(update(cases).where(cases.c.case_id == case_id).values(values))


def touch(session: Session, case_id: str) -> None:
    """Say that a case is no longer as it was shown."""
    session.execute(update(cases).where(cases.c.case_id == case_id).values(version=cases.c.version + 1))


def locked(session: Session, name: str) -> Case | None:
    """Give one case by its id or its reference, merged or not, for this transaction alone to change."""
    query = select(*ROW).where(or_(cases.c.case_id == name, cases.c.reference == name.upper())).with_for_update()
    row = session.execute(query).one_or_none()
    return None if row is None else case_of(row)


def change(session: Session, case_id: str, values: Mapping[str, Any]) -> None:
    """Write columns of a case that was `locked`."""
    plain = {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
    session.execute(update(cases).where(cases.c.case_id == case_id).values(plain))


def move_arrivals(session: Session, case_id: str, into: str, only: Sequence[str] | None = None) -> list[str]:
    """Let the messages of one case (or `only` these) belong to another; give those that were moved."""
    there = set(arrivals_of(session, into))
    moved = [one for one in arrivals_of(session, case_id) if one not in there and (only is None or one in only)]
    here = (case_arrivals.c.case_id == case_id) & case_arrivals.c.arrival_id.in_(moved)
    session.execute(update(case_arrivals).where(here).values(case_id=into))
    return moved


def merged_here(session: Session, case_id: str) -> list[str]:
    """The cases that were merged into this one, directly or not, by id."""
    found: list[str] = []
    ring = [case_id]
    while ring:
        ring = list(session.scalars(select(cases.c.case_id).where(cases.c.merged_into.in_(ring))))
        ring = [one for one in ring if one not in found]
        found += ring
    return found


def of_own_message(session: Session, message_ids: Sequence[str], originator_hash: bytes | None) -> Case | None:
    """Find the case of one of our own Message-IDs, for the same sender only: two people are never joined."""
    if not message_ids or originator_hash is None:
        return None
    query = (
        select(*ROW)
        .join(deliveries, deliveries.c.case_id == cases.c.case_id)
        .where(
            deliveries.c.message_id.in_(list(message_ids)),
            or_(cases.c.originator_hash == originator_hash, deliveries.c.recipient_hash == originator_hash),
        )
        .order_by(cases.c.opened_at.desc())
        .limit(1)
    )
    row = session.execute(query).one_or_none()
    return None if row is None else case_of(row)


def find(session: Session, name: str) -> Case | None:
    """Give one case by its id or its reference, following merges."""
    for _ in range(20):
        query = select(*ROW).where(or_(cases.c.case_id == name, cases.c.reference == name.upper()))
        row = session.execute(query).one_or_none()
        if row is None:
            return None
        case = case_of(row)
        if case.merged_into is None:
            return case
        name = case.merged_into
    return None


def every(session: Session, state: CaseState | None = None) -> Iterable[Case]:
    """Every case, urgent ones first, then by due date."""
    query = select(*ROW).order_by(cases.c.urgent.desc(), cases.c.due_at, cases.c.opened_at)
    if state is not None:
        query = query.where(cases.c.state == state.value)
    return (case_of(row) for row in session.execute(query.execution_options(yield_per=500)))


def arrivals_of(session: Session, case_id: str) -> list[str]:
    """The messages that belong to a case, by arrival id."""
    query = select(case_arrivals.c.arrival_id).where(case_arrivals.c.case_id == case_id)
    return list(session.scalars(query.order_by(case_arrivals.c.arrival_id)))


def case_of(row: Any) -> Case:
    """Make a case of a row of `ROW`."""
    return _case(row._asdict())


def _case(values: dict[str, Any]) -> Case:
    chosen = {name: values[name] for name in Case.__slots__}
    chosen["state"] = CaseState(chosen["state"])
    chosen["disposition"] = Disposition(chosen["disposition"])
    chosen["intents"], chosen["reasons"] = tuple(chosen["intents"]), tuple(chosen["reasons"])
    chosen["scope"] = None if chosen["scope"] is None else tuple(chosen["scope"])
    return Case(**chosen)
