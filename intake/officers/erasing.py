"""Erasing: the words of a settled case are destroyed once two people said so; that they were there stands.

Keys and sealed text of its letters and of what was written go, and the examples for training made of them. Ledger,
audit trail, decisions, officers' notes, hashes, states and times stay.
"""

from sqlalchemy.orm import Session

from intake.officers.case_file import CaseFile
from intake.officers.values import Action, Refusal, RefusalReason, Resolution
from intake.store import erasing
from intake.store.approvals import ApprovalRow
from intake.vocabulary import CaseState


def erasable(session: Session, file: CaseFile) -> dict[str, list[str]] | Refusal:
    """Give what would be erased, by id: `{"arrivals", "deliveries"}`; refused where somebody still needs it."""
    if file.case.state is not CaseState.SETTLED:
        return Refusal(RefusalReason.STILL_OPEN)
    letters = sorted(one.arrival.arrival_id for one in file.letters)
    if erasing.held_elsewhere(session, file.case_ids, letters):
        return Refusal(RefusalReason.STILL_OPEN)
    written = erasing.written(session, file.case_ids, letters)
    if any(leaving for _, leaving in written):
        return Refusal(RefusalReason.STILL_LEAVING)
    kept = sorted(one.arrival.arrival_id for one in file.letters if one.arrival.wrapped_key is not None)
    if not kept and not written:
        return Refusal(RefusalReason.DOES_NOT_FIT)
    return {"arrivals": kept, "deliveries": [one for one, _ in written]}


def erasure_of(session: Session, file: CaseFile, row: ApprovalRow) -> Resolution | Refusal:
    """Erase what was asked, and nothing else: where the case holds something else by now, it must be asked again."""
    found = erasable(session, file)
    if isinstance(found, Refusal):
        return found
    if found != row.detail:
        return Refusal(RefusalReason.DOES_NOT_FIT)
    erasing.erase(session, found["arrivals"], found["deliveries"])
    return Resolution(Action.ERASE, detail=found)
