"""Queries on officers' corrections, still sealed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from intake.store.officers_schema import corrections


@dataclass(frozen=True, slots=True)
class CorrectionRow:
    """One corrected letter; `content` is a sealed line of the corpus format."""

    correction_id: str
    arrival_id: str
    at: datetime
    differs: list[str]
    wrapped_key: bytes | None
    content: bytes | None


_ROW = [corrections.c[name] for name in CorrectionRow.__slots__]


def put(session: Session, row: CorrectionRow) -> None:
    """Write a correction down, in the place of an earlier one of the same letter."""
    forget(session, row.arrival_id)
    session.execute(insert(corrections).values({name: getattr(row, name) for name in CorrectionRow.__slots__}))


def forget(session: Session, arrival_id: str) -> None:
    """Remove the correction of a letter."""
    session.execute(delete(corrections).where(corrections.c.arrival_id == arrival_id))


def every(session: Session) -> Iterable[CorrectionRow]:
    """Every correction, oldest first."""
    query = select(*_ROW).order_by(corrections.c.at, corrections.c.correction_id)
    return (CorrectionRow(*row) for row in session.execute(query.execution_options(yield_per=200)))
