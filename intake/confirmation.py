"""Confirmation: a registered address is asked whether it wrote a withdrawal; its answer counts once, and in time.

The token is our question's Message-ID, and a code in its body for mail programs that do not name what they answer.
Both are signed (`Vault.token`), and neither counts without the address that was asked, authenticated. There is no link:
a GET can change nothing.
"""

import re
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from intake.decide import Decision, Facts
from intake.errors import AlreadyAnswered
from intake.sealing import Vault
from intake.settings import Replies
from intake.store import Store, audit, cases, confirmations
from intake.vocabulary import CaseState, ConfirmationState, ConsentEventKind, Reason

_SERVICE = "service"
_CODE = re.compile(r"\bY-[A-Z2-7]{12}\b", re.I)
_MOST_CODES = 10


def code_of(vault: Vault, evidence: str) -> str:
    """Give the code of the question about one letter (`evidence`): `Y-` and 12 characters of base32 (60 bits)."""
    return f"Y-{vault.token(evidence, 'confirmation code')[:12].upper()}"


def codes_in(*texts: str) -> list[str]:
    """Find what looks like such codes."""
    return list(dict.fromkeys(one.upper() for text in texts for one in _CODE.findall(text)))[:_MOST_CODES]


def without_codes(text: str) -> str:
    """Give what stands beside such codes."""
    return _CODE.sub(" ", text)


def answer_by(limits: Replies, now: datetime) -> datetime:
    """Say until when a question asked now can be answered."""
    return now + timedelta(days=limits.confirmation_days)


def settle_answered(session: Session, facts: Facts, decision: Decision, arrival_id: str, now: datetime) -> None:
    """Use up the token of the question that was answered; show an answer that counts for nothing in its case.

    Raises `AlreadyAnswered` where another worker recorded an answer since the facts were gathered.
    """
    question = facts.confirmation
    if question is None:
        return
    if decision.answers is not None and not confirmations.settle(
        session, question.delivery_id, decision.answers, now, answered_by=arrival_id
    ):
        raise AlreadyAnswered(f"the question {question.delivery_id} was answered meanwhile: put {arrival_id} back")
    if Reason.CONFIRMATION_REFUSED in decision.reasons:
        cases.note(session, question.case_id, Reason.CONFIRMATION_REFUSED.value)
        audit.append(session, now, _SERVICE, "confirmation_refused", question.case_id, arrival=arrival_id)


def overtake(session: Session, facts: Facts, decision: Decision, now: datetime) -> None:
    """End the questions about what the registered address has withdrawn meanwhile: nothing is left to confirm."""
    withdrawn = [one for one in decision.consent if one.event is ConsentEventKind.WITHDRAWN]
    if not withdrawn or decision.student_id is None:
        return
    stopped = facts.already_stopped.union(*(one.purposes for one in withdrawn))
    for question in confirmations.asked_about(session, decision.student_id):
        if not stopped.issuperset(question.purposes):
            continue
        confirmations.settle(session, question.delivery_id, ConfirmationState.OVERTAKEN, now)
        case = cases.find(session, question.case_id)
        if case is not None and case.state is CaseState.WAITING:
            cases.settle(session, case.case_id, Reason.OVERTAKEN.value)
            audit.append(session, now, _SERVICE, "confirmation_overtaken", case.case_id)


def return_unconfirmed(store: Store, now: datetime) -> int:
    """Give every case back to a person whose question nobody answered in time; say how many."""
    returned = 0
    with store.writing() as session:
        for question in confirmations.overdue(session, now):
            if not confirmations.settle(session, question.delivery_id, ConfirmationState.EXPIRED, now):
                continue
            case = cases.find(session, question.case_id)
            if case is None or case.state is not CaseState.WAITING:
                continue
            cases.reopen(session, case.case_id, Reason.UNCONFIRMED)
            audit.append(session, now, _SERVICE, "confirmation_expired", case.case_id)
            returned += 1
    return returned
