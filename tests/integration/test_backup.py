"""Backing up while the service runs; and a restored old database meets a newer mailbox: nobody is answered twice."""

import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url, text, update

from intake.backup import backup
from intake.errors import CallRefused, DatabaseUnavailable
from intake.reconcile import reconcile
from intake.restoring import mark
from intake.sealing import Vault
from intake.store import Store, arrivals, audit, cases, consent, deliveries, facts, open_store
from intake.store.facts import COPIED
from intake.store.schema import mailboxes
from intake.vocabulary import CaseState, DeliveryState, Reason, ReplyTemplate
from tests.integration.conftest import mailbox_settings, smtp_settings
from tests.integration.house import ORDINARY, URGENT, WITHDRAWAL, letter, register, rounds
from tests.support.dovecot import Dovecot
from tests.support.sink import Rule, SmtpSink

BEN = "bw21abc@student.herts.example"


@pytest.fixture
def copied(database_url: str, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Copy the database as an operator would; gives the copy's URL."""
    made: list[str] = []

    def copy() -> str:
        if database_url.startswith("sqlite"):
            assert backup(database_url, tmp_path / "copy.db", datetime.now(UTC)) > 0
            return f"sqlite:///{tmp_path}/copy.db"
        location = make_url(database_url)
        # What pg_dump and pg_restore come to: the same rows in another database, which does not know that it is a copy.
        _postgresql(database_url, f"CREATE DATABASE {location.database}_copy TEMPLATE {location.database}")
        made.append(f"{location.database}_copy")
        url = location.set(database=made[-1]).render_as_string(hide_password=False)
        restored = open_store(url)
        with restored.writing() as session:
            mark(session, datetime.now(UTC))
        restored.close()
        return url

    yield copy
    for name in made:
        _postgresql(database_url, f"DROP DATABASE {name} WITH (FORCE)")


def _postgresql(url: str, statement: str) -> None:
    location = make_url(url)
    host = f"host={location.query['host']} user={location.username} dbname=postgres"
    with psycopg.connect(host, autocommit=True) as connection:
        connection.execute(statement.encode())


def test_a_copy_made_in_the_middle_of_writing_is_whole_and_says_that_it_is_a_copy(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/live.db"
    live = open_store(url, create=True)
    stop, started = threading.Event(), threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            with live.writing() as session:
                audit.append(session, datetime.now(UTC), "service", "test", str(number), padding="x" * 2000)
            number += 1
            started.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert started.wait(20)
        sizes = [backup(url, tmp_path / "copy.db", datetime.now(UTC)) for _ in range(5)]
    finally:
        stop.set()
        writer.join()
    assert sizes == sorted(sizes)
    assert (tmp_path / "copy.db").stat().st_mode & 0o077 == 0
    assert sorted(one.name for one in tmp_path.iterdir() if "copy" in one.name) == ["copy.db"]
    copy = open_store(f"sqlite:///{tmp_path}/copy.db")
    with copy.reading() as session, live.reading() as live_session:
        found = audit.verify(session)
        assert found.ok
        assert 0 < found.entries <= audit.verify(live_session).entries
        assert facts.get(session, COPIED) is not None
        assert facts.get(live_session, COPIED) is None
    copy.close()
    live.close()


def test_what_cannot_be_copied_leaves_the_older_copy_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_bytes(b"older")
    (tmp_path / "broken.db").write_bytes(b"no database at all" * 1000)
    for name in ("missing.db", "broken.db"):
        with pytest.raises(DatabaseUnavailable):
            backup(f"sqlite:///{tmp_path}/{name}", tmp_path / "copy.db", datetime.now(UTC))
    with pytest.raises(CallRefused, match="itself"):
        backup(f"sqlite:///{tmp_path}/broken.db", tmp_path / "broken.db", datetime.now(UTC))
    with pytest.raises(CallRefused, match="pg_dump"):
        backup("postgresql+psycopg://x@/y", tmp_path / "copy.db", datetime.now(UTC))
    assert (tmp_path / "copy.db").read_bytes() == b"older"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["broken.db", "copy.db"]


def test_a_damaged_database_is_not_copied_over_a_good_copy(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/live.db"
    live = open_store(url, create=True)
    with live.writing() as session:
        for number in range(300):
            audit.append(session, datetime.now(UTC), "service", "test", str(number), padding="x" * 500)
    live.close()
    backup(url, tmp_path / "copy.db", datetime.now(UTC))
    good = (tmp_path / "copy.db").read_bytes()
    damaged = bytearray((tmp_path / "live.db").read_bytes())
    damaged[len(damaged) // 2 : len(damaged) // 2 + 8192] = b"\xff" * 8192
    (tmp_path / "live.db").write_bytes(damaged)
    with pytest.raises(DatabaseUnavailable):
        backup(url, tmp_path / "copy.db", datetime.now(UTC))
    assert (tmp_path / "copy.db").read_bytes() == good


@pytest.mark.dovecot
def test_a_restored_database_takes_in_what_it_missed_and_answers_nobody_twice(
    store: Store, vault: Vault, dovecot: Dovecot, sink: SmtpSink, copied: Callable[[], str]
) -> None:
    register(store)
    work = (mailbox_settings(dovecot.imap), smtp_settings(sink.port))
    dovecot.deliver(letter(WITHDRAWAL, number=1))
    rounds(store, vault, *work).make()
    store.close()
    url = copied()
    # The life that is lost: a withdrawal answered, an urgent letter alerted, one letter that stays.
    ben = WITHDRAWAL.replace("Amina Okafor\n23529452\n", "Ben\n")
    for content in (letter(ben, number=2, sender=BEN), letter(URGENT, number=3), letter(ORDINARY)):
        dovecot.deliver(content)
    rounds(store, vault, *work).make()
    lost = {str(one.message["Message-ID"]) for one in sink.received}
    assert [one.rcpt_tos[0] for one in sink.received].count(BEN) == 1
    before = len(sink.received)

    restored = open_store(url)
    life = rounds(restored, vault, *work)
    for _ in range(3):
        assert not life.make().troubles
    assert {one.rcpt_tos for one in sink.received[before:]} == {("duty@herts.example",)}
    with restored.reading() as session:
        assert Counter(one.state.value for one in arrivals.every(session)) == {"processed": 4}
        withdrawn = [one for one in consent.history(session, "21884410") if one.event.value == "withdrawn"]
        assert withdrawn
        assert len({one.purpose for one in withdrawn}) == len(withdrawn)
        (again,) = [one for one in deliveries.every(session) if one.verdict == "restored"]
        assert (again.state, again.message_id in lost) == (DeliveryState.WITHHELD, True)
        (case,) = [one for one in cases.every(session) if one.student_id == "21884410"]
        assert case.state is CaseState.OPEN
        assert Reason.RESTORED.value in case.reasons
        assert audit.verify(session).ok
    found = reconcile(restored, work[0], datetime.now(UTC))
    assert (found.on_server, found.accounted_for) == (4, 4)

    # Life goes on: what comes after the restore is answered.
    with dovecot.client() as client:
        client.append("INBOX", letter(ben, number=7, sender=BEN), msg_time=datetime.now(UTC) + timedelta(minutes=5))
    life.make()
    assert sink.received[-1].rcpt_tos == (BEN,)
    restored.close()


@pytest.mark.dovecot
def test_a_copy_of_last_night_takes_in_what_came_in_the_hours_since(
    store: Store, vault: Vault, dovecot: Dovecot, sink: SmtpSink, copied: Callable[[], str]
) -> None:
    register(store)
    work = (mailbox_settings(dovecot.imap), smtp_settings(sink.port))
    night = datetime.now(UTC) - timedelta(hours=9)
    with dovecot.client() as client:
        client.append("INBOX", letter(ORDINARY, number=1), msg_time=night - timedelta(hours=1))
    rounds(store, vault, *work).make()
    store.close()
    restored = open_store(copied())
    with restored.writing() as session:
        session.execute(update(mailboxes).values(polled_at=night))
    with dovecot.client() as client:
        # One before the service began to watch, one of the lost life.
        client.create_folder("Handled")
        client.append("Handled", letter(ORDINARY, number=2), msg_time=night - timedelta(hours=2))
        client.append("Handled", letter(WITHDRAWAL, number=3), msg_time=night + timedelta(hours=4))
    done = rounds(restored, vault, *work).make()
    assert dict(done.dispositions) == {"apply": 1}
    assert sink.received == []
    with restored.reading() as session:
        assert [one.verdict for one in deliveries.every(session)] == ["restored"]
        assert consent.history(session, "23529452")
    restored.close()


@pytest.mark.dovecot
def test_a_reply_that_waited_in_the_copy_is_not_sent_again_but_an_alert_is(
    store: Store, vault: Vault, dovecot: Dovecot, sink: SmtpSink, copied: Callable[[], str]
) -> None:
    register(store)
    work = (mailbox_settings(dovecot.imap), smtp_settings(sink.port))
    dovecot.deliver(letter(WITHDRAWAL, number=1))
    dovecot.deliver(letter(URGENT, number=2, sender=BEN))
    sink.rules += [Rule("mail", "451 4.3.0 later", times=2)]
    rounds(store, vault, *work).make()
    store.close()
    restored = open_store(copied())
    with restored.writing() as session:
        session.execute(text("UPDATE deliveries SET next_attempt_at = NULL"))
    done = rounds(restored, vault, *work).send()
    assert done.counts["sent"] == 1
    with restored.reading() as session:
        states = {one.template: (one.state, one.trouble) for one in deliveries.every(session)}
    assert states == {
        ReplyTemplate.WITHDRAWAL_ACKNOWLEDGED.value: (DeliveryState.UNCERTAIN, "restored"),
        ReplyTemplate.DUTY_ALERT.value: (DeliveryState.SENT, None),
    }
    assert [one.rcpt_tos for one in sink.received] == [("duty@herts.example",)]
    restored.close()


@pytest.mark.dovecot
def test_a_restore_during_which_the_mailbox_is_away_is_finished_later(
    store: Store, vault: Vault, dovecot: Dovecot, sink: SmtpSink, copied: Callable[[], str]
) -> None:
    register(store)
    work = (mailbox_settings(dovecot.imap), smtp_settings(sink.port))
    rounds(store, vault, *work).make()
    store.close()
    url = copied()
    dovecot.deliver(letter(WITHDRAWAL, number=1))
    rounds(store, vault, *work).make()
    restored = open_store(url)
    dovecot.stop()
    life = rounds(restored, vault, *work)
    assert life.make().troubles
    dovecot.start()
    assert life.make().counts["processed"] == 1
    assert len(sink.received) == 1
    restored.close()


def test_a_copy_opens_with_plain_sqlite_and_needs_no_other_file(tmp_path: Path) -> None:
    live = open_store(f"sqlite:///{tmp_path}/live.db", create=True)
    backup(f"sqlite:///{tmp_path}/live.db", tmp_path / "copy.db", datetime.now(UTC))
    live.close()
    connection = sqlite3.connect(tmp_path / "copy.db")
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert connection.execute("SELECT count(*) FROM arrivals").fetchone() == (0,)
    connection.close()


@pytest.mark.dovecot
def test_a_reply_of_the_lost_life_that_lies_in_the_sent_folder_is_shown_as_sent(
    store: Store, vault: Vault, dovecot: Dovecot, sink: SmtpSink, copied: Callable[[], str]
) -> None:
    register(store)
    work = (mailbox_settings(dovecot.imap, sent_folder="Sent"), smtp_settings(sink.port))
    rounds(store, vault, *work).make()
    store.close()
    url = copied()
    ben = WITHDRAWAL.replace("Amina Okafor\n23529452\n", "Ben\n")
    dovecot.deliver(letter(WITHDRAWAL, number=1))
    dovecot.deliver(letter(ben, number=2, sender=BEN))
    rounds(store, vault, *work).make()
    with dovecot.client() as client:
        client.create_folder("Sent")
        client.append("Sent", next(one.content for one in sink.received if one.rcpt_tos == (BEN,)))
    restored = open_store(url)
    for _ in range(2):
        rounds(restored, vault, *work).make()
    with restored.reading() as session:
        rows = {one.verdict + ":" + str(one.trouble): one.state for one in deliveries.every(session)}
    assert rows == {
        "restored:found_in_sent_folder": DeliveryState.SENT,
        "restored:not_in_sent_folder": DeliveryState.WITHHELD,
    }
    assert len(sink.received) == 2
    restored.close()
