"""Merging: two cases become one; the other keeps a redirect, so that nothing that answers it is lost."""

from typing import Any

from sqlalchemy.orm import Session

from intake.officers.carry_out import carry_out, stands_in_the_way
from intake.officers.case_file import CaseFile, case_file
from intake.officers.values import Action, Done, Hand, Office, Refusal, RefusalReason, Resolution
from intake.store import cases
from intake.vocabulary import CaseState

#: columns of the case into which another is merged that can change by it
_CHANGED = ("student_id", "urgent", "acknowledged_at", "intents", "reasons", "due_at", "due_reason", "state")


def merge(office: Office, hand: Hand, into: str) -> Done | Refusal:
    """Merge this case into another (`into`: its reference). Two people are joined only with a second pair of eyes."""

    def decide(session: Session, file: CaseFile) -> Resolution | Refusal:
        return merge_of(session, office, hand, file, into, two_people=False)

    return carry_out(office, hand, decide)


def merge_of(
    session: Session, office: Office, hand: Hand, file: CaseFile, into: str, *, two_people: bool
) -> Resolution | Refusal:
    """Give what follows where a case is merged, and write it to the other one."""
    found = cases.locked(session, into.strip())
    if found is None:
        return Refusal(RefusalReason.UNKNOWN)
    if found.case_id == file.case.case_id:
        return Refusal(RefusalReason.DOES_NOT_FIT)
    refusal = stands_in_the_way(found, hand)
    if refusal is not None:
        return refusal
    other = case_file(session, office.desk.vault, found)
    if not (two_people or _one_writer(file, other)):
        return Refusal(RefusalReason.SECOND_PERSON)
    if file.held_here and other.case.student_id not in (None, file.case.student_id):
        # The hold would stand on a student whom no case names any longer.
        return Refusal(RefusalReason.HOLD_STANDS)
    joined = _joined(file, other)
    before = {name: _plain(getattr(found, name)) for name in _CHANGED}
    cases.change(session, found.case_id, {**joined, "version": found.version + 1})
    moved = cases.move_arrivals(session, file.case.case_id, found.case_id)
    return Resolution(
        Action.MERGE,
        {"state": CaseState.MERGED.value, "merged_into": found.case_id, "claimed_by": None, "claimed_until": None},
        detail={"into": found.case_id, "moved": moved, "into_before": before, "two_people": two_people},
    )


def _one_writer(file: CaseFile, other: CaseFile) -> bool:
    """Say whether both cases are surely about one person: the same student, or one address and no second student."""
    students = {one.case.student_id for one in (file, other)}
    senders = [{(letter.sender or "").casefold() for letter in one.letters} - {""} for one in (file, other)]
    if None not in students:
        return len(students) == 1
    return bool(senders[0] & senders[1])


def _joined(file: CaseFile, other: CaseFile) -> dict[str, Any]:
    mine, theirs = file.case, other.case
    dated = [one for one in (mine, theirs) if one.due_at is not None and one.state is not CaseState.SETTLED]
    first = min(dated, key=lambda one: (one.due_at is None, one.due_at), default=theirs)
    alarms = [one for one in (mine, theirs) if one.urgent]
    unread = any(one.acknowledged_at is None for one in alarms)
    state = theirs.state if mine.state is CaseState.SETTLED else mine.state
    return {
        "student_id": theirs.student_id or mine.student_id,
        "urgent": bool(alarms),
        "acknowledged_at": None if unread or not alarms else max(one.acknowledged_at for one in alarms),  # type: ignore[type-var]
        "intents": list(dict.fromkeys([*theirs.intents, *mine.intents])),
        "reasons": list(dict.fromkeys([*theirs.reasons, *mine.reasons])),
        "due_at": first.due_at,
        "due_reason": first.due_reason,
        "state": (CaseState.OPEN if CaseState.OPEN in (state, theirs.state) else state).value,
    }


def _plain(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
