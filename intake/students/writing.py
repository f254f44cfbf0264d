"""Writing rows of a student register: students added or updated, a batch to a transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from intake.store import Store, students
from intake.store.students import Student

#: rows to a transaction: each writes to most pages of the index once, so that few large ones write far less than many
BATCH = 20_000


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that was not taken, by its line in the file (the header is line 1) or its place in the answer, and why."""

    line: int
    reason: str


@dataclass(slots=True)
class Imported:
    """What an import did."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: list[Rejected] = field(default_factory=list)


def write(store: Store, batch: Sequence[Student], done: Imported) -> None:
    """Add or update one batch, in one transaction, and count what was done."""
    if not batch:
        return
    with store.writing() as session:
        students.expect_many(session)
        new, changed = compared(session, batch)
        students.add(session, new, datetime.now(UTC))
        students.upsert(session, changed, datetime.now(UTC))
    count(batch, new, changed, done)


def compared(session: Session, batch: Sequence[Student]) -> tuple[list[Student], dict[Student, Student]]:
    """Give who is new, and who changes: as they stand, to what they become."""
    known = students.known_in_chunks(session, [student.student_id for student in batch])
    new = [student for student in batch if student.student_id not in known]
    # Where a doubled record goes on is the register's own knowledge: no source row takes it away.
    kept = [replace(one, merged_into=known[one.student_id].merged_into) for one in batch if one.student_id in known]
    return new, {known[one.student_id]: one for one in kept if known[one.student_id] != one}


def count(batch: Sequence[Student], new: Sequence[Student], changed: dict[Student, Student], done: Imported) -> None:
    """Count a batch."""
    done.added += len(new)
    done.updated += len(changed)
    done.unchanged += len(batch) - len(new) - len(changed)
