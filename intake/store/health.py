"""Queries for the administrator: whether mail flows, by counts, ids and slugs alone; nothing sealed is opened."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from intake.store import arrivals, breaker, deliveries, facts
from intake.store.facts import Fact
from intake.store.schema import arrivals as table
from intake.vocabulary import ArrivalState, DeliveryState

#: how many arrivals are named; `arrivals list` has all of them
_MOST = 100


@dataclass(frozen=True, slots=True)
class SetAside:
    """An arrival that a person must look at; `trouble` names what happened, without content."""

    arrival_id: str
    state: ArrivalState
    trouble: str | None
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Health:
    """How the service is. `classifier`: what the worker loaded at its last start; its `number` is 1 without a model."""

    arrivals: dict[ArrivalState, int]
    deliveries: dict[DeliveryState, int]
    set_aside: tuple[SetAside, ...]
    alarms: dict[str, Fact]
    breaker_since: datetime | None
    classifier: Fact | None


def health(session: Session) -> Health:
    """Look at how the service is."""
    return Health(
        arrivals.counts(session),
        deliveries.counts(session),
        _set_aside(session),
        facts.alarms(session),
        breaker.open_since(session),
        facts.get(session, facts.CLASSIFIER),
    )


def _set_aside(session: Session) -> tuple[SetAside, ...]:
    states = [ArrivalState.QUARANTINED.value, ArrivalState.SHUNTED.value]
    columns = (table.c.arrival_id, table.c.state, table.c.trouble, table.c.received_at)
    query = select(*columns).where(table.c.state.in_(states))
    rows = session.execute(query.order_by(table.c.received_at, table.c.arrival_id).limit(_MOST))
    return tuple(SetAside(row[0], ArrivalState(row[1]), row[2], row[3]) for row in rows)
