"""Answers: what an officer writes, by the service's templates, through the same outbox."""

from datetime import datetime

from sqlalchemy.orm import Session

from intake.officers.carry_out import carry_out
from intake.officers.case_file import CaseFile
from intake.officers.letters_out import Preview, already_sent, preview
from intake.officers.values import Action, Done, Hand, Office, Refusal, RefusalReason, Resolution
from intake.vocabulary import WITHDRAWABLE, CaseState, Disposition, RecipientKind, ReplyTemplate, Standing


def ask(office: Office, hand: Hand) -> Done | Refusal:
    """Ask the registered address whether the letter is theirs; the case waits for the answer."""

    def decide(_session: Session, file: CaseFile) -> Resolution | Refusal:
        if file.student is None:
            return Refusal(RefusalReason.NO_STUDENT)
        objection = _objection(file, ReplyTemplate.WITHDRAWAL_CONFIRMATION)
        if objection is not None:
            return Refusal(objection)
        to = RecipientKind.REGISTERED_ADDRESS
        written = preview(office, file, ReplyTemplate.WITHDRAWAL_CONFIRMATION, to, hand.now)
        if isinstance(written, RefusalReason):
            return Refusal(written)
        purposes = tuple(one for one in file.scope or WITHDRAWABLE if one not in file.standing(Standing.WITHDRAWN))
        waits = {"state": CaseState.WAITING.value, "disposition": Disposition.CONFIRM.value}
        return Resolution(Action.ASK, waits, replies=(written.reply,), asks=purposes)

    return carry_out(office, hand, decide)


def answer(office: Office, hand: Hand) -> Done | Refusal:
    """Answer a question from the published policy, to its writer, and settle the case."""

    def decide(_session: Session, file: CaseFile) -> Resolution | Refusal:
        if file.held_here:
            return Refusal(RefusalReason.HOLD_STANDS)
        objection = _objection(file, ReplyTemplate.QUESTION_ANSWERED)
        if objection is not None:
            return Refusal(objection)
        written = preview(office, file, ReplyTemplate.QUESTION_ANSWERED, RecipientKind.ORIGINATOR, hand.now)
        if isinstance(written, RefusalReason):
            return Refusal(written)
        settled = {"state": CaseState.SETTLED.value, "closed_as": "answered"}
        return Resolution(Action.ANSWER, settled, replies=(written.reply,))

    return carry_out(office, hand, decide)


def send(
    office: Office,
    hand: Hand,
    template: ReplyTemplate,
    recipient: RecipientKind,
    written_at: datetime,
    digest: str,
) -> Done | Refusal:
    """Send exactly the bytes that were shown (`digest`: their SHA-256 in hex); the case stays as it is."""

    def decide(_session: Session, file: CaseFile) -> Resolution | Refusal:
        if file.case.urgent and file.case.acknowledged_at is None:
            # RULES D8: no template goes to somebody at risk before a person has read the letter.
            return Refusal(RefusalReason.NOT_ACKNOWLEDGED)
        if template is ReplyTemplate.WITHDRAWAL_CONFIRMATION:
            return Refusal(RefusalReason.NO_ADDRESS)
        written = previewed(office, file, template, recipient, written_at)
        if isinstance(written, RefusalReason):
            return Refusal(written)
        if written.digest != digest:
            return Refusal(RefusalReason.PREVIEW_CHANGED)
        detail = {"template": template.value, "recipient": recipient.value}
        return Resolution(Action.SEND, {}, replies=(written.reply,), detail=detail)

    return carry_out(office, hand, decide)


def previewed(
    office: Office, file: CaseFile, template: ReplyTemplate, recipient: RecipientKind, written_at: datetime
) -> Preview | RefusalReason:
    """Show what `send` would send. An acknowledgement names what this case withdrew, so there must be something."""
    stopped = file.withdrawn_here if template is ReplyTemplate.WITHDRAWAL_ACKNOWLEDGED else ()
    if template is ReplyTemplate.WITHDRAWAL_ACKNOWLEDGED and not stopped:
        return RefusalReason.DOES_NOT_FIT
    return preview(office, file, template, recipient, written_at, stopped)


def _objection(file: CaseFile, template: ReplyTemplate) -> RefusalReason | None:
    if file.case.urgent and file.case.acknowledged_at is None:
        return RefusalReason.NOT_ACKNOWLEDGED
    if file.letter is None or file.case.state is CaseState.SETTLED:
        return RefusalReason.DOES_NOT_FIT
    return RefusalReason.SENT_ALREADY if already_sent(file, template) else None
