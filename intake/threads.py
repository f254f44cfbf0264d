"""Threads: which case a message belongs to, and which of our questions it answers.

Found by our own signed tokens (the Message-ID that it answers, or the code in the body) together with the same sender;
never by subject, and never by a blank Message-ID (RULES 9).
"""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from classifiers import Intent
from classifiers.confirmation import Answer, read_answer
from intake.confirmation import codes_in, without_codes
from intake.decide import Confirmation, KnownCase, Waiting
from intake.parse import InboundMessage
from intake.sealing import Vault
from intake.store import cases, confirmations, consent
from intake.store.confirmations import ConfirmationRow
from intake.vocabulary import Purpose, Standing


@dataclass(frozen=True, slots=True)
class Thread:
    """What a message belongs to, and what it says as an answer."""

    known_case: KnownCase | None = None
    confirmation: Confirmation | None = None
    waiting: tuple[Waiting, ...] = ()
    answer: Answer = Answer.MORE


def find_thread(
    session: Session, vault: Vault, message_domain: str, message: InboundMessage, student_id: str | None
) -> Thread:
    """Find what `message` belongs to. `message_domain`: the right-hand side of our own Message-IDs."""
    answer = read_answer(without_codes(message.new_text), encloses=message.encloses)
    if message.originator is None:
        return Thread(answer=answer)
    sender = vault.address_hash(message.originator.address)
    ours = _ours(message, message_domain)
    question = _question(session, message, ours, sender)
    known = cases.of_own_message(session, ours, sender)
    if known is None and question is not None and question.from_the_one_asked:
        known = cases.find(session, question.case_id)
    waiting = confirmations.waiting_for(session, student_id, sender) if student_id is not None else []
    return Thread(
        None if known is None else KnownCase(known.case_id, known.student_id, known.state),
        question,
        tuple(Waiting(one.case_id, frozenset(one.purposes)) for one in waiting),
        answer,
    )


def _ours(message: InboundMessage, message_domain: str) -> list[str]:
    """Give our own Message-IDs among those that it answers; the one that it answers first, then the latest."""
    named = dict.fromkeys([*message.in_reply_to, *reversed(message.references)])
    return [one for one in named if one.lower().endswith(f"@{message_domain}>")]


def _question(session: Session, message: InboundMessage, message_ids: list[str], sender: bytes) -> Confirmation | None:
    codes = codes_in(message.subject, message.new_text, message.quoted_text)
    row = confirmations.of_message_ids(session, message_ids) or confirmations.of_codes(session, codes)
    case = None if row is None else cases.find(session, row.case_id)
    if row is None or case is None:
        return None
    return Confirmation(
        row.delivery_id,
        case.case_id,
        case.state,
        row.student_id,
        row.purposes,
        row.received_at,
        row.expires_at,
        row.state,
        _held(session, row),
        row.recipient_hash == sender,
    )


def _held(session: Session, row: ConfirmationRow) -> frozenset[Purpose]:
    """What only its case holds: where another case rests on a withdrawal too, a person ends the hold."""
    if cases.others_ask(session, row.student_id, row.case_id, Intent.CONSENT_WITHDRAWAL.value):
        return frozenset()
    held = consent.purposes_standing(session, row.student_id, Standing.RESTRICTED)
    return consent.held_by(session, row.case_id) & held
