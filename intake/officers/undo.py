"""Undoing: for as long as nothing has left the house, the last decision on a case can be taken back."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from intake.decide import ConsentChange
from intake.errors import NotFound
from intake.evidence import Evidence, enter
from intake.identifiers import new_id
from intake.officers.carry_out import stands_in_the_way
from intake.officers.values import Action, Done, Hand, Office, Refusal, RefusalReason
from intake.store import audit, cases, clock_events, confirmations, consent, corrections, decisions, deliveries
from intake.store.cases import Case
from intake.store.decisions import DecisionRow
from intake.vocabulary import ConfirmationState, ConsentEventKind, DeliveryState

#: what can be taken back; a note, a disclosure, a question to a second person and the end of an alarm stand
UNDOABLE = frozenset(
    {
        Action.APPLY,
        Action.ANSWER,
        Action.ASK,
        Action.CORRECT,
        Action.HOLD,
        Action.RELEASE,
        Action.SEND,
        Action.RECORD_WITHDRAWAL,
        Action.RECORD_REINSTATEMENT,
        Action.NOT_OURS,
        Action.REASSIGN,
        Action.CLOSE,
        Action.REOPEN,
        Action.MERGE,
        Action.CLOCK,
    }
)
#: a consent change stands after so long: undoing it would be a release that nobody gave a ground for
LEDGER_GRACE = timedelta(minutes=15)
_TIMES = ("due_at", "acknowledged_at", "claimed_until")


class _LeftMeanwhile(Exception):
    """A message began to leave while it was being taken back: everything is rolled back."""


def undo(office: Office, hand: Hand, decision_id: str) -> Done | Refusal:
    """Take the last decision back: the case as it was, messages withheld, ledger events answered by their undoing."""
    try:
        with office.store.writing() as session:
            case = cases.locked(session, hand.case_id)
            if case is None:
                raise NotFound(f"no case {hand.case_id}")
            row = next((one for one in _of_case(session, case) if one.decision_id == decision_id), None)
            refusal = _objection(session, case, hand, row)
            if refusal is not None or row is None:
                return refusal or Refusal(RefusalReason.DOES_NOT_FIT, case=case)
            if row.action == Action.CLOCK and not clock_events.take_back(session, row.case_id, row.detail["clock"]):
                return Refusal(RefusalReason.NOT_THE_LAST, case=case)
            return _undo(session, office, hand, case, row)
    except _LeftMeanwhile:
        return Refusal(RefusalReason.LEFT_THE_HOUSE)


def undoable(
    rows: tuple[DecisionRow, ...], states: Mapping[str, DeliveryState], account_id: str, now: datetime
) -> DecisionRow | None:
    """Give the decision that this account can undo now; `states`: of the case's messages, by id."""
    row = _last(rows)
    if row is None or not _in_time(row, account_id, now):
        return None
    if any(states.get(one) is not DeliveryState.PENDING for one in row.deliveries):
        return None
    return row


def _last(rows: tuple[DecisionRow, ...] | list[DecisionRow]) -> DecisionRow | None:
    standing = [one for one in rows if one.undone_at is None and one.action in UNDOABLE]
    return standing[-1] if standing else None


def _of_case(session: Session, case: Case) -> list[DecisionRow]:
    return decisions.of_cases(session, [case.case_id, *cases.merged_here(session, case.case_id)])


def _objection(session: Session, case: Case, hand: Hand, row: DecisionRow | None) -> Refusal | None:
    refusal = stands_in_the_way(case, hand)
    if refusal is not None:
        return refusal
    if case.version != hand.version:
        changes = tuple(decisions.since(session, case.case_id, hand.version))
        return Refusal(RefusalReason.STALE, changes=changes, case=case)
    if row is None or row.undone_at is not None or row.action not in UNDOABLE:
        return Refusal(RefusalReason.DOES_NOT_FIT, case=case)
    last = _last(_of_case(session, case))
    if last is None or last.decision_id != row.decision_id:
        return Refusal(RefusalReason.NOT_THE_LAST, case=case)
    return None if _in_time(row, hand.account_id, hand.now) else Refusal(RefusalReason.TOO_LATE, case=case)


def _in_time(row: DecisionRow, account_id: str, now: datetime) -> bool:
    return not row.events or (row.actor == account_id and now - row.at <= LEDGER_GRACE)


def _undo(session: Session, office: Office, hand: Hand, case: Case, row: DecisionRow) -> Done:
    now = hand.now
    if not deliveries.take_back(session, row.deliveries, now):
        raise _LeftMeanwhile
    for delivery_id in row.deliveries:
        confirmations.settle(session, delivery_id, ConfirmationState.OVERTAKEN, now)
    undone = _take_back_events(session, office, hand, row)
    restored = {name: _restored(name, value) for name, value in row.before.items()}
    if row.action == Action.MERGE:
        _split(session, row)
        cases.touch(session, row.case_id)
        cases.change(session, row.case_id, restored)
    elif restored:
        cases.change(session, case.case_id, restored)
    if row.action in (Action.CORRECT, Action.NOT_OURS):
        for arrival_id in cases.arrivals_of(session, case.case_id):
            corrections.forget(session, arrival_id)
    cases.touch(session, case.case_id)
    decisions.mark_undone(session, row.decision_id, now)
    detail = {"of": row.action, "decision": row.decision_id}
    undoing = DecisionRow(
        new_id("o"), case.case_id, case.version + 1, now, hand.account_id, Action.UNDO.value, detail, {}, undone, []
    )
    decisions.add(session, undoing)
    audit.append(
        session,
        now,
        hand.account_id,
        "officer_undo",
        case.case_id,
        **detail,
        events=undone,
        deliveries=row.deliveries,
    )
    done = cases.locked(session, case.case_id)
    return Done(done or case, undoing.decision_id)


def _take_back_events(session: Session, office: Office, hand: Hand, row: DecisionRow) -> list[str]:
    events = consent.by_ids(session, row.events)
    for student_id in sorted({one.student_id for one in events}):
        consent.lock(session, student_id)
    undone = []
    for event in events:
        evidence = Evidence(event.student_id, hand.name, hand.now, hand.now, row.case_id)
        change = ConsentChange(ConsentEventKind.RELEASED, (event.purpose,), (event.event_id,))
        undone += enter(session, office.desk, evidence, (change,), hand.now)
    return undone


def _split(session: Session, row: DecisionRow) -> None:
    """Let what was merged be two cases again."""
    detail = row.detail
    cases.move_arrivals(session, detail["into"], row.case_id, only=detail["moved"])
    before = {name: _restored(name, value) for name, value in detail["into_before"].items()}
    cases.change(session, detail["into"], before)


def _restored(name: str, value: Any) -> Any:
    return datetime.fromisoformat(value) if name in _TIMES and value is not None else value
