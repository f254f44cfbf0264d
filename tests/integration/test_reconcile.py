"""Reconciling a real Dovecot with both databases: every message is found, or is named by its place."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete

from intake.reconcile import Reconciliation, Why, reconcile, watch
from intake.sealing import Vault
from intake.store import Store, arrivals, facts
from intake.store.schema import arrivals as arrivals_table
from intake.vocabulary import ArrivalState
from tests.integration.conftest import mailbox_settings, smtp_settings
from tests.integration.house import ORDINARY, QUESTION, WITHDRAWAL, letter, register, rounds
from tests.support.dovecot import Dovecot
from tests.support.sink import SmtpSink

pytestmark = pytest.mark.dovecot


def compared(store: Store, dovecot: Dovecot, **changes: object) -> Reconciliation:
    return reconcile(store, mailbox_settings(dovecot.imap, **changes), datetime.now(UTC))


def worked(store: Store, vault: Vault, dovecot: Dovecot, sink: SmtpSink, **changes: object) -> None:
    rounds(store, vault, mailbox_settings(dovecot.imap, **changes), smtp_settings(sink.port)).make()


def test_every_message_is_found_wherever_it_lies_and_nothing_on_the_server_changes(
    store: Store, vault: Vault, dovecot: Dovecot, sink: SmtpSink
) -> None:
    register(store)
    for number, body in enumerate((WITHDRAWAL, ORDINARY, QUESTION, ORDINARY)):
        dovecot.deliver(letter(body, number=number))
    worked(store, vault, dovecot, sink)
    before = dovecot.messages(), dovecot.messages("Handled")
    assert before[0]
    assert before[1]
    for _ in range(2):
        found = compared(store, dovecot)
        assert (found.on_server, found.accounted_for, found.unaccounted) == (4, 4, ())
        assert found.folders == {"INBOX": len(before[0]), "Handled": len(before[1])}
    assert (dovecot.messages(), dovecot.messages("Handled")) == before


def test_mail_that_no_poll_has_seen_is_named_and_raises_no_alarm(
    store: Store, vault: Vault, dovecot: Dovecot, sink: SmtpSink
) -> None:
    register(store)
    dovecot.deliver(letter(ORDINARY, number=1))
    worked(store, vault, dovecot, sink)
    dovecot.deliver(letter(ORDINARY, number=2))
    found = watch(store, mailbox_settings(dovecot.imap), datetime.now(UTC))
    assert found is not None
    assert (found.on_server, found.accounted_for) == (2, 1)
    assert found is not None
    (one,) = found.unaccounted
    assert (one.folder, one.uid, one.why) == ("INBOX", 2, Why.NOT_TAKEN_IN_YET)
    with store.reading() as session:
        assert facts.get(session, "unaccounted") is None


def test_a_new_uidvalidity_is_unaccounted_until_it_is_polled(
    store: Store, vault: Vault, dovecot: Dovecot, sink: SmtpSink
) -> None:
    register(store)
    dovecot.deliver(letter(ORDINARY, number=1))
    worked(store, vault, dovecot, sink)
    dovecot.change_uidvalidity()
    assert [one.why for one in compared(store, dovecot).unaccounted] == [Why.NOT_TAKEN_IN_YET]
    worked(store, vault, dovecot, sink)
    assert compared(store, dovecot).unaccounted == ()


def test_what_was_put_into_the_handled_folder_unread_is_named_and_alarmed_once(
    store: Store, vault: Vault, dovecot: Dovecot, sink: SmtpSink, capsys: pytest.CaptureFixture[str]
) -> None:
    register(store)
    dovecot.deliver(letter(WITHDRAWAL, number=1))
    worked(store, vault, dovecot, sink)
    with dovecot.client() as client:
        client.append("Handled", letter(QUESTION, number=2))
    configuration = mailbox_settings(dovecot.imap)
    capsys.readouterr()
    for _ in range(2):
        found = watch(store, configuration, datetime.now(UTC))
        assert found is not None
        assert [(one.folder, one.why) for one in found.unaccounted] == [("Handled", Why.NOT_IN_THE_LEDGER)]
    assert capsys.readouterr().out.count("messages unaccounted for") == 1
    with dovecot.client() as client:
        client.select_folder("Handled")
        client.delete_messages(client.search(["ALL"])[-1:])
        client.uid_expunge(client.search(["ALL"])[-1:])
    found = watch(store, configuration, datetime.now(UTC))
    assert found is not None
    assert (found.on_server, found.unaccounted) == (1, ())
    assert "accounted for again" in capsys.readouterr().out


def test_what_the_ledger_lost_is_alarmed_taken_in_again_by_the_next_poll_and_then_accounted_for(
    store: Store, vault: Vault, dovecot: Dovecot, sink: SmtpSink, capsys: pytest.CaptureFixture[str]
) -> None:
    register(store)
    for number in range(1, 4):
        dovecot.deliver(letter(ORDINARY, number=number))
    worked(store, vault, dovecot, sink, start="now")
    for number in range(4, 7):
        dovecot.deliver(letter(ORDINARY, number=number))
    worked(store, vault, dovecot, sink, start="now")
    with store.writing() as session:
        session.execute(delete(arrivals_table).where(arrivals_table.c.uid == 5))
    configuration = mailbox_settings(dovecot.imap, start="now")
    found = watch(store, configuration, datetime.now(UTC))
    assert found is not None
    assert [(one.uid, one.why) for one in found.unaccounted] == [(5, Why.NOT_IN_THE_LEDGER)]
    worked(store, vault, dovecot, sink, start="now")
    again = watch(store, configuration, datetime.now(UTC))
    assert again is not None
    assert (again.on_server, again.accounted_for) == (6, 6)
    assert capsys.readouterr().out.count("messages unaccounted for") == 1
    with store.reading() as session:
        assert arrivals.counts(session) == {ArrivalState.NOTED: 3, ArrivalState.PROCESSED: 3}


def test_a_comparison_that_is_stopped_alarms_nobody(
    store: Store, vault: Vault, dovecot: Dovecot, sink: SmtpSink
) -> None:
    dovecot.deliver(letter(ORDINARY, number=1))
    worked(store, vault, dovecot, sink)
    with store.writing() as session:
        session.execute(delete(arrivals_table))
    assert watch(store, mailbox_settings(dovecot.imap), datetime.now(UTC), going=lambda: False) is None
    with store.reading() as session:
        assert facts.get(session, "unaccounted") is None


@pytest.mark.parametrize("start", ["now", "all"])
def test_what_lay_in_the_handled_folder_before_the_start_is_noted(
    store: Store, vault: Vault, dovecot: Dovecot, sink: SmtpSink, start: str
) -> None:
    with dovecot.client() as client:
        client.create_folder("Handled")
        client.append("Handled", letter(ORDINARY, number=1), msg_time=datetime.now(UTC) - timedelta(days=9))
    worked(store, vault, dovecot, sink, start=start)
    for _ in range(2):
        found = compared(store, dovecot, start=start)
        assert (found.on_server, found.accounted_for) == (1, 1)
    with store.reading() as session:
        assert arrivals.counts(session) == {ArrivalState.NOTED: 1}


def test_a_message_without_bytes_is_known_by_size_and_date_where_it_was_moved_to(
    store: Store, vault: Vault, dovecot: Dovecot, sink: SmtpSink
) -> None:
    dovecot.deliver(letter(ORDINARY, number=1))
    worked(store, vault, dovecot, sink, start="now")
    with dovecot.client() as client:
        client.create_folder("Handled")
        client.select_folder("INBOX")
        client.move([1], "Handled")
    found = compared(store, dovecot, start="now")
    assert (found.folders, found.unaccounted) == ({"INBOX": 0, "Handled": 1}, ())
    with store.reading() as session:
        assert arrivals.counts(session) == {ArrivalState.NOTED: 1}


def test_before_the_first_poll_nothing_is_accounted_for(store: Store, dovecot: Dovecot) -> None:
    dovecot.deliver(letter(ORDINARY))
    found = compared(store, dovecot)
    assert (found.on_server, found.accounted_for) == (1, 0)
