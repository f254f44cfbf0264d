"""The mailbox against a real Dovecot, behind a proxy that breaks connections."""

import time
from collections.abc import Iterator

import pytest

from intake.errors import MailboxRefused, MailboxUnavailable
from intake.mailbox import RawMessage, open_mailbox
from tests.integration.conftest import mailbox_settings
from tests.support.dovecot import Dovecot
from tests.support.faults import Fault, FaultProxy, Mode
from tests.support.network import BackgroundLoop, free_port

pytestmark = pytest.mark.dovecot


def letter(number: int, size: int = 0) -> bytes:
    head = f"From: a{number}@s.example\r\nSubject: {number}\r\nMessage-ID: <{number}@s.example>\r\n\r\n"
    return head.encode() + b"x" * size + b"\r\n"


def fetched(port: int, **changes: object) -> Iterator[list[RawMessage]]:
    with open_mailbox(mailbox_settings(port, **changes), read_only=True) as mailbox:
        yield from mailbox.batches(mailbox.listed(mailbox.uids_after(0)))


def test_messages_come_byte_for_byte_and_stay_unseen(dovecot: Dovecot) -> None:
    for number in range(3):
        dovecot.deliver(letter(number))
    (batch,) = fetched(dovecot.imap)
    assert [one.content for one in batch] == [letter(number) for number in range(3)]
    assert [one.uid for one in batch] == [1, 2, 3]
    assert all(one.received_at.utcoffset() is not None for one in batch)
    assert all(b"\\Seen" not in flags for flags in dovecot.messages().values())


def test_only_what_is_new_is_listed(dovecot: Dovecot) -> None:
    dovecot.deliver(letter(1))
    with open_mailbox(mailbox_settings(dovecot.imap), read_only=True) as mailbox:
        assert mailbox.uids_after(0) == [1]
        # RFC 9051: `2:*` still names the highest UID, 1.
        assert mailbox.uids_after(1) == []


def test_batches_are_capped_by_count_and_by_bytes(dovecot: Dovecot) -> None:
    for number in range(5):
        dovecot.deliver(letter(number, size=3000))
    assert [len(batch) for batch in fetched(dovecot.imap, batch_messages=2)] == [2, 2, 1]
    assert [len(batch) for batch in fetched(dovecot.imap, batch_bytes=7000)] == [2, 2, 1]


def test_an_oversize_message_is_read_by_its_beginning_alone(dovecot: Dovecot) -> None:
    dovecot.deliver(letter(1, size=300_000))
    dovecot.deliver(letter(2))
    batches = list(fetched(dovecot.imap, max_message_bytes=100_000))
    small, large = batches[0][0], batches[1][0]
    assert (small.uid, small.form) == (2, "whole")
    assert (large.uid, large.form, len(large.content)) == (1, "truncated", 200_000)
    assert large.size > 300_000


def test_tls_with_the_right_authority_works_and_without_it_is_refused(dovecot: Dovecot) -> None:
    dovecot.deliver(letter(1))
    trusted = {"host": "localhost", "security": "tls", "ca_file": dovecot.ca_file}
    assert [len(batch) for batch in fetched(dovecot.imaps, **trusted)] == [1]
    with pytest.raises(MailboxRefused, match="certificate is not trusted"):
        open_mailbox(mailbox_settings(dovecot.imaps, host="localhost", security="tls"), read_only=True)


def test_starttls_works_and_is_never_fallen_back_from(dovecot: Dovecot, background: BackgroundLoop) -> None:
    trusted = {"host": "localhost", "security": "starttls", "ca_file": dovecot.ca_file}
    dovecot.deliver(letter(1))
    assert [len(batch) for batch in fetched(dovecot.imap, **trusted)] == [1]
    lying = FaultProxy(background, dovecot.imap)
    lying.fault = Fault(Mode.BANNER, text="* OK [CAPABILITY IMAP4rev1] no STARTTLS here")
    with pytest.raises(MailboxUnavailable):
        open_mailbox(mailbox_settings(lying.port, **trusted), read_only=True)
    lying.stop()


def test_a_wrong_password_is_refused_and_tried_once(dovecot: Dovecot, proxy: FaultProxy) -> None:
    with pytest.raises(MailboxRefused, match=r"mailbox\.username and mailbox\.password"):
        open_mailbox(mailbox_settings(proxy.port, password="wrong"), read_only=True)
    log, deadline = "", time.monotonic() + 10
    while "auth failed" not in log and time.monotonic() < deadline:
        log = (dovecot.folder / "dovecot.log").read_text()
        time.sleep(0.05)
    assert log.count("auth failed, 1 attempts") == 1


def test_a_missing_folder_is_named(dovecot: Dovecot) -> None:
    with pytest.raises(MailboxRefused, match=r"mailbox\.folder: .*'Nowhere'"):
        open_mailbox(mailbox_settings(dovecot.imap, folder="Nowhere"), read_only=True)


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(MailboxUnavailable):
        open_mailbox(mailbox_settings(free_port()), read_only=True)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(Mode.BLACKHOLE),
        Fault(Mode.REFUSE),
        Fault(Mode.BANNER, text="* BYE busy"),
        Fault(Mode.BANNER, text="HTTP/1.1 400 Bad Request"),
        Fault(Mode.BANNER, text="\x00\xff\x00"),
    ],
    ids=lambda fault: f"{fault.mode}-{fault.text[:4]!a}",
)
def test_a_server_that_is_silent_or_talks_rubbish_is_unavailable_in_bounded_time(
    proxy: FaultProxy, fault: Fault
) -> None:
    proxy.fault = fault
    with pytest.raises(MailboxUnavailable):
        open_mailbox(mailbox_settings(proxy.port, timeout_s=0.5), read_only=True)


def test_a_connection_cut_inside_a_message_gives_nothing_of_it(dovecot: Dovecot, proxy: FaultProxy) -> None:
    dovecot.deliver(letter(1, size=50_000))
    with open_mailbox(mailbox_settings(proxy.port), read_only=True) as mailbox:
        listed = mailbox.listed(mailbox.uids_after(0))
        proxy.fault = Fault(Mode.CUT_SERVER, match=r"BODY\[\]", skip=10_000)
        with pytest.raises(MailboxUnavailable):
            list(mailbox.batches(listed))
    assert proxy.hits == 1


def test_handled_messages_are_moved_to_a_folder_that_is_made_when_missing(dovecot: Dovecot) -> None:
    for number in range(3):
        dovecot.deliver(letter(number))
    with open_mailbox(mailbox_settings(dovecot.imap), read_only=False) as mailbox:
        assert mailbox.can_move
        mailbox.move([1, 3])
        mailbox.move([1, 3])
    assert list(dovecot.messages()) == [2]
    assert len(dovecot.messages("Handled")) == 2


def test_without_move_everything_stays_in_place() -> None:
    with Dovecot(capability="IMAP4rev1 UIDPLUS IDLE") as server:
        server.deliver(letter(1))
        with open_mailbox(mailbox_settings(server.imap), read_only=False) as mailbox:
            assert not mailbox.can_move


def test_observing_never_opens_the_folder_for_writing(dovecot: Dovecot) -> None:
    with open_mailbox(mailbox_settings(dovecot.imap), read_only=True) as mailbox:
        assert not mailbox.can_move
