"""Queries on the student register: by indexed keys only, never a scan."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, bindparam, delete, func, insert, or_, select, union_all, update
from sqlalchemy.orm import Session

from intake.names import address_key, blocking_keys
from intake.store.register_schema import student_keys, students
from intake.store.schema import facts

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
    merged_into: str | None = None


_SIZE = "register size"
_FIELDS = tuple(Student.__slots__)
_ROW = [students.c[name] for name in _FIELDS]


# Built once: to build and key a statement takes SQLAlchemy longer than SQLite takes to answer it.
_BY_IDS = select(*_ROW).where(students.c.student_id.in_(bindparam("wanted", expanding=True)))
_BY_ADDRESS = (
    select(*_ROW)
    .where(or_(students.c.email_key == bindparam("key"), students.c.alternate_email_key == bindparam("key")))
    .limit(_BLOCK_LIMIT)
)
_NAMED = (
    select(student_keys.c.student_id)
    .where(student_keys.c.key.in_(bindparam("wanted", expanding=True)))
    .limit(_BLOCK_LIMIT)
    .subquery()
)
_BY_KEYS = select(*_ROW).where(students.c.student_id.in_(select(_NAMED.c.student_id)))
_SOME_BEARERS = (
    select(student_keys.c.student_id)
    .where(student_keys.c.key.in_(bindparam("wanted", expanding=True)))
    .limit(_COUNT_LIMIT)
    .subquery()
)
_BEARERS = select(func.count()).select_from(_SOME_BEARERS)
_SOME_BETWEEN = (
    select(student_keys.c.student_id)
    .where(student_keys.c.key >= bindparam("low"), student_keys.c.key < bindparam("high"))
    .limit(_COUNT_LIMIT)
    .subquery()
)
_BETWEEN = select(func.count()).select_from(_SOME_BETWEEN)
_NOTED_SIZE = select(facts.c.number).where(facts.c.name == _SIZE)


def exists(session: Session, student_id: str) -> bool:
    """Say whether the register has this student."""
    return session.scalar(select(students.c.student_id).where(students.c.student_id == student_id)) is not None


def size(session: Session) -> int:
    """How many students there are, as noted at the last import."""
    noted = session.connection().scalar(_NOTED_SIZE)
    return int(noted) if noted is not None else _counted(session)


def note_size(session: Session, now: datetime) -> None:
    """Count the students once, so that matching need not: counting a million rows takes long."""
    if session.get_bind().dialect.name == "postgresql":
        # Until its statistics are there, PostgreSQL reads a freshly filled table whole.
        session.connection().exec_driver_sql("ANALYZE students, student_keys")
    session.execute(delete(facts).where(facts.c.name == _SIZE))
    session.execute(insert(facts).values(name=_SIZE, number=_counted(session), at=now))


def _counted(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(students)) or 0


def by_ids(session: Session, student_ids: Sequence[str]) -> list[Student]:
    """Students with these numbers."""
    return _found(session, _BY_IDS, wanted=list(student_ids)) if student_ids else []


def by_address(session: Session, address: str) -> list[Student]:
    """Students whose registered or alternate address this is."""
    key = address_key(address)
    return _found(session, _BY_ADDRESS, key=key) if key is not None else []


def shared_addresses(session: Session) -> int:
    """Count the addresses on more than one record: by one of them nobody is found. Reads the whole register."""
    whose = union_all(
        *(
            select(column.label("key"), students.c.student_id)
            .where(column.is_not(None), students.c.merged_into.is_(None))
            .distinct()
            for column in (students.c.email_key, students.c.alternate_email_key)
        )
    ).subquery()
    on_several = (
        select(whose.c.key).group_by(whose.c.key).having(func.count(whose.c.student_id.distinct()) > 1).subquery()
    )
    return session.scalar(select(func.count()).select_from(on_several)) or 0


def by_keys(session: Session, keys: Iterable[str]) -> list[Student]:
    """Students who stand under one of these blocking keys (`intake.names`); a key too many share finds some of them."""
    wanted = sorted(set(keys))
    return _found(session, _BY_KEYS, wanted=wanted) if wanted else []


def between(session: Session, low: str, high: str) -> list[Student]:
    """Students who stand under a key from `low` up to, not including, `high`; a range too many share finds some."""
    here = and_(student_keys.c.key >= low, student_keys.c.key < high)
    some = select(student_keys.c.student_id).where(here).limit(_BLOCK_LIMIT)
    return [Student(*row) for row in session.execute(select(*_ROW).where(students.c.student_id.in_(some)))]


def bearers(session: Session, keys: Sequence[str]) -> int:
    """How many students stand under these blocking keys; at most 20,000 are counted."""
    return session.connection().scalar(_BEARERS, {"wanted": list(keys)}) or 0


def bearers_between(session: Session, low: str, high: str) -> int:
    """How many keys there are from `low` up to, not including, `high`; at most 20,000 are counted."""
    return session.connection().scalar(_BETWEEN, {"low": low, "high": high}) or 0


def _found(session: Session, statement: Any, **wanted: Any) -> list[Student]:
    return [Student(*row) for row in session.connection().execute(statement, wanted)]


def expect_many(session: Session) -> None:
    """Let SQLite hold 64 MB of pages, not 2: rows that come in no order touch most of them."""
    if session.get_bind().dialect.name == "sqlite":
        session.connection().exec_driver_sql("PRAGMA cache_size = -65536")


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
    gone = sorted(row for old, new in changed.items() for row in _key_rows(old, without=new))
    come = sorted(row for old, new in changed.items() for row in _key_rows(new, without=old))
    _run_for_each(session, "DELETE FROM student_keys WHERE key = {0} AND student_id = {0}", gone)
    _run_for_each(session, _INSERT_KEY, come)


def add(session: Session, new: Sequence[Student], now: datetime) -> None:
    """Add students who are not in the register."""
    if new:
        session.execute(insert(students), [_columns(student, now) for student in new])
        # In the order of the index: each of its pages is then written once.
        _run_for_each(session, _INSERT_KEY, sorted(row for student in new for row in _key_rows(student)))


def present(session: Session) -> list[str]:
    """The numbers of all who have not left, in no order."""
    return list(session.scalars(select(students.c.student_id).where(students.c.left_on.is_(None))))


def mark_left(session: Session, student_ids: Sequence[str], on: date) -> int:
    """Note that students have left; their records stay."""
    for start in range(0, len(student_ids), 500):
        chunk = list(student_ids[start : start + 500])
        session.execute(update(students).where(students.c.student_id.in_(chunk)).values(left_on=on))
    return len(student_ids)


def redirect(session: Session, old: str, new: str, now: datetime) -> None:
    """Let the record `old` go on as `new`; whatever went on as `old` does too."""
    for column in (students.c.student_id, students.c.merged_into):
        session.execute(update(students).where(column == old).values(merged_into=new, updated_at=now))


def redirects(session: Session) -> dict[str, str]:
    """Every doubled record, and the one under which it goes on."""
    query = select(students.c.student_id, students.c.merged_into).where(students.c.merged_into.is_not(None))
    return {row.student_id: row.merged_into for row in session.execute(query)}


def _columns(student: Student, now: datetime) -> dict[str, Any]:
    return {
        **{name: getattr(student, name) for name in _FIELDS},
        "email_key": address_key(student.email),
        "alternate_email_key": address_key(student.alternate_email),
        "updated_at": now,
    }


_INSERT_KEY = "INSERT INTO student_keys (key, student_id) VALUES ({0}, {0})"


def _run_for_each(session: Session, statement: str, rows: list[tuple[str, str]]) -> None:
    # By the driver itself: there are some seven keys to a student, and SQLAlchemy takes longer for each than SQLite.
    if rows:
        mark = "%s" if session.get_bind().dialect.name == "postgresql" else "?"
        session.connection().exec_driver_sql(statement.format(mark), rows)


def _key_rows(student: Student, without: Student | None = None) -> Iterator[tuple[str, str]]:
    for key in _keys(student) - (_keys(without) if without is not None else set()):
        yield key, student.student_id


def _keys(student: Student) -> set[str]:
    return set(blocking_keys(student.first_name, student.preferred_name, student.last_name, student.date_of_birth))
