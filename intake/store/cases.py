"""Queries on cases."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, insert, or_, select, update
from sqlalchemy.orm import Session

from intake.identifiers import new_id, new_reference
from intake.store.schema import case_arrivals, cases, deliveries
from intake.vocabulary import CaseState, Clock, Disposition, Reason


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
    clock: Clock | None = None
    #: what automatic mode would have done: {"disposition", "purposes"}
    proposed: dict[str, Any] | None = None
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
    clock: Clock = Clock.TRIAGE
    proposed: dict[str, Any] | None = None


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
        "clock": new.clock.value,
        "proposed": new.proposed,
        "version": 1,
    }
    session.execute(insert(cases).values(row))
    return _case({**dict.fromkeys(Case.__slots__), **row})


def add_arrival(session: Session, case_id: str, arrival_id: str) -> None:
    """Let a message belong to a case."""
    session.execute(insert(case_arrivals).values(case_id=case_id, arrival_id=arrival_id))


def reopen(session: Session, case_id: str, reason: Reason) -> None:
    """Open a case again, adding the reason; where it was merged, the one that it was merged into."""
    _change(session, case_id, CaseState.OPEN, (reason.value,))


def settle(session: Session, case_id: str, *reasons: str) -> None:
    """Settle a case, adding the reasons."""
    _change(session, case_id, CaseState.SETTLED, reasons)


def note(session: Session, case_id: str, *reasons: str) -> None:
    """Show reasons in a case, and leave it as it stands."""
    _change(session, case_id, None, reasons)


def bring(session: Session, case: Case, news: NewCase) -> None:
    """Bring something new to a known case: it is open again, for both reasons, and due by the nearer date.

    A settled case has no date to keep: then the new one counts. An urgent case stays one.
    """
    keeps_date = case.state is not CaseState.SETTLED and case.due_at is not None
    if keeps_date and (news.due_at is None or (case.due_at is not None and case.due_at <= news.due_at)):
        due_at, due_reason, clock = case.due_at, case.due_reason, case.clock
    else:
        due_at, due_reason, clock = news.due_at, news.due_reason, news.clock
    values = {
        "state": CaseState.OPEN.value,
        "disposition": (case.disposition if case.urgent else news.disposition).value,
        "student_id": case.student_id or news.student_id,
        "urgent": case.urgent or news.urgent,
        "intents": list(dict.fromkeys([*case.intents, *news.intents])),
        "reasons": list(dict.fromkeys([*case.reasons, *news.reasons])),
        "due_at": due_at,
        "due_reason": due_reason,
        "clock": None if clock is None else clock.value,
        "proposed": news.proposed or case.proposed,
        "version": cases.c.version + 1,
    }
    session.execute(update(cases).where(cases.c.case_id == case.case_id).values(values))


def _change(session: Session, case_id: str, state: CaseState | None, reasons: Sequence[str]) -> None:
    case = find(session, case_id)
    if case is None:
        return
    values: dict[str, Any] = {
        "reasons": list(dict.fromkeys([*case.reasons, *reasons])),
        "version": cases.c.version + 1,
    }
    if state is not None:
        values["state"] = state.value
    session.execute(update(cases).where(cases.c.case_id == case.case_id).values(values))


def touch(session: Session, case_id: str) -> None:
    """Say that a case is no longer as it was shown."""
    session.execute(update(cases).where(cases.c.case_id == case_id).values(version=cases.c.version + 1))


def acknowledge(session: Session, case_id: str, now: datetime) -> None:
    """Say that a person has an urgent letter, unless somebody had it before."""
    here = and_(cases.c.case_id == case_id, cases.c.acknowledged_at.is_(None))
    session.execute(update(cases).where(here).values(acknowledged_at=now))


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


def of_own_message(session: Session, message_ids: Sequence[str], recipient_hash: bytes) -> Case | None:
    """Find the case of one of our own Message-IDs, for the one who got it: two people are never joined.

    The first of `message_ids` that is known counts; merges are followed.
    """
    if not message_ids:
        return None
    query = select(deliveries.c.message_id, deliveries.c.case_id).where(
        deliveries.c.message_id.in_(list(message_ids)),
        deliveries.c.recipient_hash == recipient_hash,
        deliveries.c.case_id.is_not(None),
    )
    found = {row.message_id: row.case_id for row in session.execute(query)}
    return next((find(session, found[one]) for one in message_ids if one in found), None)


def others_ask(session: Session, student_id: str, case_id: str, intent: str) -> bool:
    """Say whether another case of the same student that is not settled has `intent` in it."""
    query = select(cases.c.intents).where(
        cases.c.student_id == student_id,
        cases.c.case_id != case_id,
        cases.c.state.in_([CaseState.OPEN.value, CaseState.WAITING.value]),
    )
    return any(intent in intents for intents in session.scalars(query))


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


def references_of(session: Session, arrival_id: str) -> list[str]:
    """The references of the cases that a message belongs to."""
    query = select(cases.c.reference).join(case_arrivals, case_arrivals.c.case_id == cases.c.case_id)
    return list(session.scalars(query.where(case_arrivals.c.arrival_id == arrival_id).order_by(cases.c.opened_at)))


def case_of(row: Any) -> Case:
    """Make a case of a row of `ROW`."""
    return _case(row._asdict())


def _case(values: dict[str, Any]) -> Case:
    chosen = {name: values[name] for name in Case.__slots__}
    chosen["state"] = CaseState(chosen["state"])
    chosen["disposition"] = Disposition(chosen["disposition"])
    chosen["clock"] = None if chosen["clock"] is None else Clock(chosen["clock"])
    chosen["intents"], chosen["reasons"] = tuple(chosen["intents"]), tuple(chosen["reasons"])
    chosen["scope"] = None if chosen["scope"] is None else tuple(chosen["scope"])
    return Case(**chosen)
