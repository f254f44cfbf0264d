"""Queries on officers' own words about a case, still sealed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from intake.store.officers_schema import notes


@dataclass(frozen=True, slots=True)
class NoteRow:
    """One note; `content` is sealed JSON."""

    note_id: str
    case_id: str
    kind: str
    author: str
    at: datetime
    wrapped_key: bytes | None
    content: bytes | None


_ROW = [notes.c[name] for name in NoteRow.__slots__]


def add(session: Session, row: NoteRow) -> None:
    """Write a note down."""
    session.execute(insert(notes).values({name: getattr(row, name) for name in NoteRow.__slots__}))


def of_cases(session: Session, case_ids: Sequence[str]) -> list[NoteRow]:
    """Every note on these cases, oldest first."""
    query = select(*_ROW).where(notes.c.case_id.in_(list(case_ids))).order_by(notes.c.at, notes.c.note_id)
    return [NoteRow(*row) for row in session.execute(query)]
