"""Approving: what one person alone must not do is asked by one, and done once another, a lead, approves.

Overriding a hold, joining two people, erasing, releasing to a third party. What was asked expires, and can be taken
back by who asked.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from intake.identifiers import new_id
from intake.officers import third_parties
from intake.officers.carry_out import carry_out
from intake.officers.case_file import CaseFile
from intake.officers.consents import release_of
from intake.officers.erasing import erasable, erasure_of
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
        return _asked(session, file, hand, Action.RELEASE, {}, _reason(words))

    return carry_out(office, hand, decide)


def ask_merge(office: Office, hand: Hand, into: str, words: str) -> Done | Refusal:
    """Ask a lead to join the cases of what look like two people."""

    def decide(session: Session, file: CaseFile) -> Resolution | Refusal:
        other = cases.find(session, into.strip())
        if other is None:
            return Refusal(RefusalReason.UNKNOWN)
        if other.case_id == file.case.case_id:
            return Refusal(RefusalReason.DOES_NOT_FIT)
        return _asked(session, file, hand, Action.MERGE, {"into": other.reference}, _reason(words))

    return carry_out(office, hand, decide)


def ask_erasure(office: Office, hand: Hand, words: str) -> Done | Refusal:
    """Ask a lead to erase the words that a settled case holds; what exactly is asked now, by id."""

    def decide(session: Session, file: CaseFile) -> Resolution | Refusal:
        found = erasable(session, file)
        return found if isinstance(found, Refusal) else _asked(session, file, hand, Action.ERASE, found, _reason(words))

    return carry_out(office, hand, decide)


def ask_third_party(office: Office, hand: Hand, release: third_parties.Release) -> Done | Refusal:
    """Ask a lead to record a release to a third party; nothing is recorded as released before, nothing is sent."""

    def decide(session: Session, file: CaseFile) -> Resolution | Refusal:
        found = third_parties.objection(file, release.basis)
        if found is not None:
            return Refusal(found)
        detail = {"basis": release.basis.value, "student": file.case.student_id}
        return _asked(session, file, hand, Action.THIRD_PARTY, detail, release.words)

    return carry_out(office, hand, decide)


def withdraw(office: Office, hand: Hand, approval_id: str) -> Done | Refusal:
    """Take back what one has asked for, while nobody has settled it."""

    def decide(session: Session, file: CaseFile) -> Resolution | Refusal:
        row = _open(session, file, approval_id)
        if row is None or row.asked_by != hand.account_id:
            return Refusal(RefusalReason.DOES_NOT_FIT)
        approvals.settle(session, approval_id, approvals.WITHDRAWN, hand.account_id, hand.now)
        return _without(Action.WITHDRAW_APPROVAL, row)

    return carry_out(office, hand, decide)


def settle(office: Office, hand: Hand, approval_id: str, *, approve: bool) -> Done | Refusal:
    """Approve what somebody else asked for, and do it; or refuse it. Nobody settles what they asked themselves."""

    def decide(session: Session, file: CaseFile) -> Resolution | Refusal:
        row = _open(session, file, approval_id)
        if row is None:
            return Refusal(RefusalReason.DOES_NOT_FIT)
        if row.asked_by == hand.account_id or (approve and not hand.is_lead):
            return Refusal(RefusalReason.SECOND_PERSON)
        if not row.waits(hand.now):
            return Refusal(RefusalReason.EXPIRED)
        found = _approved(session, office, hand, file, row) if approve else _without(Action.REFUSE_APPROVAL, row)
        if isinstance(found, Resolution):
            state = approvals.APPROVED if approve else approvals.REFUSED
            approvals.settle(session, approval_id, state, hand.account_id, hand.now)
        return found

    return carry_out(office, hand, decide)


def _asked(
    session: Session, file: CaseFile, hand: Hand, action: Action, detail: dict[str, Any], words: Words
) -> Resolution | Refusal:
    if not all(words.fields.values()):
        return Refusal(RefusalReason.WORDS_NEEDED)
    if any(one.action == action and one.waits(hand.now) for one in file.approvals):
        return Refusal(RefusalReason.DOES_NOT_FIT)
    row = ApprovalRow(new_id("p"), file.case.case_id, action.value, detail, hand.account_id, hand.now, approvals.ASKED)
    approvals.ask(session, row)
    # The case is free at once: the second person must be able to take it.
    free = {"claimed_by": None, "claimed_until": None}
    asked = {"approval": row.approval_id, "of": action.value}
    return Resolution(Action.ASK_APPROVAL, free, words=words, detail=asked)


def _reason(words: str) -> Words:
    return Words(NoteKind.REASON, {"words": words.strip()})


def _open(session: Session, file: CaseFile, approval_id: str) -> ApprovalRow | None:
    """Give what was asked in this case, unless somebody settled it."""
    row = approvals.find(session, approval_id)
    return row if row is not None and row.case_id in file.case_ids and row.state == approvals.ASKED else None


def _approved(session: Session, office: Office, hand: Hand, file: CaseFile, row: ApprovalRow) -> Resolution | Refusal:
    ways: dict[str, Callable[[], Resolution | Refusal]] = {
        Action.MERGE: lambda: merge_of(session, office, hand, file, row.detail["into"], two_people=True),
        Action.RELEASE: lambda: (
            release_of(file, hand, Ground.OVERRIDE) if file.held_here else Refusal(RefusalReason.DOES_NOT_FIT)
        ),
        Action.ERASE: lambda: erasure_of(session, file, row),
        Action.THIRD_PARTY: lambda: third_parties.release_of(file, row),
    }
    found = ways[row.action]()
    if isinstance(found, Refusal):
        return found
    return replace(found, detail={**found.detail, "approval": row.approval_id, "asked_by": row.asked_by})


def _without(action: Action, row: ApprovalRow) -> Resolution:
    return Resolution(action, {}, detail={"approval": row.approval_id, "of": row.action})
