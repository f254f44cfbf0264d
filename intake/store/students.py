"""Queries on the student register: by indexed keys only, never a scan."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from intake.names import address_key, blocking_keys
from intake.store.schema import facts, student_keys, students

#: more rows than this for one key say nothing about a person
_BLOCK_LIMIT = 60
_COUNT_LIMIT = 20_000


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


def by_keys(session: Session, keys: Iterable[str]) -> list[Student]:
    """Students who stand under one of these blocking keys (`intake.names`); a key too many share finds some of them."""
    wanted = sorted(set(keys))
    if not wanted:
        return []
    named = select(student_keys.c.student_id).where(student_keys.c.key.in_(wanted)).limit(_BLOCK_LIMIT).subquery()
    return _found(session, students.c.student_id.in_(select(named.c.student_id)))


def bearers(session: Session, keys: Sequence[str]) -> int:
    """How many students stand under these blocking keys; at most 20,000 are counted."""
    return _counted_up_to(session, student_keys.c.key.in_(keys))


def bearers_between(session: Session, low: str, high: str) -> int:
    """How many keys there are from `low` up to, not including, `high`; at most 20,000 are counted."""
    return _counted_up_to(session, and_(student_keys.c.key >= low, student_keys.c.key < high))


def _counted_up_to(session: Session, condition: Any) -> int:
    some = select(student_keys.c.student_id).where(condition).limit(_COUNT_LIMIT).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def known_in_chunks(session: Session, student_ids: Sequence[str]) -> dict[str, Student]:
    """The students with these numbers, however many, by number."""
    found: dict[str, Student] = {}
    for start in range(0, len(student_ids), 500):
        chunk = list(student_ids[start : start + 500])
        for row in session.execute(select(*_ROW).where(students.c.student_id.in_(chunk))):
            found[row.student_id] = Student(*row)
    return found


def upsert(session: Session, changed: Mapping[Student, Student], now: datetime) -> None:
    """Replace students: as they stand, to what they become."""
    if not changed:
        return
    columns = [one.name for one in students.columns if one.name != "student_id"]
    statement = update(students).where(students.c.student_id == bindparam("_student_id"))
    rows = [{**_columns(new, now), "_student_id": new.student_id} for new in changed.values()]
    session.execute(
        statement.values({name: bindparam(name) for name in columns}),
        [{name: row[name] for name in (*columns, "_student_id")} for row in rows],
        execution_options={"synchronize_session": False},
    )
    gone = [row for old, new in changed.items() for row in _key_rows(old, without=new)]
    come = [row for old, new in changed.items() for row in _key_rows(new, without=old)]
    if gone:
        named = and_(student_keys.c.key == bindparam("_key"), student_keys.c.student_id == bindparam("_student_id"))
        session.connection().execute(
            delete(student_keys).where(named), [{f"_{k}": v for k, v in row.items()} for row in gone]
        )
    if come:
        session.execute(insert(student_keys), come)


def add(session: Session, new: Sequence[Student], now: datetime) -> None:
    """Add students who are not in the register."""
    if new:
        session.execute(insert(students), [_columns(student, now) for student in new])
        session.execute(insert(student_keys), [row for student in new for row in _key_rows(student)])


def _columns(student: Student, now: datetime) -> dict[str, Any]:
    return {
        **{name: getattr(student, name) for name in _FIELDS},
        "email_key": address_key(student.email),
        "alternate_email_key": address_key(student.alternate_email),
        "updated_at": now,
    }


def _key_rows(student: Student, without: Student | None = None) -> list[dict[str, str]]:
    keys = _keys(student) - (_keys(without) if without is not None else set())
    return [{"key": key, "student_id": student.student_id} for key in sorted(keys)]


def _keys(student: Student) -> set[str]:
    return set(blocking_keys(student.first_name, student.preferred_name, student.last_name, student.date_of_birth))


def _found(session: Session, condition: Any) -> list[Student]:
    return [Student(*row) for row in session.execute(select(*_ROW).where(condition).limit(_BLOCK_LIMIT))]
