"""Receiving from a real Dovecot into both databases: every message once, whatever happens in between."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from intake.errors import MailboxUnavailable
from intake.mailbox import open_mailbox
from intake.receive import Received, receive
from intake.sealing import Vault
from intake.store import Store, arrivals
from intake.vocabulary import ArrivalState
from tests.integration.conftest import mailbox_settings, smtp_settings, whole_settings
from tests.integration.test_mailbox import letter
from tests.support.dovecot import Dovecot
from tests.support.faults import Fault, FaultProxy, Mode

pytestmark = pytest.mark.dovecot


def received(store: Store, vault: Vault, port: int, *, now: datetime | None = None, **changes: object) -> Received:
    configuration = mailbox_settings(port, **changes)
    settings = whole_settings(configuration, smtp_settings(25), Path("/nowhere"))
    total = Received()
    with open_mailbox(configuration, read_only=True) as mailbox:
        for one in receive(store, vault, mailbox, settings, now or datetime.now(UTC)):
            total = Received(total.fetched + one.fetched, total.noted + one.noted, total.seen_before + one.seen_before)
    return total


def states(store: Store) -> dict[ArrivalState, int]:
    with store.reading() as session:
        return arrivals.counts(session)


def test_each_message_is_received_once_and_its_bytes_are_sealed(store: Store, vault: Vault, dovecot: Dovecot) -> None:
    for number in range(5):
        dovecot.deliver(letter(number))
    assert received(store, vault, dovecot.imap) == Received(fetched=5)
    assert received(store, vault, dovecot.imap) == Received()
    with store.reading() as session:
        found = list(arrivals.every(session))
        contents = []
        for one in found:
            assert one.wrapped_key is not None
            assert one.content is not None
            assert b"Subject" not in one.content
            contents.append(vault.open_key(one.wrapped_key).open(one.content, f"arrivals/{one.arrival_id}/content"))
    assert sorted(contents) == [letter(number) for number in range(5)]


def test_what_was_there_before_the_start_is_only_noted(store: Store, vault: Vault, dovecot: Dovecot) -> None:
    dovecot.deliver(letter(1))
    assert received(store, vault, dovecot.imap, start="now") == Received(noted=1)
    dovecot.deliver(letter(2))
    assert received(store, vault, dovecot.imap, start="now") == Received(fetched=1)
    assert states(store) == {ArrivalState.NOTED: 1, ArrivalState.RECEIVED: 1}


def test_a_start_date_leaves_out_what_is_older(store: Store, vault: Vault, dovecot: Dovecot) -> None:
    with dovecot.client() as client:
        client.append("INBOX", letter(1), msg_time=datetime(2026, 1, 5, 12, tzinfo=UTC))
        client.append("INBOX", letter(2), msg_time=datetime(2026, 3, 5, 12, tzinfo=UTC))
    assert received(store, vault, dovecot.imap, start="2026-02-01") == Received(fetched=1, noted=1)


def test_the_same_bytes_twice_add_a_sighting_not_an_arrival(store: Store, vault: Vault, dovecot: Dovecot) -> None:
    dovecot.deliver(letter(1))
    dovecot.deliver(letter(1))
    assert received(store, vault, dovecot.imap) == Received(fetched=1, seen_before=1)
    dovecot.deliver(letter(1))
    with store.reading() as session:
        (row,) = arrivals.every(session)
        places = arrivals.known_uids(session, row.mailbox_id, row.uidvalidity, [1, 2])
    assert places == {1, 2}
    assert received(store, vault, dovecot.imap) == Received(seen_before=1)
    assert received(store, vault, dovecot.imap) == Received()


def test_a_new_uidvalidity_is_recognised_and_nothing_is_worked_again(
    store: Store, vault: Vault, dovecot: Dovecot
) -> None:
    with dovecot.client() as client:
        client.append("INBOX", letter(1), msg_time=datetime.now(UTC) - timedelta(days=3))
    assert received(store, vault, dovecot.imap, start="now") == Received(noted=1)
    dovecot.deliver(letter(2))
    dovecot.deliver(letter(3))
    assert received(store, vault, dovecot.imap, start="now") == Received(fetched=2)
    dovecot.change_uidvalidity()
    # What was worked is known by its bytes; what was only noted has none kept, and is known by its age.
    assert received(store, vault, dovecot.imap, start="now") == Received(noted=1, seen_before=2)
    assert received(store, vault, dovecot.imap, start="now") == Received()
    dovecot.deliver(letter(4))
    assert received(store, vault, dovecot.imap, start="now") == Received(fetched=1)
    assert states(store) == {ArrivalState.NOTED: 2, ArrivalState.RECEIVED: 3}


def test_a_connection_cut_in_the_middle_loses_and_doubles_nothing(
    store: Store, vault: Vault, dovecot: Dovecot, proxy: FaultProxy
) -> None:
    for number in range(30):
        dovecot.deliver(letter(number, size=5_000))
    proxy.fault = Fault(Mode.CUT_SERVER, match=r"BODY\[\]", skip=60_000, times=1)
    with pytest.raises(MailboxUnavailable):
        received(store, vault, proxy.port, batch_messages=5)
    before = states(store).get(ArrivalState.RECEIVED, 0)
    assert 0 < before < 30
    assert received(store, vault, proxy.port, batch_messages=5).fetched == 30 - before
    assert states(store) == {ArrivalState.RECEIVED: 30}


def test_a_message_that_is_gone_meanwhile_is_passed_over(store: Store, vault: Vault, dovecot: Dovecot) -> None:
    for number in range(3):
        dovecot.deliver(letter(number))
    with dovecot.client() as client:
        client.select_folder("INBOX")
        client.delete_messages([2])
        client.uid_expunge([2])
    assert received(store, vault, dovecot.imap) == Received(fetched=2)
