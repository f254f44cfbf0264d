"""Recording: a decision becomes consent events, a case, deliveries and an audit entry, in the caller's transaction.

Durable point 2: the reply stands in the outbox in the same commit as the change that it acknowledges.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from intake import alerts, confirmation, notices
from intake.clocks import BankHolidays, due
from intake.compose import Desk, Outgoing, compose
from intake.decide import Decision, Facts
from intake.evidence import Evidence, enter
from intake.guard import GuardReason
from intake.posting import About, post
from intake.result import result_of
from intake.store import arrivals, audit, cases, confirmations, deliveries
from intake.store.arrivals import Arrival
from intake.store.cases import Case, NewCase
from intake.store.confirmations import ConfirmationRow
from intake.vocabulary import CaseState, Clock, ConfirmationState, DeliveryState, Disposition, Reason, ReplyTemplate

#: who changed something, in ledger and audit trail, where no person did
SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was written: the result as printed, and the case, if there is one."""

    result: dict[str, Any]
    case: Case | None
    #: an alert was written, which must go out at once
    alerts: bool = False


def record(
    session: Session,
    desk: Desk,
    holidays: BankHolidays,
    arrival: Arrival,
    facts: Facts,
    decision: Decision,
    now: datetime,
) -> Recorded:
    """Write down everything that follows from `decision`. The caller owns the transaction and the arrival's claim."""
    case = _case(session, desk, holidays, facts, decision, now)
    if case is not None:
        cases.add_arrival(session, case.case_id, arrival.arrival_id)
        if decision.case_id is not None:
            # An officer who has the case before them must see the new letter before they decide.
            cases.touch(session, case.case_id)
    confirmation.settle_answered(session, facts, decision, arrival.arrival_id, now)
    events = _consent(session, desk, arrival, facts, decision, case, now)
    reference = case.reference if case is not None else ""
    # Of the bytes, not of the row: a database restored from a copy writes the same Message-ID again.
    evidence = arrival.arrival_id if arrival.sha256 is None else arrival.sha256.hex()
    outgoing = compose(session, desk, facts, decision, evidence=evidence, reference=reference, now=now)
    if events and decision.student_id is not None:
        cause = notices.Cause(decision.student_id, events[0], facts.received_at, case, arrival.arrival_id)
        notices.tell(session, desk, decision.consent, cause, now)
    for one in outgoing:
        delivery_id = _deliver(session, desk, arrival, case, one, now)
        if case is not None and one.reply.template is ReplyTemplate.WITHDRAWAL_CONFIRMATION:
            _asked(session, desk, facts, decision, case, one, (delivery_id, arrival.arrival_id, evidence), now)
    alerted = _alerts(session, desk, arrival, facts, decision, case, outgoing, now)
    confirmation.overtake(session, facts, decision, now)
    if case is not None and _left_open(decision, outgoing):
        cases.reopen(session, case.case_id, Reason.REPLY_WITHHELD)
    _failed_deliveries(session, facts, now)
    result = result_of(facts, decision, outgoing)
    _settle_arrival(session, desk, arrival, facts, decision, result, now)
    audit.append(
        session,
        now,
        SERVICE,
        "message_decided",
        arrival.arrival_id,
        disposition=decision.disposition.value,
        reasons=[reason.value for reason in decision.reasons],
        case=None if case is None else case.case_id,
        events=events,
        deliveries=[[one.reply.template.value, one.verdict.reason] for one in outgoing],
    )
    return Recorded(result, case, alerted)


def _case(
    session: Session, desk: Desk, holidays: BankHolidays, facts: Facts, decision: Decision, now: datetime
) -> Case | None:
    known = None if decision.case_id is None else cases.find(session, decision.case_id)
    if known is not None and decision.disposition is Disposition.FOLLOW_UP:
        return known
    if decision.disposition in (Disposition.LEAVE, Disposition.IGNORE):
        return None
    new = _new_case(desk, holidays, facts, decision, now)
    if known is None:
        return cases.open_case(session, new)
    if decision.disposition is Disposition.APPLY:
        settle_or_note = cases.settle if decision.settled else cases.note
        settle_or_note(session, known.case_id, *new.reasons)
    else:
        cases.bring(session, known, new)
    return known


def _new_case(desk: Desk, holidays: BankHolidays, facts: Facts, decision: Decision, now: datetime) -> NewCase:
    kind = decision.clock or Clock.TRIAGE
    clock = due(kind, facts.received_at, holidays)
    originator, reading = facts.message.originator, facts.classification
    return NewCase(
        state=_state(decision),
        disposition=decision.disposition,
        student_id=decision.student_id,
        originator_hash=None if originator is None else desk.vault.address_hash(originator.address),
        urgent=decision.disposition is Disposition.ESCALATE,
        intents=() if reading is None or facts.plain_answer else tuple(one.intent.value for one in reading.intents),
        reasons=tuple(reason.value for reason in decision.reasons),
        opened_at=now,
        due_at=clock.at,
        due_reason=clock.working,
        clock=kind,
        proposed=_proposed(facts, decision),
    )


def _proposed(facts: Facts, decision: Decision) -> dict[str, Any] | None:
    """What automatic mode would have done, to compare with what officers do."""
    if decision.proposed is None:
        return None
    reading = facts.classification
    scope = () if reading is None else reading.scope
    stopped = {purpose.value for purpose in facts.already_stopped}
    return {
        "disposition": decision.proposed.value,
        "purposes": [one.value for one in scope if one.value not in stopped],
    }


def _state(decision: Decision) -> CaseState:
    if decision.settled:
        return CaseState.SETTLED
    return CaseState.WAITING if decision.disposition is Disposition.CONFIRM else CaseState.OPEN


def _asked(
    session: Session,
    desk: Desk,
    facts: Facts,
    decision: Decision,
    case: Case,
    outgoing: Outgoing,
    ids: tuple[str, str, str],
    now: datetime,
) -> None:
    """Write down what the registered address is asked; a question that is withheld nobody could ever answer.

    `ids`: of the delivery, of the arrival, and what its tokens are made from.
    """
    delivery_id, arrival_id, evidence = ids
    if not outgoing.verdict.allowed:
        cases.reopen(session, case.case_id, Reason.REPLY_WITHHELD)
        return
    reply = outgoing.reply
    confirmations.ask(
        session,
        ConfirmationRow(
            delivery_id=delivery_id,
            case_id=case.case_id,
            student_id=decision.student_id or "",
            arrival_id=arrival_id,
            received_at=facts.received_at,
            purposes=decision.asks,
            message_id=reply.message_id,
            code=confirmation.code_of(desk.vault, evidence),
            recipient_hash=desk.vault.address_hash(reply.recipient),
            asked_at=now,
            expires_at=confirmation.answer_by(desk.limits, now),
            state=ConfirmationState.ASKED,
        ),
    )


def _consent(
    session: Session,
    desk: Desk,
    arrival: Arrival,
    facts: Facts,
    decision: Decision,
    case: Case | None,
    now: datetime,
) -> list[str]:
    chosen, reading = facts.match.chosen, facts.classification
    if not decision.consent or decision.student_id is None:
        return []
    evidence = Evidence(
        decision.student_id,
        SERVICE,
        facts.received_at,
        # UK GDPR Article 7(3): it takes effect with the message, however late it was read.
        decision.effective_at or facts.received_at,
        None if case is None else case.case_id,
        arrival.arrival_id,
        arrival.sha256,
        int(facts.assurance),
        None
        if chosen is None
        else {
            "probability": round(chosen.probability, 6),
            "weights": {one.comparison: round(one.weight, 2) for one in chosen.evidence},
        },
        None if reading is None else reading.version,
    )
    return enter(session, desk, evidence, decision.consent, now)


def _deliver(
    session: Session,
    desk: Desk,
    arrival: Arrival,
    case: Case | None,
    outgoing: Outgoing,
    now: datetime,
) -> str:
    about = About(None if case is None else case.case_id, arrival.arrival_id, outgoing.student_id)
    verdict = outgoing.verdict
    return post(session, desk.vault, outgoing.reply, about, verdict.reason, now, send=verdict.allowed)


def _alerts(
    session: Session,
    desk: Desk,
    arrival: Arrival,
    facts: Facts,
    decision: Decision,
    case: Case | None,
    outgoing: Sequence[Outgoing],
    now: datetime,
) -> bool:
    """Begin, end or add to what the duty is alerted of; say whether an alert was written."""
    urgent = case is not None and decision.disposition is Disposition.ESCALATE
    if case is not None and urgent:
        alerts.keep_alerting(session, desk, case, arrival.arrival_id, facts.received_at, now)
    originator = facts.message.originator
    if case is not None and originator is not None and Reason.ALERT_ACKNOWLEDGED in decision.reasons:
        actor = desk.duty.named(originator.address) or SERVICE
        alerts.acknowledge(session, case.case_id, by=originator.address, actor=actor, now=now)
    stopped = any(one.verdict.reason == GuardReason.BREAKER for one in outgoing)
    return (stopped and alerts.trip_breaker(session, desk, now)) or urgent


def _left_open(decision: Decision, outgoing: Sequence[Outgoing]) -> bool:
    """Say whether a withheld reply leaves something for a person: not where it only repeats what was said."""
    repeats = decision.disposition in (Disposition.APPLY, Disposition.FOLLOW_UP)
    return decision.settled and any(
        not one.verdict.allowed and not (repeats and one.verdict.reason == GuardReason.ALREADY_ANSWERED)
        for one in outgoing
    )


def _failed_deliveries(session: Session, facts: Facts, now: datetime) -> None:
    """A delivery status notification of our own message: not delivered, and a person must know."""
    for row in deliveries.with_message_ids(session, facts.screening.failed_message_ids):
        deliveries.settle(session, row.delivery_id, DeliveryState.BOUNCED, now, trouble="delivery_failure")
        if row.case_id is not None:
            alert = row.template == ReplyTemplate.DUTY_ALERT
            cases.reopen(session, row.case_id, Reason.ALERT_NOT_DELIVERED if alert else Reason.DELIVERY_FAILURE)


def _settle_arrival(
    session: Session,
    desk: Desk,
    arrival: Arrival,
    facts: Facts,
    decision: Decision,
    result: dict[str, Any],
    now: datetime,
) -> None:
    key = desk.vault.open_key(arrival.wrapped_key or b"")
    originator, message_id = facts.message.originator, facts.message.message_id
    arrivals.settle(
        session,
        arrival.arrival_id,
        decision.disposition,
        now,
        message_id=None
        if message_id is None
        else key.seal(message_id.encode("utf-8", "replace"), f"arrivals/{arrival.arrival_id}/message_id"),
        originator_hash=None if originator is None else desk.vault.address_hash(originator.address),
        findings=key.seal(
            json.dumps(result, ensure_ascii=False).encode("utf-8", "replace"),
            f"arrivals/{arrival.arrival_id}/findings",
        ),
    )
