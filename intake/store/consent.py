"""Queries on the consent ledger: append-only; standing is derived."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from intake.identifiers import new_id
from intake.store.schema import consent_events
from intake.vocabulary import ConsentEventKind, Purpose, Standing

# Any number will do, as long as every process uses the same: the ledger has one next number.
_LEDGER_LOCK = 7_264_002


@dataclass(frozen=True, slots=True)
class ConsentEvent:
    """One event of the ledger, for one purpose."""

    event_id: str
    student_id: str
    purpose: Purpose
    event: ConsentEventKind
    received_at: datetime
    effective_at: datetime
    recorded_at: datetime
    actor: str
    arrival_id: str | None
    case_id: str | None
    #: the event that this one takes back, as if it had not been
    undoes: str | None = None


@dataclass(frozen=True, slots=True)
class PurposeStanding:
    """Where one purpose stands, since when and through which event."""

    purpose: Purpose
    standing: Standing
    since: datetime | None
    source: str | None


def append(session: Session, events: Sequence[dict[str, Any]]) -> list[str]:
    """Append events (columns of `consent_events` but id and sequence); give their ids."""
    if not events:
        return []
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LEDGER_LOCK})
    start = session.scalar(select(func.coalesce(func.max(consent_events.c.sequence), 0))) or 0
    rows = [{"event_id": new_id("e"), "sequence": start + n, **event} for n, event in enumerate(events, start=1)]
    session.execute(insert(consent_events), rows)
    return [str(row["event_id"]) for row in rows]


def history(session: Session, student_id: str) -> list[ConsentEvent]:
    """Every event of one student, oldest first."""
    columns = [consent_events.c[name] for name in ConsentEvent.__slots__]
    query = select(*columns).where(consent_events.c.student_id == student_id).order_by(consent_events.c.sequence)
    return [_event(row) for row in session.execute(query)]


def by_ids(session: Session, event_ids: Sequence[str]) -> list[ConsentEvent]:
    """These events, oldest first."""
    columns = [consent_events.c[name] for name in ConsentEvent.__slots__]
    query = select(*columns).where(consent_events.c.event_id.in_(list(event_ids))).order_by(consent_events.c.sequence)
    return [_event(row) for row in session.execute(query)]


def students_with_events(session: Session) -> Iterable[str]:
    """Every student who has an event, by id."""
    query = select(consent_events.c.student_id).distinct().order_by(consent_events.c.student_id)
    return session.scalars(query.execution_options(yield_per=500))


def standings(
    events: Sequence[ConsentEvent], not_consent_based: Iterable[Purpose], at: datetime | None = None
) -> list[PurposeStanding]:
    """Derive where each purpose stands from one student's `events`, as of `at` (None: now)."""
    fixed = frozenset(not_consent_based)
    known = _not_undone([event for event in events if at is None or event.effective_at <= at])
    return [
        PurposeStanding(purpose, Standing.NOT_CONSENT_BASED, None, None)
        if purpose in fixed
        else _standing(purpose, [event for event in known if event.purpose is purpose])
        for purpose in Purpose
    ]


def purposes_standing(session: Session, student_id: str, standing: Standing) -> frozenset[Purpose]:
    """Which purposes of a student stand at `standing` now."""
    derived = standings(history(session, student_id), ())
    return frozenset(one.purpose for one in derived if one.standing is standing)


def held_by(session: Session, case_id: str) -> frozenset[Purpose]:
    """Which purposes were ever held because of a case."""
    query = select(consent_events.c.purpose).where(
        consent_events.c.case_id == case_id, consent_events.c.event == ConsentEventKind.HELD.value
    )
    return frozenset(Purpose(one) for one in session.scalars(query))


def lock(session: Session, student_id: str) -> None:
    """Let no two decide about one student at once: one change, one acknowledgement."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(hashtext(:student))"), {"student": student_id})


def _not_undone(events: Sequence[ConsentEvent]) -> list[ConsentEvent]:
    """Leave out what was taken back, and its taking back; a later one counts first, as it can take one back itself."""
    gone: set[str] = set()
    kept = []
    for event in reversed(events):
        if event.event_id in gone:
            continue
        if event.undoes is not None:
            gone.add(event.undoes)
            continue
        kept.append(event)
    return kept[::-1]


def _standing(purpose: Purpose, events: Sequence[ConsentEvent]) -> PurposeStanding:
    stack = [PurposeStanding(purpose, Standing.UNKNOWN, None, None)]
    for event in events:
        if event.event is ConsentEventKind.RELEASED:
            # What stood before the hold stands again; a release without a hold changes nothing.
            before = [one for one in stack if one.standing is not Standing.RESTRICTED]
            stack = before or stack
            continue
        standing = _AFTER[event.event]
        stack.append(PurposeStanding(purpose, standing, event.effective_at, event.event_id))
    return stack[-1]


_AFTER = {
    ConsentEventKind.GIVEN: Standing.GIVEN,
    ConsentEventKind.REINSTATED: Standing.GIVEN,
    ConsentEventKind.WITHDRAWN: Standing.WITHDRAWN,
    ConsentEventKind.HELD: Standing.RESTRICTED,
}


def _event(row: Any) -> ConsentEvent:
    values = row._asdict()
    values["purpose"] = Purpose(values["purpose"])
    values["event"] = ConsentEventKind(values["event"])
    return ConsentEvent(**values)
