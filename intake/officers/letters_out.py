"""Letters out: what an officer sends is written from the service's templates, and shown byte for byte before."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from intake.confirmation import answer_by, code_of
from intake.officers.case_file import CaseFile, opened_letter
from intake.officers.values import Office, RefusalReason
from intake.reply import Reply, ReplyFields, Thread
from intake.vocabulary import Assurance, DeliveryState, Purpose, RecipientKind, ReplyTemplate

#: what an officer may send, and to whom. An acknowledgement names what was stopped, and a confirmation asks: both go to
#: the registered address alone (RULES D7).
SENDABLE: dict[ReplyTemplate, tuple[RecipientKind, ...]] = {
    ReplyTemplate.NEUTRAL_RECEIPT: (RecipientKind.ORIGINATOR, RecipientKind.REGISTERED_ADDRESS),
    ReplyTemplate.QUESTION_ANSWERED: (RecipientKind.ORIGINATOR, RecipientKind.REGISTERED_ADDRESS),
    ReplyTemplate.WITHDRAWAL_ACKNOWLEDGED: (RecipientKind.REGISTERED_ADDRESS,),
}
#: a question is asked, not sent: the case waits for its answer (`answers.ask`)
_ASKED = {ReplyTemplate.WITHDRAWAL_CONFIRMATION: (RecipientKind.REGISTERED_ADDRESS,)}


@dataclass(frozen=True, slots=True)
class Preview:
    """A message as it would be sent: its bytes, their SHA-256 in hex, and the moment that stands in them."""

    reply: Reply
    digest: str
    written_at: datetime


def preview(
    office: Office,
    file: CaseFile,
    template: ReplyTemplate,
    recipient: RecipientKind,
    written_at: datetime,
    stopped: Sequence[Purpose] = (),
) -> Preview | RefusalReason:
    """Write one message to the writer or the registered address; the same arguments give the same bytes."""
    if recipient not in (SENDABLE | _ASKED).get(template, ()):
        return RefusalReason.NO_ADDRESS
    address = address_of(file, recipient)
    if not address:
        return RefusalReason.NO_ADDRESS
    token = office.desk.vault.token(file.case.case_id, "officer", str(file.case.version), template, recipient)
    if any(one.message_id == office.desk.writer.message_id(token) for one in file.deliveries):
        return RefusalReason.SENT_ALREADY
    reply = office.desk.writer.write(
        template,
        (recipient, address),
        _fields(office, file, stopped, written_at),
        _thread(office, file, recipient),
        token=token,
        now=written_at,
    )
    return Preview(reply, hashlib.sha256(reply.content).hexdigest(), written_at)


def address_of(file: CaseFile, recipient: RecipientKind) -> str | None:
    """Give the address of the writer, or the one that the register has."""
    if recipient is RecipientKind.REGISTERED_ADDRESS:
        return None if file.student is None else file.student.email
    letter = file.letter
    # RULES D3: nothing goes to a forged address, whoever sends it.
    return None if letter is None or letter.assurance is Assurance.FORGED else letter.sender


def already_sent(file: CaseFile, template: ReplyTemplate) -> bool:
    """Say whether the case has a message of this template that left, or may leave."""
    gone = (DeliveryState.WITHHELD, DeliveryState.FAILED, DeliveryState.BOUNCED)
    return any(one.template == template and one.state not in gone for one in file.deliveries)


def question_code(office: Office, file: CaseFile) -> str:
    """Give the code by which the registered address can answer the question that is asked now."""
    return code_of(office.desk.vault, f"{file.case.case_id}/{file.case.version}")


def _fields(office: Office, file: CaseFile, stopped: Sequence[Purpose], written_at: datetime) -> ReplyFields:
    received = file.letter.arrival.received_at if file.letter is not None else file.case.opened_at
    return ReplyFields(
        file.case.reference,
        received,
        stopped=tuple(stopped),
        question="confidentiality_question" in file.case.intents,
        other_request="data_rights_request" in file.case.intents,
        code=question_code(office, file),
        answer_by=answer_by(office.desk.limits, written_at),
    )


def _thread(office: Office, file: CaseFile, recipient: RecipientKind) -> Thread:
    # A message to the registered address answers another mailbox's letter, unless the letter came from there.
    letter = file.letter
    if letter is None or (
        recipient is RecipientKind.REGISTERED_ADDRESS
        and (letter.sender or "").casefold() != (address_of(file, recipient) or "").casefold()
    ):
        return Thread()
    message = opened_letter(office, letter.arrival)
    return Thread() if message is None else Thread(message.message_id, message.references)
