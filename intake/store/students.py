"""Queries on the student register: by indexed keys only, never a scan."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, delete, func, insert, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from intake.names import address_key, name_key, sound_key
from intake.store.schema import facts, students

#: more rows than this for one key say nothing about a person
_BLOCK_LIMIT = 60


@dataclass(frozen=True, slots=True)
class Student:
    """One student as the university knows them."""

    student_id: str
    first_name: str
    last_name: str
    preferred_name: str | None = None
    email: str | None = None
    alternate_email: str | None = None
    date_of_birth: date | None = None
    course: str | None = None
    left_on: date | None = None


_SIZE = "register size"
_FIELDS = tuple(Student.__slots__)
_ROW = [students.c[name] for name in _FIELDS]


def exists(session: Session, student_id: str) -> bool:
    """Say whether the register has this student."""
    return session.scalar(select(students.c.student_id).where(students.c.student_id == student_id)) is not None


def size(session: Session) -> int:
    """How many students there are, as noted at the last import."""
    noted = session.scalar(select(facts.c.number).where(facts.c.name == _SIZE))
    return int(noted) if noted is not None else _counted(session)


def note_size(session: Session, now: datetime) -> None:
    """Count the students once, so that matching need not: counting a million rows takes long."""
    session.execute(delete(facts).where(facts.c.name == _SIZE))
    session.execute(insert(facts).values(name=_SIZE, number=_counted(session), at=now))


def _counted(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(students)) or 0


def by_ids(session: Session, student_ids: Sequence[str]) -> list[Student]:
    """Students with these numbers."""
    return _found(session, students.c.student_id.in_(list(student_ids))) if student_ids else []


def by_address(session: Session, address: str) -> list[Student]:
    """Students whose registered or alternate address this is."""
    key = address_key(address)
    if key is None:
        return []
    return _found(session, or_(students.c.email_key == key, students.c.alternate_email_key == key))


def by_names(session: Session, pairs: Iterable[tuple[str, str]]) -> list[Student]:
    """Students with one of these (first or preferred, last) names, folded; exact."""
    conditions = [
        and_(
            students.c.last_name_key == last,
            or_(students.c.first_name_key == first, students.c.preferred_name_key == first),
        )
        for first, last in pairs
    ]
    return _found(session, or_(*conditions)) if conditions else []


def by_sound(session: Session, pairs: Iterable[tuple[str, str]]) -> list[Student]:
    """Students whose last and first (or preferred) names sound like one of these pairs."""
    keys = {f"{sound_key(last)} {sound_key(first)[:3]}" for first, last in pairs}
    return _found(session, students.c.sound_key.in_(sorted(keys))) if keys else []


def name_frequency(session: Session, last_name: str) -> int:
    """How many students bear this folded last name; at most 1,000 are counted."""
    named = select(students.c.student_id).where(students.c.last_name_key == last_name).limit(1000).subquery()
    return session.scalar(select(func.count()).select_from(named)) or 0


def known_in_chunks(session: Session, student_ids: Sequence[str]) -> dict[str, Student]:
    """The students with these numbers, however many, by number."""
    found: dict[str, Student] = {}
    for start in range(0, len(student_ids), 500):
        chunk = list(student_ids[start : start + 500])
        for row in session.execute(select(*_ROW).where(students.c.student_id.in_(chunk))):
            found[row.student_id] = Student(**row._asdict())
    return found


def upsert(session: Session, new: Sequence[Student], now: datetime) -> None:
    """Add or replace students."""
    rows = [_columns(student, now) for student in new]
    if not rows:
        return
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement: Any = dialect.insert(students)
    changes = {name: statement.excluded[name] for name in rows[0] if name != "student_id"}
    session.execute(statement.on_conflict_do_update(index_elements=["student_id"], set_=changes), rows)


def add(session: Session, new: Sequence[Student], now: datetime) -> None:
    """Add students who are not in the register."""
    if new:
        session.execute(insert(students), [_columns(student, now) for student in new])


def _columns(student: Student, now: datetime) -> dict[str, Any]:
    return {
        **{name: getattr(student, name) for name in _FIELDS},
        "email_key": address_key(student.email),
        "alternate_email_key": address_key(student.alternate_email),
        "last_name_key": name_key(student.last_name),
        "first_name_key": name_key(student.first_name),
        "preferred_name_key": name_key(student.preferred_name) if student.preferred_name else None,
        "sound_key": f"{sound_key(student.last_name)} {sound_key(student.preferred_name or student.first_name)[:3]}",
        "updated_at": now,
    }


def _found(session: Session, condition: Any) -> list[Student]:
    return [Student(**row._asdict()) for row in session.execute(select(*_ROW).where(condition).limit(_BLOCK_LIMIT))]
