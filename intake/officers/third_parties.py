"""Third parties: what is released to somebody outside, on which basis, is recorded once two people said so.

Nothing is sent from here: whoever asked passes it on. In an emergency nobody waits for this (`handling.disclose`).
"""

from dataclasses import dataclass

from intake.officers.case_file import CaseFile
from intake.officers.values import Action, Basis, NoteKind, Refusal, RefusalReason, Resolution, Words
from intake.store.approvals import ApprovalRow
from intake.vocabulary import Purpose, Standing


@dataclass(frozen=True, slots=True)
class Release:
    """What shall be released: to whom, what, on which basis, and why that holds."""

    to: str
    what: str
    basis: Basis
    why: str

    @property
    def words(self) -> Words:
        """The officer's words, to be sealed."""
        return Words(NoteKind.THIRD_PARTY, {"to": self.to.strip(), "what": self.what.strip(), "why": self.why.strip()})


def objection(file: CaseFile, basis: Basis) -> RefusalReason | None:
    """Say why nothing about this student may be released on this basis; None where nothing stands against it."""
    if file.case.student_id is None:
        return RefusalReason.NO_STUDENT
    stopped = file.standing(Standing.WITHDRAWN) | file.standing(Standing.RESTRICTED)
    if basis is Basis.PERMISSION and Purpose.THIRD_PARTY_SHARING in stopped:
        return RefusalReason.CONSENT_STOPPED
    return None


def release_of(file: CaseFile, row: ApprovalRow) -> Resolution | Refusal:
    """Record as released what was asked; refused where the student's consent was stopped meanwhile."""
    basis = Basis(row.detail["basis"])
    found = objection(file, basis)
    if found is not None:
        return Refusal(found)
    if row.detail["student"] != file.case.student_id:
        return Refusal(RefusalReason.DOES_NOT_FIT)
    return Resolution(Action.THIRD_PARTY, detail=row.detail)
