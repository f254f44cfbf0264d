"""The mailbox against a real Dovecot, behind a proxy that breaks connections."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from email.message import Message
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import SMTP

import pytest

from intake.errors import MailboxRefused, MailboxUnavailable
from intake.mailbox import RawMessage, folder, open_mailbox, wait_for_changes
from intake.parse import parse
from intake.watch import Watch
from tests.integration.conftest import mailbox_settings
from tests.support.dovecot import Dovecot
from tests.support.faults import Fault, FaultProxy, Mode
from tests.support.network import BackgroundLoop, free_port

pytestmark = pytest.mark.dovecot


def letter(number: int, size: int = 0) -> bytes:
    head = f"From: a{number}@s.example\r\nSubject: {number}\r\nMessage-ID: <{number}@s.example>\r\n\r\n"
    return head.encode() + b"x" * size + b"\r\n"


def until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline, "it did not come to hold"
        time.sleep(0.02)


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


def test_of_an_oversize_message_the_header_and_the_beginning_of_its_text_are_read(dovecot: Dovecot) -> None:
    dovecot.deliver(letter(1, size=300_000))
    dovecot.deliver(letter(2))
    batches = list(fetched(dovecot.imap, max_message_bytes=100_000))
    small, large = batches[0][0], batches[1][0]
    assert (small.uid, small.form) == (2, "whole")
    assert (large.uid, large.form) == (1, "truncated")
    assert large.content.startswith(letter(1)[:-2])
    assert len(large.content) < 210_000
    assert large.size > 300_000


@pytest.mark.parametrize("nested", [False, True])
def test_of_an_oversize_message_the_words_are_read(dovecot: Dovecot, *, nested: bool) -> None:
    words = MIMEText("I withdraw my consent, caf\xe9.\r\n", _charset="utf-8")
    picture = MIMEApplication(b"\x00" * 400_000, "octet-stream")
    text: Message = words
    if nested:
        text = MIMEMultipart("alternative")
        text.attach(words)
        text.attach(MIMEText("<p>I withdraw my consent, caf\xe9.</p>", "html", "utf-8"))
    whole = MIMEMultipart("mixed")
    whole["From"], whole["To"], whole["Subject"] = "a@s.example", "studentwellbeing@herts.example", "photographs"
    whole.attach(picture)
    whole.attach(text)
    dovecot.deliver(whole.as_bytes(policy=SMTP))
    ((large,),) = fetched(dovecot.imap, max_message_bytes=100_000)
    assert (large.form, len(large.content) < 2_000) == ("truncated", True)
    read = parse(large.content)
    assert (read.subject, read.new_text) == ("photographs", "I withdraw my consent, caf\xe9.")


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


def test_a_sign_in_that_expires_in_mid_flow_is_refused_and_works_again_once_it_is_renewed(
    dovecot: Dovecot, proxy: FaultProxy
) -> None:
    dovecot.deliver(letter(1))
    proxy.fault = Fault(Mode.ANSWER, match=" LOGIN ", skip=1, text="{tag} NO [AUTHENTICATIONFAILED] expired")
    assert len(list(fetched(proxy.port))) == 1
    for _ in range(2):
        with pytest.raises(MailboxRefused, match="refused the login"):
            list(fetched(proxy.port))
    proxy.fault = Fault()
    assert len(list(fetched(proxy.port))) == 1


@pytest.mark.parametrize(
    "answer",
    [b"NO [UNAVAILABLE] Temporary authentication failure.", b"BAD User is authenticated but not connected."],
)
def test_a_login_that_fails_for_the_servers_sake_is_no_wrong_password(proxy: FaultProxy, answer: bytes) -> None:
    def refused(said: bytes) -> bytes:
        return re.sub(rb"(\w+) OK [^\r\n]*Logged in", rb"\1 " + answer, said)

    proxy.fault = Fault(Mode.EDIT, edit=refused)
    with pytest.raises(MailboxUnavailable):
        open_mailbox(mailbox_settings(proxy.port), read_only=True)


def test_a_connection_cut_in_the_login_is_no_wrong_password(proxy: FaultProxy) -> None:
    proxy.fault = Fault(Mode.LOSE_REPLY, match="LOGIN")
    with pytest.raises(MailboxUnavailable):
        open_mailbox(mailbox_settings(proxy.port), read_only=True)
    assert proxy.hits == 1


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


@pytest.mark.parametrize("match", ["", "Logged in", r"BODY\[\]"], ids=["greeting", "login", "fetch"])
def test_a_server_that_drips_is_hung_up_on_within_the_limit_of_a_command(
    dovecot: Dovecot, proxy: FaultProxy, match: str
) -> None:
    # A byte every fifth of a second: the socket's own timeout never comes.
    dovecot.deliver(letter(1, size=5_000))
    proxy.fault = Fault(Mode.DRIP, match=match)
    with pytest.raises(MailboxUnavailable, match=r"(did not come to an end in time|broke off during the login)"):
        list(fetched(proxy.port, timeout_s=0.7))
    assert proxy.hits >= 1


def test_a_server_that_drips_is_hung_up_on_within_the_limit_of_a_connection(
    dovecot: Dovecot, proxy: FaultProxy
) -> None:
    dovecot.deliver(letter(1, size=5_000))
    proxy.fault = Fault(Mode.DRIP, match=r"BODY\[\]")
    with pytest.raises(MailboxUnavailable, match="did not come to an end in time"):
        list(fetched(proxy.port, timeout_s=60, cycle_s=1.5))


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_server_that_drips_its_handshake_is_hung_up_on(
    dovecot: Dovecot, background: BackgroundLoop, security: str
) -> None:
    dripping = FaultProxy(background, dovecot.imaps if security == "tls" else dovecot.imap)
    dripping.fault = Fault(Mode.DRIP, match=r"\x16\x03" if security == "tls" else r"Begin TLS.*\x16\x03")
    trusted = {"host": "localhost", "security": security, "ca_file": dovecot.ca_file}
    with pytest.raises(MailboxUnavailable):
        open_mailbox(mailbox_settings(dripping.port, timeout_s=60, cycle_s=1.5, **trusted), read_only=True)
    assert dripping.hits == 1
    dripping.stop()


def test_whoever_waits_on_a_silent_server_can_be_hung_up_on(dovecot: Dovecot, proxy: FaultProxy) -> None:
    proxy.fault = Fault(Mode.BLACKHOLE)
    watch, ended = Watch(), threading.Event()

    def opening() -> None:
        with pytest.raises(MailboxUnavailable):
            open_mailbox(mailbox_settings(proxy.port, timeout_s=250), read_only=True, watch=watch)
        ended.set()

    thread = threading.Thread(target=opening)
    thread.start()
    until(lambda: proxy.hits == 1)
    watch.hang_up("was ended by the test")
    assert ended.wait(30)
    thread.join()


def test_many_uids_are_asked_for_in_parts(dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(7):
        dovecot.deliver(letter(number))
    dovecot.messages()
    monkeypatch.setattr(folder, "_UIDS_A_SEARCH", 2)
    with open_mailbox(mailbox_settings(dovecot.imap), read_only=True) as mailbox:
        assert mailbox.uids_after(0) == [1, 2, 3, 4, 5, 6, 7]
        assert mailbox.uids_after(4) == [5, 6, 7]
        assert mailbox.uids_after(7) == []


def test_a_message_the_server_refuses_to_give_keeps_no_other_back(dovecot: Dovecot, proxy: FaultProxy) -> None:
    for number in range(3):
        dovecot.deliver(letter(number))
    proxy.fault = Fault(Mode.EDIT, edit=refusing(2))
    (batch,) = fetched(proxy.port)
    assert [(one.uid, one.form) for one in batch] == [(1, "whole"), (2, "placeholder"), (3, "whole")]
    assert [one.content for one in batch] == [letter(0), b"", letter(2)]


def refusing(uid: int) -> Callable[[bytes], bytes]:
    """Let a server refuse each FETCH of a body in which `uid` is among those asked for, as Exchange does."""

    def edit(said: bytes) -> bytes:
        if b"BODY[]" not in said or b"UID %d " % uid not in said:
            return said
        return said.rpartition(b"\r\n")[0].rpartition(b"\r\n")[2].partition(b" ")[0] + b" NO it cannot be converted\r\n"

    return edit


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


class Waiting:
    """Waits in IDLE in a thread; counts the calls."""

    def __init__(self, port: int, **idle: float) -> None:
        self.changes, self.watch, self.offered = 0, Watch(), True
        self.error: MailboxUnavailable | None = None
        self._thread = threading.Thread(target=self._run, args=(port,), kwargs=idle)
        self._thread.start()

    def _run(self, port: int, **idle: float) -> None:
        try:
            self.offered = wait_for_changes(mailbox_settings(port), self._changed, self.watch, **idle)
        except MailboxUnavailable as error:
            self.error = error

    def _changed(self) -> None:
        self.changes += 1

    def more_than(self, before: int) -> Callable[[], bool]:
        return lambda: self.changes > before

    def ended(self) -> bool:
        return not self._thread.is_alive()

    def stop(self) -> None:
        self.watch.hang_up("was ended by the test")
        self._thread.join(30)
        assert self.ended()


def test_new_mail_wakes_whoever_waits(dovecot: Dovecot) -> None:
    waiting = Waiting(dovecot.imap)
    until(lambda: waiting.changes == 1)
    for number in range(1, 4):
        woken = waiting.more_than(waiting.changes)
        dovecot.deliver(letter(number))
        until(woken)
    waiting.stop()


def test_idle_is_issued_anew_before_the_server_tires_of_it(dovecot: Dovecot) -> None:
    waiting = Waiting(dovecot.imap, anew_s=0.1)
    until(lambda: waiting.changes >= 4)
    assert waiting.error is None
    waiting.stop()


def test_a_notice_that_came_with_the_go_ahead_is_not_overlooked(dovecot: Dovecot, proxy: FaultProxy) -> None:
    def crowded(said: bytes) -> bytes:
        return said + b"* 5 EXISTS\r\n" if said.startswith(b"+ ") else said

    proxy.fault = Fault(Mode.EDIT, edit=crowded)
    waiting = Waiting(proxy.port)
    until(lambda: waiting.changes >= 1)
    assert not waiting.ended()
    waiting.stop()


@pytest.mark.parametrize("match", [r"\+ idling", "Logged in"])
def test_the_end_of_the_stream_ends_the_waiting(dovecot: Dovecot, proxy: FaultProxy, match: str) -> None:
    proxy.fault = Fault(Mode.CUT_SERVER, match=match, skip=2)
    waiting = Waiting(proxy.port)
    until(waiting.ended)
    assert isinstance(waiting.error, MailboxUnavailable)
    assert waiting.changes <= 1
    waiting.stop()


def test_a_server_that_goes_away_ends_the_waiting(dovecot: Dovecot) -> None:
    waiting = Waiting(dovecot.imap)
    until(lambda: waiting.changes == 1)
    dovecot.stop()
    until(waiting.ended)
    assert isinstance(waiting.error, MailboxUnavailable)


def test_without_idle_nobody_waits() -> None:
    with Dovecot(capability="IMAP4rev1 UIDPLUS MOVE") as server:
        waiting = Waiting(server.imap)
        until(waiting.ended)
        assert (waiting.offered, waiting.changes) == (False, 0)
