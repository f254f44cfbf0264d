"""Queries on the outbox."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any

from sqlalchemy import and_, func, insert, not_, or_, select, update
from sqlalchemy.orm import Session

from intake.store.schema import deliveries
from intake.vocabulary import DeliveryState, RecipientKind, ReplyTemplate

#: kinds of a recipient who is answered: what caps and the breaker count
REPLIES = (RecipientKind.ORIGINATOR.value, RecipientKind.REGISTERED_ADDRESS.value)
#: states of a message that left, or may leave, or may have left: what caps count
WRITTEN = tuple(one.value for one in DeliveryState if one is not DeliveryState.WITHHELD)


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One outgoing message, still sealed."""

    delivery_id: str
    case_id: str | None
    arrival_id: str | None
    template: str
    recipient_kind: str
    state: DeliveryState
    verdict: str
    message_id: str
    created_at: datetime
    attempts: int
    data_at: datetime | None
    trouble: str | None
    wrapped_key: bytes | None
    recipient: bytes | None
    in_reply_to: bytes | None
    content: bytes | None
    notice: str | None
    settled_at: datetime | None
    recipient_hash: bytes


_WEBHOOK = deliveries.c.recipient_kind == RecipientKind.WEBHOOK.value
_ROW = [deliveries.c[name] for name in DeliveryRow.__slots__]


def add(session: Session, row: dict[str, Any]) -> None:
    """Put a message into the outbox, or the record of one withheld (columns of `deliveries`)."""
    session.execute(insert(deliveries).values(row))


class Lane(Enum):
    """What is sent together."""

    ALERTS = auto()
    MAIL = auto()
    WEBHOOKS = auto()


def reserve(
    session: Session, holder: str, now: datetime, lease: timedelta, limit: int, lane: Lane = Lane.MAIL
) -> list[DeliveryRow]:
    """Reserve up to `limit` messages of a lane that are due, for the length of `lease`, alerts first, then oldest."""
    due = and_(
        _IN_LANE[lane],
        deliveries.c.state == DeliveryState.PENDING.value,
        or_(deliveries.c.next_attempt_at.is_(None), deliveries.c.next_attempt_at <= now),
        or_(deliveries.c.claimed_until.is_(None), deliveries.c.claimed_until < now),
    )
    chosen = (
        select(deliveries.c.delivery_id)
        .where(due)
        .order_by(
            (deliveries.c.template == ReplyTemplate.DUTY_ALERT.value).desc(),
            deliveries.c.created_at,
        )
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = list(session.scalars(chosen))
    if not ids:
        return []
    held = {"claimed_by": holder, "claimed_until": now + lease}
    session.execute(update(deliveries).where(deliveries.c.delivery_id.in_(ids)).values(held))
    found = {
        row.delivery_id: _row(row) for row in session.execute(select(*_ROW).where(deliveries.c.delivery_id.in_(ids)))
    }
    return [found[one] for one in ids]


_IN_LANE = {
    Lane.ALERTS: deliveries.c.template == ReplyTemplate.DUTY_ALERT.value,
    Lane.MAIL: not_(_WEBHOOK),
    Lane.WEBHOOKS: _WEBHOOK,
}


def begin_data(session: Session, delivery_id: str, holder: str, now: datetime) -> bool:
    """Mark that DATA is about to begin; false where the reservation was lost, and nothing may be sent."""
    here = and_(
        deliveries.c.delivery_id == delivery_id,
        deliveries.c.state == DeliveryState.PENDING.value,
        deliveries.c.claimed_by == holder,
    )
    values = {"state": DeliveryState.SENDING.value, "data_at": now, "attempts": deliveries.c.attempts + 1}
    done = session.execute(update(deliveries).where(here).values(values))
    return bool(done.rowcount)  # type: ignore[attr-defined]


def settle(
    session: Session,
    delivery_id: str,
    state: DeliveryState,
    now: datetime,
    *,
    trouble: str | None = None,
    next_attempt_at: datetime | None = None,
    count_attempt: bool = False,
) -> None:
    """Write how an attempt ended; `pending` with `next_attempt_at` means that it is tried again then."""
    values: dict[str, Any] = {
        "state": state.value,
        "trouble": trouble,
        "next_attempt_at": next_attempt_at,
        "settled_at": None if state is DeliveryState.PENDING else now,
        "claimed_by": None,
        "claimed_until": None,
    }
    if state is DeliveryState.PENDING:
        values["data_at"] = None
    if count_attempt:
        values["attempts"] = deliveries.c.attempts + 1
    session.execute(update(deliveries).where(deliveries.c.delivery_id == delivery_id).values(values))


def alert_waits(session: Session) -> bool:
    """Say whether an alert waits to be sent."""
    query = select(deliveries.c.delivery_id).where(
        _IN_LANE[Lane.ALERTS], deliveries.c.state == DeliveryState.PENDING.value
    )
    return session.scalar(query.limit(1)) is not None


def unreserve(session: Session, holder: str) -> None:
    """Give back what `holder` reserved and did not begin to send."""
    here = and_(deliveries.c.state == DeliveryState.PENDING.value, deliveries.c.claimed_by == holder)
    session.execute(update(deliveries).where(here).values(claimed_by=None, claimed_until=None))


def holders(session: Session) -> list[str]:
    """Who holds reservations or is in DATA."""
    here = and_(
        deliveries.c.state.in_([DeliveryState.PENDING.value, DeliveryState.SENDING.value]),
        deliveries.c.claimed_by.is_not(None),
    )
    return list(session.scalars(select(deliveries.c.claimed_by).where(here).distinct()))


def abandoned(session: Session, holder: str | None, now: datetime) -> list[DeliveryRow]:
    """Messages in DATA whose sender (`holder`, or anybody whose lease ended) lives no more: nobody knows their fate."""
    gone = deliveries.c.claimed_until < now
    if holder is not None:
        gone = or_(gone, deliveries.c.claimed_by == holder)
    query = select(*_ROW).where(deliveries.c.state == DeliveryState.SENDING.value, gone)
    return [_row(row) for row in session.execute(query)]


def to_look_for(session: Session, now: datetime) -> list[DeliveryRow]:
    """What may have been sent and is due to be looked for: the uncertain, and once what a restore withheld."""
    restored = and_(
        deliveries.c.state == DeliveryState.WITHHELD.value,
        deliveries.c.verdict == "restored",
        deliveries.c.settled_at.is_(None),
    )
    uncertain = and_(deliveries.c.state == DeliveryState.UNCERTAIN.value, deliveries.c.next_attempt_at <= now)
    return [_row(row) for row in session.execute(select(*_ROW).where(or_(uncertain, restored)))]


def look_again(session: Session, delivery_id: str, at: datetime | None) -> None:
    """Put off the next look for an uncertain message; None: it is looked for no more."""
    session.execute(update(deliveries).where(deliveries.c.delivery_id == delivery_id).values(next_attempt_at=at))


def doubt_waiting(session: Session, now: datetime) -> list[str]:
    """Let everything that waits to be sent be uncertain, alerts apart; give the ids. For a restored database."""
    here = and_(
        deliveries.c.state.in_([DeliveryState.PENDING.value, DeliveryState.SENDING.value]),
        deliveries.c.template != ReplyTemplate.DUTY_ALERT.value,
    )
    ids = list(session.scalars(select(deliveries.c.delivery_id).where(here)))
    for delivery_id in ids:
        settle(session, delivery_id, DeliveryState.UNCERTAIN, now, trouble="restored", next_attempt_at=now)
    return ids


def with_message_ids(session: Session, message_ids: Sequence[str]) -> list[DeliveryRow]:
    """Our own messages among these Message-IDs."""
    if not message_ids:
        return []
    return [_row(row) for row in session.execute(select(*_ROW).where(deliveries.c.message_id.in_(list(message_ids))))]


def written_since(session: Session, since: datetime, *, recipient_hash: bytes | None = None) -> int:
    """How many automatic replies were written since a moment, in all or to one address; no alerts and no notices."""
    query = select(func.count()).where(
        deliveries.c.created_at >= since,
        deliveries.c.state.in_(WRITTEN),
        deliveries.c.recipient_kind.in_(REPLIES),
    )
    if recipient_hash is not None:
        query = query.where(deliveries.c.recipient_hash == recipient_hash)
    return session.scalar(query) or 0


def written_for_student_since(session: Session, since: datetime, student_id: str) -> int:
    """How many automatic replies were written about one student since a moment; no alerts and no notices."""
    query = select(func.count()).where(
        deliveries.c.student_id == student_id,
        deliveries.c.created_at >= since,
        deliveries.c.state.in_(WRITTEN),
        deliveries.c.recipient_kind.in_(REPLIES),
    )
    return session.scalar(query) or 0


def same_template_since(session: Session, since: datetime, template: ReplyTemplate, recipient_hash: bytes) -> bool:
    """Say whether this template went to this address since a moment."""
    query = select(deliveries.c.delivery_id).where(
        deliveries.c.recipient_hash == recipient_hash,
        deliveries.c.created_at >= since,
        deliveries.c.template == template.value,
        deliveries.c.state.in_(WRITTEN),
    )
    return session.scalar(query.limit(1)) is not None


def of_arrival(session: Session, arrival_id: str) -> list[DeliveryRow]:
    """What was written because of one message."""
    query = select(*_ROW).where(deliveries.c.arrival_id == arrival_id).order_by(deliveries.c.created_at)
    return [_row(row) for row in session.execute(query)]


def of_cases(session: Session, case_ids: Sequence[str]) -> list[DeliveryRow]:
    """What was written in these cases, oldest first."""
    query = select(*_ROW).where(deliveries.c.case_id.in_(list(case_ids)))
    return [_row(row) for row in session.execute(query.order_by(deliveries.c.created_at, deliveries.c.delivery_id))]


def put_off(session: Session, delivery_ids: Sequence[str], until: datetime) -> None:
    """Let messages wait before they are sent for the first time."""
    here = deliveries.c.delivery_id.in_(list(delivery_ids))
    session.execute(update(deliveries).where(here).values(next_attempt_at=until))


def take_back(session: Session, delivery_ids: Sequence[str], now: datetime) -> bool:
    """Withhold messages that nobody has begun to send; false where one has left or is leaving, and then roll back."""
    waiting = and_(
        deliveries.c.delivery_id.in_(list(delivery_ids)),
        deliveries.c.state == DeliveryState.PENDING.value,
        or_(deliveries.c.claimed_until.is_(None), deliveries.c.claimed_until < now),
    )
    values = {"state": DeliveryState.WITHHELD.value, "verdict": "undone", "settled_at": now}
    done = session.execute(update(deliveries).where(waiting).values(values))
    return bool(done.rowcount == len(delivery_ids))  # type: ignore[attr-defined]


def notices_of(session: Session, case_id: str) -> list[DeliveryRow]:
    """Who was told of a case's changes, or is to be, oldest first."""
    query = select(*_ROW).where(deliveries.c.case_id == case_id, deliveries.c.notice.is_not(None))
    return [_row(row) for row in session.execute(query.order_by(deliveries.c.created_at, deliveries.c.notice))]


def every(session: Session, state: DeliveryState | None = None) -> Iterable[DeliveryRow]:
    """Every outgoing message, oldest first."""
    query = select(*_ROW).order_by(deliveries.c.created_at, deliveries.c.delivery_id)
    if state is not None:
        query = query.where(deliveries.c.state == state.value)
    return (_row(row) for row in session.execute(query.execution_options(yield_per=500)))


def counts(session: Session) -> dict[DeliveryState, int]:
    """How many outgoing messages are in each state."""
    rows = session.execute(select(deliveries.c.state, func.count()).group_by(deliveries.c.state))
    return {DeliveryState(row[0]): row[1] for row in rows}


def _row(row: Any) -> DeliveryRow:
    values = row._asdict()
    values["state"] = DeliveryState(values["state"])
    return DeliveryRow(**values)
