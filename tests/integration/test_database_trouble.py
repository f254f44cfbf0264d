"""A database that is full, read-only or away: a clear alarm, nothing lost, and it goes on by itself when it can."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import event

from intake.errors import DatabaseUnavailable
from intake.reconcile import reconcile
from intake.rounds import Round, Rounds
from intake.sealing import Vault
from intake.store import Store, arrivals, audit, consent, deliveries, open_store, students
from intake.store.students import Student
from tests.integration.conftest import mailbox_settings, smtp_settings
from tests.integration.house import WITHDRAWAL, letter, rounds
from tests.support.dovecot import Dovecot
from tests.support.postgresql import Cluster, postgresql_programs
from tests.support.sink import SmtpSink

pytestmark = pytest.mark.dovecot
COUNT = 12
_WORDS = WITHDRAWAL.replace("Amina Okafor\n23529452\n", "")


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    """A SQLite database with a register."""
    opened = open_store(f"sqlite:///{tmp_path}/test.db", create=True)
    _register(opened)
    yield opened
    opened.close()


def _register(store: Store) -> None:
    people = [Student(str(n), f"Robin{n}", f"Fen{n}", None, f"s{n}@student.herts.example") for n in range(COUNT)]
    with store.writing() as session:
        students.add(session, people, datetime.now(UTC))
        students.note_size(session, datetime.now(UTC))


def _delivered(dovecot: Dovecot) -> None:
    for number in range(COUNT):
        dovecot.deliver(letter(_WORDS, number=number, sender=f"s{number}@student.herts.example"))


def _every_letter_once(store: Store, dovecot: Dovecot, sink: SmtpSink) -> None:
    with store.reading() as session:
        assert Counter(one.state.value for one in arrivals.every(session)) == {"processed": COUNT}
        for number in range(COUNT):
            events = [one.purpose for one in consent.history(session, str(number))]
            assert events
            assert len(events) == len(set(events))
        states = Counter(one.state.value for one in deliveries.every(session))
        assert audit.verify(session).ok
    assert states == {"sent": COUNT}
    assert len({one.rcpt_tos for one in sink.received}) == len(sink.received) == COUNT
    found = reconcile(store, mailbox_settings(dovecot.imap), datetime.now(UTC))
    assert (found.on_server, found.accounted_for) == (COUNT, COUNT)


def _alarmed(done: Round, words: str) -> None:
    assert [type(one) for one in done.troubles] == [DatabaseUnavailable]
    assert words in str(done.troubles[0])


@pytest.mark.parametrize("pages", [1, 8, 16])
def test_a_full_disk_is_told_and_when_there_is_room_again_everything_goes_on(
    sqlite_store: Store, vault: Vault, dovecot: Dovecot, sink: SmtpSink, pages: int
) -> None:
    _delivered(dovecot)
    service = rounds(sqlite_store, vault, mailbox_settings(dovecot.imap, batch_messages=3), smtp_settings(sink.port))
    limit = _on_each_connection(sqlite_store, lambda size: f"PRAGMA max_page_count = {size + pages}")
    for _ in range(3):
        _alarmed(service.make(), "full")
    _as_before(sqlite_store, limit)
    assert not service.make().troubles
    _every_letter_once(sqlite_store, dovecot, sink)


@pytest.mark.parametrize("after", [0, 1])
def test_a_database_that_cannot_be_written_is_told_and_nothing_is_done_without_it(
    sqlite_store: Store, vault: Vault, dovecot: Dovecot, sink: SmtpSink, after: int
) -> None:
    service = rounds(sqlite_store, vault, mailbox_settings(dovecot.imap), smtp_settings(sink.port))
    if after:
        service.make()
    _delivered(dovecot)
    limit = _on_each_connection(sqlite_store, lambda _size: "PRAGMA query_only = ON")
    _alarmed(service.make(), "readonly")
    _alarmed(service.send(), "readonly")
    assert len(dovecot.messages()) == COUNT
    assert sink.received == []
    _as_before(sqlite_store, limit)
    assert not service.make().troubles
    _every_letter_once(sqlite_store, dovecot, sink)


def _on_each_connection(store: Store, pragma: Callable[[int], str]) -> Callable[..., None]:
    """Let a PRAGMA hold on every new connection; `pragma` is given the database's size in pages."""
    with store.reading() as session:
        size = session.connection().exec_driver_sql("PRAGMA page_count").scalar_one()

    def limit(connection: Any, _record: Any) -> None:
        connection.execute(pragma(size))

    event.listen(store.engine, "connect", limit)
    store.engine.dispose()
    return limit


def _as_before(store: Store, limit: Callable[..., None]) -> None:
    event.remove(store.engine, "connect", limit)
    store.engine.dispose()


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL server of this test's own."""
    programs = postgresql_programs()
    if programs is None:
        pytest.skip("PostgreSQL's server programs are not installed (apt-get install postgresql)")
    with Cluster(programs) as server:
        yield server


@pytest.mark.postgresql
@pytest.mark.parametrize("stage", ["before", "while receiving", "while working", "while sending"])
def test_a_database_server_that_stops_anywhere_is_told_and_gone_on_with_when_it_is_back(
    cluster: Cluster, vault: Vault, dovecot: Dovecot, sink: SmtpSink, stage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with psycopg.connect(f"{cluster.connection} dbname=postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE test")
    store = open_store(f"postgresql+psycopg://postgres@/test?host={cluster.folder}", create=True)
    _register(store)
    _delivered(dovecot)
    service = rounds(store, vault, mailbox_settings(dovecot.imap, batch_messages=4), smtp_settings(sink.port))
    done = _stopped_at(stage, cluster, service, monkeypatch)
    assert [type(one) for one in done.troubles] == [DatabaseUnavailable]
    assert [type(one) for one in service.make().troubles] == [DatabaseUnavailable]
    cluster.start()
    assert not service.make().troubles
    if stage == "while sending":
        # The server took the message, and its fate could not be written down: shown as uncertain, not sent again.
        with store.reading() as session:
            states = Counter(one.state.value for one in deliveries.every(session))
        assert states == {"sent": COUNT - 1, "uncertain": 1}
        assert len({one.rcpt_tos for one in sink.received}) == len(sink.received) == COUNT
    else:
        _every_letter_once(store, dovecot, sink)
    store.close()


def _stopped_at(stage: str, cluster: Cluster, service: Rounds, monkeypatch: pytest.MonkeyPatch) -> Round:
    """Stop the server at a stage of a round; give the round."""
    places = {
        "while receiving": ("intake.receive.arrivals.advance", 1),
        "while working": ("intake.record.audit.append", 5),
        "while sending": ("intake.outbox.send_text", 3),
    }
    if stage == "before":
        cluster.stop()
        return service.make()
    import importlib

    place, number = places[stage]
    module_name, _, name = place.rpartition(".")
    owner: Any = importlib.import_module(".".join(module_name.split(".")[:2]))
    for part in module_name.split(".")[2:]:
        owner = getattr(owner, part)
    original, calls = getattr(owner, name), Counter[str]()

    def stopping(*arguments: Any, **named: Any) -> Any:
        calls["times"] += 1
        if stage == "while sending":
            done = original(*arguments, **named)
        if calls["times"] == number:
            cluster.stop()
        return done if stage == "while sending" else original(*arguments, **named)

    monkeypatch.setattr(owner, name, stopping)
    done = service.make()
    monkeypatch.undo()
    return done
