"""Queries on proposals: what automatic mode would have done with a case, and what people did with it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from intake.store import cases
from intake.store.schema import cases as table
from intake.store.schema import consent_events, deliveries
from intake.vocabulary import CaseState, ConsentEventKind, DeliveryState, Disposition, Purpose, ReplyTemplate

_SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Proposal:
    """One case that waited for a person because of the mode.

    `withdrawn`: what a person withdrew in it and let stand. `written`: the templates that went out for it.
    """

    case_id: str
    reference: str
    disposition: Disposition
    purposes: frozenset[Purpose]
    settled: bool
    withdrawn: frozenset[Purpose]
    written: frozenset[ReplyTemplate]


def every(session: Session) -> Iterable[Proposal]:
    """Every case that has a proposal, oldest first."""
    columns = (table.c.case_id, table.c.reference, table.c.proposed)
    query = select(*columns).where(table.c.proposed.is_not(None)).order_by(table.c.opened_at)
    for row in session.execute(query).all():
        yield _proposal(session, row)


def _proposal(session: Session, row: Any) -> Proposal:
    # What was done with a merged case was done in the case it was merged into.
    case = cases.find(session, row.case_id)
    ids = [row.case_id] if case is None else [row.case_id, case.case_id]
    return Proposal(
        row.case_id,
        row.reference,
        Disposition(row.proposed["disposition"]),
        frozenset(Purpose(one) for one in row.proposed["purposes"]),
        case is not None and case.state is CaseState.SETTLED,
        _withdrawn(session, ids),
        _written(session, ids),
    )


def _withdrawn(session: Session, ids: list[str]) -> frozenset[Purpose]:
    query = (
        select(consent_events.c.purpose, consent_events.c.event)
        .where(consent_events.c.case_id.in_(ids), consent_events.c.actor != _SERVICE)
        .order_by(consent_events.c.sequence)
    )
    last = {Purpose(purpose): event for purpose, event in session.execute(query)}
    return frozenset(purpose for purpose, event in last.items() if event == ConsentEventKind.WITHDRAWN.value)


def _written(session: Session, ids: list[str]) -> frozenset[ReplyTemplate]:
    query = select(deliveries.c.template).where(
        deliveries.c.case_id.in_(ids), deliveries.c.state != DeliveryState.WITHHELD.value
    )
    return frozenset(ReplyTemplate(template) for template in session.scalars(query))
