"""Queries on messages that the server has not given yet: it is asked again some times before a person sees them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, select, update
from sqlalchemy.orm import Session

from intake.store.arrivals import AWAITED, NewArrival
from intake.store.schema import arrivals
from intake.vocabulary import ArrivalState

_AWAITED = and_(
    arrivals.c.state == ArrivalState.RECEIVED.value, arrivals.c.form == AWAITED, arrivals.c.claimed_by.is_(None)
)


@dataclass(frozen=True, slots=True)
class Awaited:
    """A message that the server has not given yet, and how often it was asked."""

    arrival_id: str
    uid: int
    attempts: int


def due(session: Session, mailbox_id: str, uidvalidity: int, now: datetime) -> list[Awaited]:
    """Which messages the server is to be asked for again now."""
    here = and_(
        _AWAITED,
        arrivals.c.mailbox_id == mailbox_id,
        arrivals.c.uidvalidity == uidvalidity,
        arrivals.c.claimed_until <= now,
    )
    columns = (arrivals.c.arrival_id, arrivals.c.uid, arrivals.c.attempts)
    return [Awaited(**row._asdict()) for row in session.execute(select(*columns).where(here).order_by(arrivals.c.uid))]


def ask_again(session: Session, arrival_id: str, again_at: datetime) -> None:
    """Say that the server is asked once more, and after that not before `again_at`."""
    values = {"attempts": arrivals.c.attempts + 1, "claimed_until": again_at}
    session.execute(update(arrivals).where(arrivals.c.arrival_id == arrival_id, _AWAITED).values(values))


def given(session: Session, arrival_id: str, message: NewArrival) -> None:
    """Put in what the server gave at last: from now on the message is worked like any other."""
    values = {
        "form": message.form,
        "sha256": message.sha256,
        "size": message.size,
        "wrapped_key": message.wrapped_key,
        "content": message.content,
        "attempts": 0,
        "claimed_until": None,
    }
    session.execute(update(arrivals).where(arrivals.c.arrival_id == arrival_id, _AWAITED).values(values))


def await_no_longer(
    session: Session, mailbox_id: str, *, arrival_ids: Sequence[str] | None = None, outside: int | None = None
) -> None:
    """Let messages be worked as the stand-ins they are, for a person: these, or those `outside` this UIDVALIDITY."""
    here = and_(_AWAITED, arrivals.c.mailbox_id == mailbox_id)
    if arrival_ids is not None:
        here = and_(here, arrivals.c.arrival_id.in_(arrival_ids))
    if outside is not None:
        here = and_(here, arrivals.c.uidvalidity != outside)
    values = {"form": "placeholder", "attempts": 0, "claimed_until": None}
    session.execute(update(arrivals).where(here).values(values))
