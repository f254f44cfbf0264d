"""Composing: a decision's planned replies become written messages, each with the guard's verdict."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from classifiers import Intent, Letter
from classifiers.topics import TopicLexicon
from intake.confirmation import answer_by, code_of
from intake.decide import Decision, Facts, PlannedReply
from intake.duty import Duty
from intake.guard import Verdict, Written, guard
from intake.reply import Reply, ReplyFields, Thread, Writer
from intake.sealing import Vault
from intake.settings import Notice, Replies
from intake.store import breaker, deliveries
from intake.vocabulary import Assurance, ConsentEventKind, RecipientKind, ReplyTemplate

_DAY, _HOUR, _WEEK = timedelta(days=1), timedelta(hours=1), timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message written, and whether it may be sent."""

    reply: Reply
    verdict: Verdict
    #: the student to whose registered address it goes. What goes elsewhere is nothing that the student got.
    student_id: str | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """What writing needs: who writes, under which key tokens are signed, how often it may."""

    writer: Writer
    vault: Vault
    limits: Replies
    topics: TopicLexicon
    duty: Duty
    notices: tuple[Notice, ...] = ()
    #: version of the policy table, for the ledger
    policy_version: str = "2026-11"


def compose(
    session: Session | None,
    desk: Desk,
    facts: Facts,
    decision: Decision,
    *,
    evidence: str,
    reference: str,
    now: datetime,
) -> list[Outgoing]:
    """Write every planned reply and judge it. `session` None: a dry run without a store, nothing was written before.

    The same `evidence` (the letter) gives the same Message-IDs.
    """
    fields = replace(
        _fields(desk, facts, decision, reference),
        code=code_of(desk.vault, evidence),
        answer_by=answer_by(desk.limits, now),
    )
    outgoing = []
    for planned in decision.replies:
        recipient = _recipient(planned, facts, desk, now)
        student_id = decision.student_id if _goes_to_the_student(planned, facts) else None
        written = _written(session, desk, planned, recipient, decision, student_id, now)
        verdict = guard(planned, recipient, facts, written, desk.limits)
        reply = desk.writer.write(
            planned.template,
            (planned.recipient, recipient or ""),
            fields,
            _thread(planned, facts),
            token=desk.vault.token(evidence, planned.template, planned.recipient),
            now=now,
        )
        outgoing.append(Outgoing(reply, verdict, student_id))
    return outgoing


def _recipient(planned: PlannedReply, facts: Facts, desk: Desk, now: datetime) -> str | None:
    if planned.recipient is RecipientKind.DUTY:
        return desk.duty.address(0, now)
    if planned.recipient is RecipientKind.REGISTERED_ADDRESS:
        chosen = facts.match.chosen
        return chosen.registered_address if chosen is not None else None
    originator = facts.message.originator
    return originator.address if originator is not None else None


def _goes_to_the_student(planned: PlannedReply, facts: Facts) -> bool:
    # Else a stranger could use up a student's replies, and learn from a missing receipt that there is such a student.
    return planned.recipient is RecipientKind.REGISTERED_ADDRESS or (
        planned.recipient is RecipientKind.ORIGINATOR and facts.assurance is Assurance.REGISTERED_ADDRESS
    )


def _thread(planned: PlannedReply, facts: Facts) -> Thread:
    # A confirmation goes to another mailbox than the letter came from: its thread would name the stranger's letter.
    if planned.recipient is not RecipientKind.ORIGINATOR:
        return Thread()
    return Thread(facts.message.message_id, facts.message.references)


def _fields(desk: Desk, facts: Facts, decision: Decision, reference: str) -> ReplyFields:
    reading = facts.classification
    withdrawn = [one for one in decision.consent if one.event is ConsentEventKind.WITHDRAWN]
    stopped = [purpose for one in withdrawn for purpose in one.purposes]
    other = reading is not None and reading.has(Intent.DATA_RIGHTS_REQUEST)
    return ReplyFields(
        reference,
        decision.effective_at or facts.received_at,
        stopped=tuple(stopped),
        question=reading is not None and reading.has(Intent.CONFIDENTIALITY_QUESTION),
        # Where the reader abstains, the whole policy is the answer.
        topics=desk.topics.of(Letter(facts.message.new_text, facts.message.subject)) or desk.topics.topics,
        other_request=other,
        student_id=decision.student_id or "",
        repeat_minutes=desk.duty.alerts.repeat_minutes,
    )


def _written(
    session: Session | None,
    desk: Desk,
    planned: PlannedReply,
    recipient: str | None,
    decision: Decision,
    student_id: str | None,
    now: datetime,
) -> Written:
    automatic = planned.recipient in (RecipientKind.ORIGINATOR, RecipientKind.REGISTERED_ADDRESS)
    if session is None or not recipient or not automatic:
        return Written()
    address = desk.vault.address_hash(recipient)
    to_address = deliveries.written_since(session, now - _DAY, recipient_hash=address)
    return Written(
        to_address=to_address,
        about_student=deliveries.written_for_student_since(session, now - _DAY, student_id) if student_id else 0,
        to_everybody=deliveries.written_since(session, max(now - _HOUR, breaker.closed_since(session) or now - _HOUR)),
        breaker_open=breaker.open_since(session) is not None,
        # A receipt does not tell whether anything changed, neither by its words nor by coming once more.
        same_again=(planned.template is ReplyTemplate.NEUTRAL_RECEIPT or not decision.consent)
        and deliveries.same_template_since(session, now - _WEEK, planned.template, address),
    )
