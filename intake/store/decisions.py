"""Queries on what officers decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from intake.store.officers_schema import officer_decisions


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """One decision: `before` has the case's columns as they were, `detail` ids and slugs."""

    decision_id: str
    case_id: str
    version: int
    at: datetime
    actor: str
    action: str
    detail: dict[str, Any]
    before: dict[str, Any]
    events: list[str]
    deliveries: list[str]
    undone_at: datetime | None = None


_ROW = [officer_decisions.c[name] for name in DecisionRow.__slots__]


def add(session: Session, row: DecisionRow) -> None:
    """Write a decision down."""
    session.execute(insert(officer_decisions).values({name: getattr(row, name) for name in DecisionRow.__slots__}))


def of_cases(session: Session, case_ids: Sequence[str]) -> list[DecisionRow]:
    """Every decision on these cases, oldest first."""
    query = select(*_ROW).where(officer_decisions.c.case_id.in_(list(case_ids)))
    query = query.order_by(officer_decisions.c.at, officer_decisions.c.version)
    return [DecisionRow(*row) for row in session.execute(query)]


def since(session: Session, case_id: str, version: int) -> list[DecisionRow]:
    """What was decided on a case after it had this version."""
    here = (officer_decisions.c.case_id == case_id) & (officer_decisions.c.version > version)
    return [
        DecisionRow(*row) for row in session.execute(select(*_ROW).where(here).order_by(officer_decisions.c.version))
    ]


def mark_undone(session: Session, decision_id: str, now: datetime) -> None:
    """Say that a decision was taken back."""
    here = officer_decisions.c.decision_id == decision_id
    session.execute(update(officer_decisions).where(here).values(undone_at=now))
