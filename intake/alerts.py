"""Alerts: the duty is told of an urgent letter, and told again, and then the next, until a person has it (RULES D8).

An alert carries the case's reference and none of the words. No cap counts it and no breaker stops it.
"""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from intake.compose import Desk
from intake.guard import GuardReason
from intake.log import get
from intake.posting import About, post
from intake.reply import Reply, ReplyFields, Thread
from intake.store import Store, audit, breaker, cases
from intake.store import alerts as table
from intake.store.alerts import Alert
from intake.store.cases import Case
from intake.vocabulary import RecipientKind, ReplyTemplate

log = get()


def keep_alerting(
    session: Session, desk: Desk, case: Case, arrival_id: str, received_at: datetime, now: datetime
) -> None:
    """Note that an alert of an urgent letter was written: from now on it is repeated.

    A further letter, while nobody has the first, puts nothing off: else who writes again and again in danger would
    keep the alerts from ever coming to the next address.
    """
    written, next_at = 1, now + _repeat(desk)
    before = table.of_case(session, case.case_id)
    if before is not None and before.acknowledged_at is None:
        written, next_at = before.written, min(before.next_at, next_at)
    table.begin(session, Alert(case.case_id, arrival_id, received_at, written, next_at, None, None))


def write_due(store: Store, desk: Desk, now: datetime) -> int:
    """Write every alert that is due again, or was lost on its way and is passed on at once; give how many."""
    with store.reading() as session:
        if not table.any_due(session, now):
            return 0
    with store.writing() as session:
        return sum(_write_next(session, desk, alert, now) for alert in table.due(session, now))


def acknowledge(session: Session, case_id: str, *, by: str, actor: str, now: datetime) -> bool:
    """Let a person have it: no more alerts of this case. False where somebody had it already, or there were none.

    `by` is shown with the case; `actor` stands in the audit trail, where no address may.
    """
    if not table.acknowledge(session, case_id, by, now):
        return False
    cases.acknowledge(session, case_id, now)
    audit.append(session, now, actor, "alert_acknowledged", case_id)
    log.info("alert acknowledged", case=case_id)
    return True


def trip_breaker(session: Session, desk: Desk, now: datetime) -> bool:
    """Open the breaker, and alert the duty of it once; false where it was open."""
    if not breaker.trip(session, now):
        return False
    fields = ReplyFields("", now, breaker=desk.limits.all_an_hour)
    reply = _written(desk, desk.duty.address(0, now), fields, ("breaker", now.isoformat()), now)
    post(session, desk.vault, reply, About(), GuardReason.ALLOWED, now, send=True)
    audit.append(session, now, "service", "breaker_opened", "breaker", limit=desk.limits.all_an_hour)
    log.error("automatic replies stopped: a person must look and reset the breaker", limit=desk.limits.all_an_hour)
    return True


def _write_next(session: Session, desk: Desk, alert: Alert, now: datetime) -> bool:
    written = alert.written
    if table.last_was_lost(session, alert.case_id):
        written = desk.duty.passed_on(written)
        due = alert.next_at <= now or not desk.duty.everybody_had_one(written, now)
    else:
        due = alert.next_at <= now
    case = cases.find(session, alert.case_id)
    if not due or case is None:
        return False
    fields = ReplyFields(
        case.reference, alert.received_at, alert=written + 1, repeat_minutes=desk.duty.alerts.repeat_minutes
    )
    token = (alert.arrival_id, ReplyTemplate.DUTY_ALERT, f"{RecipientKind.DUTY}/{written + 1}")
    reply = _written(desk, desk.duty.address(written, now), fields, token, now)
    about = About(case_id=alert.case_id, arrival_id=alert.arrival_id)
    delivery_id = post(session, desk.vault, reply, about, GuardReason.ALLOWED, now, send=True)
    table.wrote(session, alert.case_id, written + 1, now + _repeat(desk))
    audit.append(session, now, "service", "alert_repeated", alert.case_id, delivery=delivery_id, number=written + 1)
    log.warning("nobody acknowledged an alert yet", case=alert.case_id, number=written + 1)
    return True


def _written(desk: Desk, address: str, fields: ReplyFields, token: tuple[str, ...], now: datetime) -> Reply:
    return desk.writer.write(
        ReplyTemplate.DUTY_ALERT,
        (RecipientKind.DUTY, address),
        fields,
        Thread(),
        token=desk.vault.token(*token),
        now=now,
    )


def _repeat(desk: Desk) -> timedelta:
    return timedelta(minutes=desk.duty.alerts.repeat_minutes)
