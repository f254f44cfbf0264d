"""Approving: overriding a hold and joining two people need a second pair of eyes, a lead's, and never the first's."""

from typing import Any

from sqlalchemy.orm import Session

from intake.identifiers import new_id
from intake.officers.carry_out import carry_out
from intake.officers.case_file import CaseFile
from intake.officers.consents import release_of
from intake.officers.merging import merge_of
from intake.officers.values import (
    Action,
    Done,
    Ground,
    Hand,
    NoteKind,
    Office,
    Refusal,
    RefusalReason,
    Resolution,
    Words,
)
from intake.store import approvals, cases
from intake.store.approvals import ApprovalRow


def ask_override(office: Office, hand: Hand, words: str) -> Done | Refusal:
    """Ask a lead to release a hold without the registered address's answer."""

    def decide(session: Session, file: CaseFile) -> Resolution | Refusal:
        if not file.held_here:
            return Refusal(RefusalReason.DOES_NOT_FIT)
        return _asked(session, file, hand, Action.RELEASE, {}, words)

    return carry_out(office, hand, decide)


def ask_merge(office: Office, hand: Hand, into: str, words: str) -> Done | Refusal:
    """Ask a lead to join the cases of what look like two people."""

    def decide(session: Session, file: CaseFile) -> Resolution | Refusal:
        other = cases.find(session, into.strip())
        if other is None:
            return Refusal(RefusalReason.UNKNOWN)
        if other.case_id == file.case.case_id:
            return Refusal(RefusalReason.DOES_NOT_FIT)
        return _asked(session, file, hand, Action.MERGE, {"into": other.reference}, words)

    return carry_out(office, hand, decide)


def settle(office: Office, hand: Hand, approval_id: str, *, approve: bool) -> Done | Refusal:
    """Approve what somebody else asked for, and do it; or refuse it."""

    def decide(session: Session, file: CaseFile) -> Resolution | Refusal:
        row = approvals.find(session, approval_id)
        if row is None or row.case_id not in file.case_ids or row.state != approvals.ASKED:
            return Refusal(RefusalReason.DOES_NOT_FIT)
        if approve and (not hand.is_lead or row.asked_by == hand.account_id):
            return Refusal(RefusalReason.SECOND_PERSON)
        found = _approved(session, office, hand, file, row) if approve else _refused(row)
        if isinstance(found, Resolution):
            state = approvals.APPROVED if approve else approvals.REFUSED
            approvals.settle(session, approval_id, state, hand.account_id, hand.now)
        return found

    return carry_out(office, hand, decide)


def _asked(
    session: Session, file: CaseFile, hand: Hand, action: Action, detail: dict[str, Any], words: str
) -> Resolution | Refusal:
    if not words.strip():
        return Refusal(RefusalReason.WORDS_NEEDED)
    if any(one.action == action and one.state == approvals.ASKED for one in file.approvals):
        return Refusal(RefusalReason.DOES_NOT_FIT)
    row = ApprovalRow(new_id("p"), file.case.case_id, action.value, detail, hand.account_id, hand.now, approvals.ASKED)
    approvals.ask(session, row)
    # The case is free at once: the second person must be able to take it.
    free = {"claimed_by": None, "claimed_until": None}
    said = Words(NoteKind.REASON, {"words": words.strip()})
    asked = {"approval": row.approval_id, "of": action.value}
    return Resolution(Action.ASK_APPROVAL, free, words=said, detail=asked)


def _approved(session: Session, office: Office, hand: Hand, file: CaseFile, row: ApprovalRow) -> Resolution | Refusal:
    if row.action == Action.MERGE:
        return merge_of(session, office, hand, file, row.detail["into"], two_people=True)
    if not file.held_here:
        return Refusal(RefusalReason.DOES_NOT_FIT)
    return release_of(file, hand, Ground.OVERRIDE)


def _refused(row: ApprovalRow) -> Resolution:
    return Resolution(Action.REFUSE_APPROVAL, {}, detail={"approval": row.approval_id, "of": row.action})
