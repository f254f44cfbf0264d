"""Proposing: what the console suggests for a case, in one sentence; pure."""

from dataclasses import dataclass

from intake.officers.case_file import CaseFile
from intake.officers.values import Action
from intake.vocabulary import Assurance, CaseState, Disposition, Purpose, Reason, RecipientKind, Standing


@dataclass(frozen=True, slots=True)
class Proposal:
    """What would be done: for APPLY what is withdrawn, and who is written to."""

    action: Action
    purposes: tuple[Purpose, ...] = ()
    recipient: RecipientKind | None = None


def propose(file: CaseFile) -> Proposal | None:
    """Suggest what settles the case; None where a person must first say more."""
    case, letter = file.case, file.letter
    unread_alarm = case.urgent and case.acknowledged_at is None
    if case.state in (CaseState.SETTLED, CaseState.MERGED) or letter is None or unread_alarm:
        return None
    if "consent_withdrawal" in case.intents and file.student is not None:
        return _withdrawal(file)
    if "confidentiality_question" in case.intents and letter.assurance >= Assurance.UNKNOWN_ADDRESS:
        return Proposal(Action.ANSWER, recipient=RecipientKind.ORIGINATOR)
    return None


def _withdrawal(file: CaseFile) -> Proposal | None:
    case, letter = file.case, file.letter
    own_address = letter is not None and letter.matched == case.student_id
    sure = own_address and letter is not None and letter.assurance is Assurance.REGISTERED_ADDRESS
    # Only the student's own yes makes it sure; any other answer is read by a person.
    if not (sure or Reason.CONFIRMED in case.reasons):
        asked = case.state is CaseState.WAITING or case.disposition is Disposition.CONFIRM
        return None if asked else Proposal(Action.ASK, recipient=RecipientKind.REGISTERED_ADDRESS)
    done = file.standing(Standing.WITHDRAWN)
    purposes = tuple(one for one in file.scope if one not in done)
    if not file.scope:
        return None
    return Proposal(Action.APPLY, purposes, RecipientKind.REGISTERED_ADDRESS)
