"""The register kept in step with a database: adds, changes, leavers, merges, and what stops a large change."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, text

from intake.errors import CallRefused, SourceRefused
from intake.match import match
from intake.parse import parse
from intake.settings import Students as Source
from intake.store import Store, audit, consent, students
from intake.store.students import Student
from intake.students.sync import Synchronised, figures, synchronise
from intake.vocabulary import Purpose, Standing

TODAY = date(2026, 11, 27)
QUERY = (
    "SELECT sid, forename AS first_name, surname AS last_name, mail AS email, born AS date_of_birth, merged_into "
    "FROM people"
)


@pytest.fixture
def people(tmp_path: Path) -> Iterator[Connection]:
    """The university's database: sixty students."""
    engine = create_engine(f"sqlite:///{tmp_path}/university.db")
    with engine.connect() as connection:
        connection.execute(
            text("CREATE TABLE people (sid INTEGER, forename, surname, mail, born DATE, merged_into INTEGER)")
        )
        for n in range(60):
            _add(connection, 21000000 + n, f"Robin{n}", "Fen")
        yield connection
    engine.dispose()


@pytest.fixture
def source(tmp_path: Path) -> Source:
    return Source.model_validate(
        {"url": f"sqlite:///{tmp_path}/university.db", "query": QUERY, "columns": {"student_id": "SID"}}
    )


def _add(connection: Connection, number: int, first: str, last: str, merged_into: int | None = None) -> None:
    values = {"n": number, "f": first, "l": last, "m": f"s{number}@student.herts.example", "i": merged_into}
    connection.execute(text("INSERT INTO people VALUES (:n, :f, :l, :m, '2004-05-11', :i)"), values)
    connection.commit()


def _do(connection: Connection, statement: str) -> None:
    connection.execute(text(statement))
    connection.commit()


def _known(store: Store, *numbers: str) -> list[Student]:
    with store.reading() as session:
        return students.by_ids(session, numbers)


def _counts(done: Synchronised) -> dict[str, int]:
    return {name: count for name, count in figures(done).items() if count}


def test_what_is_there_comes_in_and_a_second_time_changes_nothing(
    store: Store, people: Connection, source: Source
) -> None:
    assert _counts(synchronise(store, source, today=TODAY)) == {"added": 60}
    assert _counts(synchronise(store, source, today=TODAY)) == {"unchanged": 60}
    (one,) = _known(store, "21000007")
    assert one == Student(
        "21000007", "Robin7", "Fen", email="s21000007@student.herts.example", date_of_birth=date(2004, 5, 11)
    )
    with store.reading() as session:
        assert audit.verify(session).ok


def test_a_change_a_leaver_and_a_return(store: Store, people: Connection, source: Source) -> None:
    synchronise(store, source, today=TODAY)
    _do(people, "UPDATE people SET surname = 'Fenn' WHERE sid = 21000001")
    _do(people, "DELETE FROM people WHERE sid = 21000002")
    assert _counts(synchronise(store, source, today=TODAY)) == {"updated": 1, "unchanged": 58, "left": 1}
    changed, left = sorted(_known(store, "21000001", "21000002"), key=lambda one: one.student_id)
    assert (changed.last_name, left.left_on) == ("Fenn", TODAY)
    _add(people, 21000002, "Robin2", "Fen")
    assert _counts(synchronise(store, source, today=TODAY)) == {"updated": 1, "unchanged": 59, "returned": 1}
    assert _known(store, "21000002")[0].left_on is None


def test_an_empty_answer_or_a_large_change_changes_nothing_and_says_how_much(
    store: Store, people: Connection, source: Source
) -> None:
    synchronise(store, source, today=TODAY)
    _do(people, "DELETE FROM people WHERE sid >= 21000050")
    with pytest.raises(SourceRefused, match=r"10 of 60 students would change .*10 left.*--allow-large"):
        synchronise(store, source, today=TODAY)
    assert _known(store, "21000055")[0].left_on is None
    assert _counts(synchronise(store, source, allow_large=True, today=TODAY)) == {"unchanged": 50, "left": 10}
    _do(people, "DELETE FROM people")
    with pytest.raises(SourceRefused, match="50 of 60"):
        synchronise(store, source, today=TODAY)


def test_a_row_that_cannot_be_taken_is_named_and_is_no_leaver(store: Store, people: Connection, source: Source) -> None:
    synchronise(store, source, today=TODAY)
    _do(people, "UPDATE people SET surname = '' WHERE sid = 21000003")
    _add(people, 21000004, "Twice", "Fen")
    done = synchronise(store, source, today=TODAY)
    assert [one.reason for one in done.rejected] == [
        "last_name is empty",
        "student_id 21000004 stands twice in the source",
    ]
    assert done.left == 0
    assert _known(store, "21000003")[0].left_on is None


def test_a_doubled_record_goes_on_under_one_number_and_so_does_its_withdrawal(
    store: Store, people: Connection, source: Source
) -> None:
    synchronise(store, source, today=TODAY)
    moment = datetime(2026, 11, 1, tzinfo=UTC)
    with store.writing() as session:
        moments = {"received_at": moment, "effective_at": moment, "recorded_at": moment}
        rows = [
            {"student_id": "21000008", "purpose": purpose, "event": event, "actor": "service", **moments}
            for purpose, event in (("statistics", "withdrawn"), ("contact", "held"))
        ]
        consent.append(session, rows)
    _do(people, "UPDATE people SET merged_into = 21000009 WHERE sid = 21000008")
    assert _counts(synchronise(store, source, today=TODAY)) == {"unchanged": 60, "merged": 1}
    assert _counts(synchronise(store, source, today=TODAY)) == {"unchanged": 60}
    with store.reading() as session:
        assert consent.purposes_standing(session, "21000009", Standing.WITHDRAWN) == {Purpose.STATISTICS}
        assert consent.purposes_standing(session, "21000009", Standing.RESTRICTED) == {Purpose.CONTACT}
        letter = parse(
            b"From: Robin9 Fen <s21000009@student.herts.example>\r\n\r\nStop sharing my data.\r\n\r\n21000009\r\n"
        )
        assert match(session, letter).student_id == "21000009"
        old = parse(b"From: s21000008@student.herts.example\r\n\r\nStop sharing my data.\r\n")
        assert "21000008" not in {one.student_id for one in match(session, old).candidates}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"url": ""}, "students.url and students.query are not configured"),
        ({"query": "SELECT sid, forename AS first_name FROM people"}, r"column last_name \(last_name\) is missing"),
        ({"columns": {"student_id": "SID", "course": "PROGRAMME"}}, "column PROGRAMME .* is missing"),
        ({"query": "SELECT * FROM nowhere WHERE secret = 'x'"}, r"cannot be read \(OperationalError\)$"),
        ({"url": "sqlite:////nowhere/at/all.db"}, r"cannot be read \(OperationalError\)$"),
        ({"url": "oracle+nothing://u:p@h/d"}, "is not a database that can be opened here"),
    ],
)
def test_a_source_that_is_no_source_is_named_without_its_secrets(
    store: Store, people: Connection, source: Source, changes: dict[str, object], reason: str
) -> None:
    wrong = Source.model_validate({**source.model_dump(), **changes})
    with pytest.raises((CallRefused, SourceRefused), match=reason) as refused:
        synchronise(store, wrong, today=TODAY)
    assert "u:p" not in str(refused.value)
    assert "secret" not in str(refused.value)
