"""Queries on alerts: repeated and passed on until a person acknowledges."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, insert, or_, select, update
from sqlalchemy.orm import Session

from intake.store.schema import alerts, cases, deliveries
from intake.vocabulary import CaseState, DeliveryState, ReplyTemplate

_ALERT = ReplyTemplate.DUTY_ALERT.value
#: as far as is known, nobody has it
_LOST = (DeliveryState.FAILED.value, DeliveryState.BOUNCED.value, DeliveryState.UNCERTAIN.value)


@dataclass(frozen=True, slots=True)
class Alert:
    """The alerts of one urgent case: how many were written, when the next is due, who acknowledged."""

    case_id: str
    arrival_id: str
    received_at: datetime
    written: int
    next_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None


_ROW = [alerts.c[name] for name in Alert.__slots__]


def begin(session: Session, alert: Alert) -> None:
    """Keep an alert that was just written; a further letter in the same case begins its alerts anew."""
    values = {name: getattr(alert, name) for name in Alert.__slots__}
    done = session.execute(update(alerts).where(alerts.c.case_id == alert.case_id).values(values))
    if not done.rowcount:  # type: ignore[attr-defined]
        session.execute(insert(alerts).values(values))


def of_case(session: Session, case_id: str) -> Alert | None:
    """Give the alerts of a case."""
    row = session.execute(select(*_ROW).where(alerts.c.case_id == case_id)).one_or_none()
    return None if row is None else Alert(*row)


def any_due(session: Session, now: datetime) -> bool:
    """Say whether `due` would give anything; locks nothing."""
    query = select(alerts.c.case_id).join(cases, cases.c.case_id == alerts.c.case_id).where(_due(now)).limit(1)
    return session.scalar(query) is not None


def due(session: Session, now: datetime) -> list[Alert]:
    """Those that nobody acknowledged and whose case nobody settled, and that are due or were lost once; locked.

    Those that others hold are left out.
    """
    query = (
        select(*_ROW)
        .join(cases, cases.c.case_id == alerts.c.case_id)
        .where(_due(now))
        .order_by(alerts.c.next_at)
        .with_for_update(skip_locked=True, of=alerts)
    )
    return [Alert(*row) for row in session.execute(query)]


def _due(now: datetime) -> ColumnElement[bool]:
    lost = exists().where(
        deliveries.c.case_id == alerts.c.case_id, deliveries.c.template == _ALERT, deliveries.c.state.in_(_LOST)
    )
    return and_(
        alerts.c.acknowledged_at.is_(None),
        cases.c.state.in_([CaseState.OPEN.value, CaseState.WAITING.value]),
        or_(alerts.c.next_at <= now, lost),
    )


def last_was_lost(session: Session, case_id: str) -> bool:
    """Say whether the newest alert of a case reached nobody, as far as is known."""
    query = (
        select(deliveries.c.state)
        .where(deliveries.c.case_id == case_id, deliveries.c.template == _ALERT)
        .order_by(deliveries.c.created_at.desc())
        .limit(1)
    )
    return session.scalar(query) in _LOST


def wrote(session: Session, case_id: str, written: int, next_at: datetime) -> None:
    """Note that another was written, and when the next is due."""
    session.execute(update(alerts).where(alerts.c.case_id == case_id).values(written=written, next_at=next_at))


def acknowledge(session: Session, case_id: str, by: str, now: datetime) -> bool:
    """Note who acknowledged; false where somebody had already, or there was no alert."""
    here = alerts.c.case_id == case_id, alerts.c.acknowledged_at.is_(None)
    done = session.execute(update(alerts).where(*here).values(acknowledged_at=now, acknowledged_by=by))
    return bool(done.rowcount)  # type: ignore[attr-defined]


def case_of(session: Session, message_ids: Sequence[str]) -> str | None:
    """Give the case whose alert has one of these Message-IDs."""
    if not message_ids:
        return None
    query = (
        select(deliveries.c.case_id)
        .where(
            deliveries.c.message_id.in_(list(message_ids)),
            deliveries.c.template == _ALERT,
            deliveries.c.case_id.is_not(None),
        )
        .order_by(deliveries.c.created_at.desc())
        .limit(1)
    )
    return session.scalar(query)
