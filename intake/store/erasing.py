"""Queries that erase: keys and sealed text go; rows, hashes, states and times stay as proof of what was there."""

from collections.abc import Sequence

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from intake.store import corrections
from intake.store.schema import arrivals, case_arrivals, cases, deliveries
from intake.vocabulary import CaseState, DeliveryState

_LEAVING = (DeliveryState.PENDING.value, DeliveryState.SENDING.value)
_WAITS = (CaseState.OPEN.value, CaseState.WAITING.value)


def written(session: Session, case_ids: Sequence[str], arrival_ids: Sequence[str]) -> list[tuple[str, bool]]:
    """Every message out of these cases, or because of these letters, that still has its text; true: it is leaving.

    The rows are locked, so that none begins to leave meanwhile.
    """
    theirs = or_(deliveries.c.case_id.in_(list(case_ids)), deliveries.c.arrival_id.in_(list(arrival_ids)))
    query = select(deliveries.c.delivery_id, deliveries.c.state).where(theirs, deliveries.c.wrapped_key.is_not(None))
    found = session.execute(query.order_by(deliveries.c.delivery_id).with_for_update())
    return [(row.delivery_id, row.state in _LEAVING) for row in found]


def held_elsewhere(session: Session, case_ids: Sequence[str], arrival_ids: Sequence[str]) -> bool:
    """Say whether one of these letters belongs to another case too, which is not settled."""
    query = (
        select(case_arrivals.c.arrival_id)
        .join(cases, cases.c.case_id == case_arrivals.c.case_id)
        .where(
            case_arrivals.c.arrival_id.in_(list(arrival_ids)),
            case_arrivals.c.case_id.not_in(list(case_ids)),
            cases.c.state.in_(_WAITS),
        )
    )
    return session.scalar(query.limit(1)) is not None


def erase(session: Session, arrival_ids: Sequence[str], delivery_ids: Sequence[str]) -> None:
    """Destroy keys and text of these letters, of what was written, and of the letters' corrections."""
    for arrival_id in arrival_ids:
        corrections.forget(session, arrival_id)
    letters = arrivals.c.arrival_id.in_(list(arrival_ids))
    nothing = dict.fromkeys(("wrapped_key", "content", "message_id", "findings"))
    session.execute(update(arrivals).where(letters).values(nothing))
    out = and_(deliveries.c.delivery_id.in_(list(delivery_ids)), deliveries.c.state.not_in(_LEAVING))
    nothing = dict.fromkeys(("wrapped_key", "content", "recipient", "in_reply_to"))
    session.execute(update(deliveries).where(out).values(nothing))
