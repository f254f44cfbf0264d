"""Receiving from a real Dovecot into both databases: every message once, whatever happens in between."""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from intake.errors import LeaseLost, MailboxUnavailable
from intake.mailbox import Listed, Mailbox, open_mailbox
from intake.receive import Fence, Received, receive
from intake.sealing import Vault
from intake.store import Store, arrivals, audit, leases
from intake.store.arrivals import Arrival
from intake.store.schema import audit_entries
from intake.vocabulary import ArrivalState
from tests.integration.conftest import mailbox_settings, smtp_settings, whole_settings
from tests.integration.test_mailbox import letter, refusing
from tests.support.dovecot import Dovecot
from tests.support.faults import Fault, FaultProxy, Mode

pytestmark = pytest.mark.dovecot


def received(
    store: Store, vault: Vault, port: int, *, now: datetime | None = None, fence: Fence | None = None, **changes: object
) -> Received:
    configuration = mailbox_settings(port, **changes)
    settings = whole_settings(configuration, smtp_settings(25), Path("/nowhere"))
    total = Received()
    with open_mailbox(configuration, read_only=True) as mailbox:
        for one in receive(store, vault, mailbox, settings, now or datetime.now(UTC), fence):
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


def test_a_message_that_a_person_moves_away_between_listing_and_fetching_is_no_stand_in(
    store: Store, vault: Vault, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        dovecot.deliver(letter(number))
    listed = Mailbox.listed

    def and_then_a_person_moves_one(self: Mailbox, uids: Sequence[int]) -> list[Listed]:
        found = listed(self, uids)
        with dovecot.client() as client:
            client.create_folder("Elsewhere")
            client.select_folder("INBOX")
            client.move([2], "Elsewhere")
        return found

    monkeypatch.setattr(Mailbox, "listed", and_then_a_person_moves_one)
    received(store, vault, dovecot.imap)
    # The server may still give it to who listed it, or not.
    assert set(forms(store)) == {"whole"}
    monkeypatch.undo()
    assert received(store, vault, dovecot.imap) == Received()
    with store.reading() as session:
        assert {opened(vault, one) for one in arrivals.every(session)} >= {letter(0), letter(2)}


def test_mail_of_a_weeks_outage_is_all_taken_in(store: Store, vault: Vault, dovecot: Dovecot) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    assert received(store, vault, dovecot.imap, start="now", now=now - timedelta(days=7)) == Received()
    with dovecot.client() as client:
        for days in range(7):
            client.append("INBOX", letter(days), msg_time=now - timedelta(days=days))
    assert received(store, vault, dovecot.imap, start="now", now=now) == Received(fetched=7)
    with store.reading() as session:
        assert sorted(one.received_at for one in arrivals.every(session)) == [
            now - timedelta(days=days) for days in reversed(range(7))
        ]


def test_mail_that_came_between_the_last_poll_and_a_new_uidvalidity_is_taken_in(
    store: Store, vault: Vault, dovecot: Dovecot
) -> None:
    dovecot.deliver(letter(1))
    assert received(store, vault, dovecot.imap, start="now") == Received(noted=1)
    dovecot.deliver(letter(2))
    assert received(store, vault, dovecot.imap, start="now") == Received(fetched=1)
    dovecot.deliver(letter(3))
    dovecot.change_uidvalidity()
    again = received(store, vault, dovecot.imap, start="now", now=datetime.now(UTC) + timedelta(minutes=5))
    assert (again.seen_before, again.fetched + again.noted) == (1, 2)
    with store.reading() as session:
        contents = [opened(vault, one) for one in arrivals.every(session, ArrivalState.RECEIVED)]
        assert letter(3) in contents
        (entry,) = session.scalars(
            select(audit_entries.c.detail).where(audit_entries.c.action == "uidvalidity_changed")
        )
        assert audit.verify(session).ok
    assert '"before":' in entry


def test_old_mail_that_a_migration_gave_a_new_date_counts_from_when_it_was_written(
    store: Store, vault: Vault, dovecot: Dovecot
) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    old = b"Date: Mon, 05 Jan 2026 12:00:00 +0000\r\n" + letter(1)
    fresh = f"Date: {format_datetime(now - timedelta(hours=2))}\r\n".encode() + letter(2)
    dovecot.deliver(letter(0))
    assert received(store, vault, dovecot.imap, start="now", now=now - timedelta(days=30)) == Received(noted=1)
    dovecot.change_uidvalidity()
    # The migration copied these: INTERNALDATE is now.
    dovecot.deliver(old)
    dovecot.deliver(fresh)
    received(store, vault, dovecot.imap, start="now", now=now)
    with store.reading() as session:
        moments = {opened(vault, one): one.received_at for one in arrivals.every(session, ArrivalState.RECEIVED)}
    assert moments[old] == datetime(2026, 1, 5, 12, tzinfo=UTC)
    assert moments[fresh] > now - timedelta(hours=1)


def test_a_crash_while_a_new_uidvalidity_is_taken_in_loses_and_doubles_nothing(
    store: Store, vault: Vault, dovecot: Dovecot, proxy: FaultProxy
) -> None:
    for number in range(10):
        dovecot.deliver(letter(number, size=5_000))
    assert received(store, vault, dovecot.imap).fetched == 10
    dovecot.change_uidvalidity()
    dovecot.deliver(letter(10, size=5_000))
    proxy.fault = Fault(Mode.CUT_SERVER, match=r"BODY\[\]", skip=20_000, times=1)
    with pytest.raises(MailboxUnavailable):
        received(store, vault, proxy.port, batch_messages=2)
    done = received(store, vault, proxy.port, batch_messages=2)
    assert done.fetched == 1
    assert states(store) == {ArrivalState.RECEIVED: 11}
    assert received(store, vault, proxy.port) == Received()


def test_a_server_that_was_put_back_gives_uids_anew_and_their_messages_are_taken_in(
    store: Store, vault: Vault, dovecot: Dovecot
) -> None:
    dovecot.deliver(letter(1))
    received(store, vault, dovecot.imap, start="now")
    for number in range(2, 5):
        dovecot.deliver(letter(number))
    assert received(store, vault, dovecot.imap, start="now") == Received(fetched=3)
    dovecot.put_back(3)
    # One is new and one is delivered again: UIDs 3 and 4 were other messages before.
    dovecot.deliver(letter(5))
    later = datetime.now(UTC) + timedelta(minutes=5)
    again = received(store, vault, dovecot.imap, start="now", now=later)
    assert again.seen_before == 1
    dovecot.deliver(letter(3))
    assert received(store, vault, dovecot.imap, start="now", now=later) == Received(seen_before=1)
    assert received(store, vault, dovecot.imap, start="now", now=later) == Received()
    with store.reading() as session:
        contents = [opened(vault, one) for one in arrivals.every(session, ArrivalState.RECEIVED)]
    assert contents.count(letter(5)) == 1
    assert contents.count(letter(3)) == 1


def test_an_awaited_message_of_an_old_uidvalidity_is_for_a_person(
    store: Store, vault: Vault, dovecot: Dovecot, proxy: FaultProxy
) -> None:
    dovecot.deliver(letter(1))
    proxy.fault = Fault(Mode.EDIT, edit=nothing_for(1))
    received(store, vault, proxy.port)
    assert forms(store) == ["awaited"]
    proxy.fault = Fault()
    dovecot.change_uidvalidity()
    received(store, vault, proxy.port)
    assert sorted(forms(store)) == ["placeholder", "whole"]


_STAND_IN = (
    b"From: Microsoft Exchange <x@s.example>\r\nSubject: Retrieval using the IMAP4 protocol failed for the following "
    b'message: 7\r\n\r\nThe server couldn\'t retrieve the following message:\r\n\r\nSubject: "Hello"\r\n'
)


def nothing_for(uid: int) -> Callable[[bytes], bytes]:
    """Let a server answer OK to a FETCH, and give nothing for `uid`, as Exchange does."""

    def edit(said: bytes) -> bytes:
        return _without(said, uid, b"NIL")

    return edit


def stand_in_for(uid: int) -> Callable[[bytes], bytes]:
    """Let a server give its stand-in for `uid`, as Exchange does."""

    def edit(said: bytes) -> bytes:
        return _without(said, uid, b"{%d}\r\n%b" % (len(_STAND_IN), _STAND_IN))

    return edit


def _without(said: bytes, uid: int, instead: bytes) -> bytes:
    found = re.search(rb"UID %d BODY\[\] \{(\d+)\}\r\n" % uid, said)
    if found is None:
        return said
    end = found.end() + int(found[1])
    return said[: found.start()] + b"UID %d BODY[] " % uid + instead + said[end:]


def left_out(uid: int) -> Callable[[bytes], bytes]:
    """Let a server answer OK to a FETCH, and leave `uid` out, though it is there."""

    def edit(said: bytes) -> bytes:
        found = re.search(rb"\* \d+ FETCH \(UID %d BODY\[\] \{(\d+)\}\r\n" % uid, said)
        if found is None:
            return said
        return said[: found.start()] + said[found.end() + int(found[1]) + len(b")\r\n") :]

    return edit


@pytest.mark.parametrize(
    "edit", [nothing_for(2), stand_in_for(2), left_out(2), refusing(2)], ids=lambda one: one.__qualname__
)
def test_a_message_the_server_does_not_give_is_asked_for_again_and_then_worked_like_any_other(
    store: Store, vault: Vault, dovecot: Dovecot, proxy: FaultProxy, edit: Callable[[bytes], bytes]
) -> None:
    now = datetime.now(UTC)
    for number in range(3):
        dovecot.deliver(letter(number))
    proxy.fault = Fault(Mode.EDIT, edit=edit)
    assert received(store, vault, proxy.port, now=now) == Received(fetched=3)
    assert forms(store) == ["whole", "awaited", "whole"]
    assert len(claimable(store, now)) == 2
    # Too soon; then asked again, in vain; then it is given.
    received(store, vault, proxy.port, now=now + timedelta(seconds=10))
    received(store, vault, proxy.port, now=now + timedelta(minutes=2))
    assert forms(store) == ["whole", "awaited", "whole"]
    proxy.fault = Fault()
    received(store, vault, proxy.port, now=now + timedelta(minutes=10))
    assert forms(store) == ["whole", "whole", "whole"]
    with store.reading() as session:
        assert opened(vault, list(arrivals.every(session))[1]) == letter(1)
    assert [one.attempts for one in claimable(store, now + timedelta(minutes=11))] == [1]


@pytest.mark.parametrize("edit", [nothing_for(1), stand_in_for(1)], ids=["nothing", "stand-in"])
def test_a_message_that_is_never_given_is_shown_to_a_person_in_the_end(
    store: Store, vault: Vault, dovecot: Dovecot, proxy: FaultProxy, edit: Callable[[bytes], bytes]
) -> None:
    now = datetime.now(UTC)
    dovecot.deliver(letter(0))
    proxy.fault = Fault(Mode.EDIT, edit=edit)
    passes = 0
    while "placeholder" not in forms(store):
        received(store, vault, proxy.port, now=now + passes * timedelta(minutes=20))
        assert len(claimable(store, now)) == (1 if "placeholder" in forms(store) else 0)
        passes += 1
        assert passes < 10
    assert passes >= 4


def test_a_message_in_which_nothing_was_written_is_no_stand_in(store: Store, vault: Vault, dovecot: Dovecot) -> None:
    dovecot.deliver(b"")
    dovecot.deliver(b"\r\n")
    received(store, vault, dovecot.imap)
    assert "awaited" not in forms(store)
    assert len(claimable(store, datetime.now(UTC))) == 2


def test_a_stand_in_in_a_folder_that_is_watched_no_more_is_worked_after_a_day(
    store: Store, vault: Vault, dovecot: Dovecot, proxy: FaultProxy
) -> None:
    now = datetime.now(UTC)
    dovecot.deliver(letter(0))
    proxy.fault = Fault(Mode.EDIT, edit=nothing_for(1))
    received(store, vault, proxy.port, now=now)
    assert claimable(store, now + timedelta(hours=20)) == []
    assert len(claimable(store, now + timedelta(hours=25))) == 1


def test_two_stand_ins_alike_are_two_messages(store: Store, vault: Vault, dovecot: Dovecot, proxy: FaultProxy) -> None:
    for number in range(2):
        dovecot.deliver(letter(number))
    both = stand_in_for(1), stand_in_for(2)
    proxy.fault = Fault(Mode.EDIT, edit=lambda said: both[0](both[1](said)))
    assert received(store, vault, proxy.port) == Received(fetched=2)
    assert forms(store) == ["awaited", "awaited"]


def test_a_message_of_which_the_connection_dies_holds_the_others_back_no_more_after_three_times(
    store: Store, vault: Vault, dovecot: Dovecot, proxy: FaultProxy
) -> None:
    for number in range(4):
        dovecot.deliver(letter(number))
    dying = Fault(Mode.CUT_SERVER, match=r"UID 2 BODY\[\]", skip=3)
    proxy.fault = dying
    polls = 0
    while len(forms(store)) < 4:
        with suppress(MailboxUnavailable):
            received(store, vault, proxy.port)
        polls += 1
        assert polls < 8
    assert forms(store) == ["whole", "awaited", "whole", "whole"]
    proxy.fault = Fault()
    received(store, vault, proxy.port, now=datetime.now(UTC) + timedelta(hours=1))
    assert forms(store) == ["whole", "whole", "whole", "whole"]


def test_nothing_is_written_once_the_lease_is_lost(store: Store, vault: Vault, dovecot: Dovecot) -> None:
    now, length = datetime.now(UTC), timedelta(minutes=5)
    with store.writing() as session:
        mine = leases.take(session, "mailbox", "elsewhere/1/1", now, length)
        assert mine is not None
        assert leases.take(session, "mailbox", "elsewhere/2/2", now, length) is None
    with store.writing() as session:
        taken_over = leases.take(session, "mailbox", "elsewhere/2/2", now + 2 * length, length)
        assert taken_over is not None
        assert taken_over.fence == mine.fence + 1
    dovecot.deliver(letter(1))
    with pytest.raises(LeaseLost):
        received(store, vault, dovecot.imap, fence=lambda session: leases.renew(session, mine, now))
    assert forms(store) == []
    received(store, vault, dovecot.imap, fence=lambda session: leases.renew(session, taken_over, now))
    assert forms(store) == ["whole"]


def forms(store: Store) -> list[str]:
    with store.reading() as session:
        return [one.form for one in sorted(arrivals.every(session), key=lambda one: one.uid)]


def claimable(store: Store, now: datetime) -> list[Arrival]:
    """Claim all that can be claimed, once each."""
    found: list[Arrival] = []
    with store.writing() as session:
        while (one := arrivals.claim(session, "elsewhere/1/1", now, timedelta(hours=1))) is not None:
            found.append(one)
    return found


def opened(vault: Vault, one: Arrival) -> bytes:
    assert one.wrapped_key is not None
    assert one.content is not None
    return vault.open_key(one.wrapped_key).open(one.content, f"arrivals/{one.arrival_id}/content")
