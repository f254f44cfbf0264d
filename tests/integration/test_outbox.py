"""The outbox against an SMTP server that lies, on both databases: sent once, put off, failed, or shown as uncertain."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from intake.errors import SmtpRefused, SmtpUnavailable
from intake.identifiers import new_id, this_process
from intake.outbox import Sent, send_due
from intake.sealing import Vault
from intake.store import Store, cases, deliveries
from intake.store.deliveries import DeliveryRow
from intake.store.schema import deliveries as deliveries_table
from intake.uncertain import look_up
from intake.vocabulary import CaseState, DeliveryState, Disposition, Reason
from tests.integration.conftest import mailbox_settings, smtp_settings
from tests.support.dovecot import PASSWORD, USER, Dovecot
from tests.support.faults import Fault, FaultProxy, Mode
from tests.support.network import BackgroundLoop
from tests.support.sink import Rule, SmtpSink

START = datetime(2026, 11, 27, 9, tzinfo=UTC)
ALWAYS = 10**6


@dataclass(slots=True)
class Outbox:
    """An outbox whose clock the test turns."""

    store: Store
    vault: Vault
    sink: SmtpSink
    now: datetime = START
    dead: list[str] = field(default_factory=list)

    def write(self, text: str = "Received.", *, number: int = 1) -> str:
        """Put a message into the outbox, with a settled case of its own."""
        delivery_id, key = new_id("d"), self.vault.new_key()
        content = f"From: {USER}\r\nMessage-ID: <{number}@outbox.herts.example>\r\n\r\n{text}\r\n".encode()
        with self.store.writing() as session:
            case = cases.open_case(
                session,
                cases.NewCase(CaseState.SETTLED, Disposition.APPLY, None, None, False, (), (), self.now, None, ""),
            )
            row = {
                "delivery_id": delivery_id,
                "case_id": case.case_id,
                "template": "neutral_receipt",
                "template_version": "1",
                "recipient_kind": "originator",
                "state": DeliveryState.PENDING.value,
                "verdict": "allowed",
                "message_id": f"<{number}@outbox.herts.example>",
                "created_at": self.now + timedelta(microseconds=number),
                "attempts": 0,
                "recipient_hash": b"x",
                "wrapped_key": key.wrapped,
                "recipient": key.seal(b"amina@student.herts.example", f"deliveries/{delivery_id}/recipient"),
                "content": key.seal(content, f"deliveries/{delivery_id}/content"),
            }
            deliveries.add(session, row)
        return delivery_id

    def send(self, port: int = 0, changes: dict[str, object] | None = None) -> Sent:
        configuration = smtp_settings(port or self.sink.port, **{"timeout_s": 1, **(changes or {})})
        return send_due(
            self.store,
            self.vault,
            configuration,
            sender=USER,
            holder=this_process(),
            lease=timedelta(minutes=5),
            now=lambda: self.now,
        )

    def rows(self) -> list[DeliveryRow]:
        with self.store.reading() as session:
            return list(deliveries.every(session))

    def states(self) -> list[DeliveryState]:
        return [row.state for row in self.rows()]

    def cases(self) -> list[cases.Case]:
        with self.store.reading() as session:
            return list(cases.every(session))


@pytest.fixture
def outbox(store: Store, vault: Vault, sink: SmtpSink) -> Outbox:
    """An empty outbox and an SMTP server."""
    return Outbox(store, vault, sink)


@pytest.fixture
def smtp_proxy(background: BackgroundLoop, sink: SmtpSink) -> Iterator[FaultProxy]:
    """A proxy in front of the SMTP server."""
    proxy = FaultProxy(background, sink.port)
    yield proxy
    proxy.stop()


@pytest.mark.parametrize("stage", ["mail", "rcpt"])
@pytest.mark.parametrize("action", ["451 4.3.0 later", "421 4.3.2 busy", "drop", "stall", "drip"])
def test_what_fails_before_the_text_is_sent_later_once(outbox: Outbox, stage: str, action: str) -> None:
    outbox.write()
    outbox.sink.rules.append(Rule(stage, action))
    assert outbox.send() == Sent(put_off=1)
    assert outbox.send() == Sent()
    outbox.now += timedelta(seconds=73)
    assert outbox.send() == Sent(sent=1)
    (row,) = outbox.rows()
    assert (row.state, row.attempts, row.trouble) == (DeliveryState.SENT, 2, None)
    assert len(outbox.sink.received) == 1
    assert outbox.cases()[0].state is CaseState.SETTLED


def test_a_connection_lost_at_the_word_data_is_before_the_text(outbox: Outbox, smtp_proxy: FaultProxy) -> None:
    outbox.write()
    smtp_proxy.fault = Fault(Mode.LOSE_REPLY, match=r"^DATA\r\n", times=1)
    assert outbox.send(smtp_proxy.port) == Sent(put_off=1)
    outbox.now += timedelta(seconds=73)
    assert outbox.send(smtp_proxy.port) == Sent(sent=1)
    assert [row.attempts for row in outbox.rows()] == [2]
    assert len(outbox.sink.received) == 1


@pytest.mark.parametrize(
    ("action", "stored"),
    [("store_drop", 1), ("store_stall", 1), ("store_drip", 1), ("drop", 0), ("stall", 0), ("drip", 0)],
)
def test_silence_after_the_text_is_uncertain_never_sent_again_and_a_person_sees_it(
    outbox: Outbox, action: str, stored: int
) -> None:
    outbox.write()
    outbox.sink.rules.append(Rule("data", action))
    assert outbox.send() == Sent(uncertain=1)
    outbox.now += timedelta(days=2)
    assert outbox.send() == Sent()
    assert outbox.states() == [DeliveryState.UNCERTAIN]
    assert len(outbox.sink.received) == stored
    (case,) = outbox.cases()
    assert case.state is CaseState.OPEN
    assert Reason.DELIVERY_FAILURE.value in case.reasons


def test_a_refusal_after_the_text_is_an_answer(outbox: Outbox) -> None:
    outbox.write()
    outbox.sink.rules.append(Rule("data", "452 4.3.1 full"))
    assert outbox.send() == Sent(put_off=1)
    outbox.now += timedelta(seconds=73)
    assert outbox.send() == Sent(sent=1)


@pytest.mark.parametrize("rule", [Rule("mail", "550 5.7.1 no"), Rule("rcpt", "550 5.1.1 who"), Rule("data", "554 no")])
def test_what_is_refused_for_good_is_shown_and_its_case_opened(outbox: Outbox, rule: Rule) -> None:
    outbox.write()
    outbox.sink.rules.append(rule)
    assert outbox.send() == Sent(failed=1)
    (row,) = outbox.rows()
    assert (row.state, row.attempts, row.trouble) == (DeliveryState.FAILED, 1, f"smtp_{rule.action[:3]}")
    assert outbox.cases()[0].state is CaseState.OPEN


def test_what_is_put_off_too_often_has_failed_and_each_wait_is_longer(outbox: Outbox) -> None:
    outbox.write()
    outbox.sink.rules.append(Rule("rcpt", "450 4.2.0 greylisted", times=ALWAYS))
    waits = []
    while outbox.send().put_off:
        with outbox.store.reading() as session:
            due_at = session.scalar(select(deliveries_table.c.next_attempt_at))
        assert due_at is not None
        assert outbox.send() == Sent()
        waits.append(due_at - outbox.now)
        outbox.now = due_at
    (row,) = outbox.rows()
    assert (row.state, row.attempts) == (DeliveryState.FAILED, 7)
    assert len(waits) == 6
    assert waits == sorted(waits)
    assert timedelta(seconds=48) <= waits[0] <= timedelta(seconds=72)
    assert timedelta(hours=6) < waits[-1] < timedelta(hours=10)


def test_a_server_that_swallows_texts_is_left_alone_after_three(outbox: Outbox) -> None:
    for number in range(5):
        outbox.write(number=number)
    outbox.sink.rules.append(Rule("data", "store_drop", times=ALWAYS))
    told: list[Sent] = []
    with pytest.raises(SmtpUnavailable):
        send_due(
            outbox.store,
            outbox.vault,
            smtp_settings(outbox.sink.port),
            sender=USER,
            holder=this_process(),
            lease=timedelta(minutes=5),
            now=lambda: outbox.now,
            told=told.append,
        )
    assert sum(told, Sent()) == Sent(uncertain=3)
    outbox.sink.rules.clear()
    assert outbox.send() == Sent(sent=2)
    assert len({str(one.message["Message-ID"]) for one in outbox.sink.received}) == len(outbox.sink.received) == 5


@pytest.mark.parametrize("mode", [Mode.REFUSE, Mode.BLACKHOLE, Mode.BANNER])
def test_a_server_that_cannot_be_used_leaves_everything_waiting(
    outbox: Outbox, smtp_proxy: FaultProxy, mode: Mode
) -> None:
    outbox.write()
    smtp_proxy.fault = Fault(mode, text="554 5.3.2 go away")
    with pytest.raises(SmtpUnavailable):
        outbox.send(smtp_proxy.port)
    smtp_proxy.fault = Fault()
    assert outbox.send(smtp_proxy.port) == Sent(sent=1)
    assert [row.attempts for row in outbox.rows()] == [1]


def test_lines_that_begin_with_a_dot_arrive_as_they_were(outbox: Outbox) -> None:
    outbox.write(".\r\n..two\r\n.hidden\r\nend")
    assert outbox.send() == Sent(sent=1)
    assert outbox.sink.received[0].content.endswith(b"\r\n\r\n.\r\n..two\r\n.hidden\r\nend\r\n")


def test_what_a_dead_sender_left_in_data_is_uncertain(outbox: Outbox) -> None:
    in_data, reserved = outbox.write(number=1), outbox.write(number=2)
    dead = this_process().rpartition("/")[0] + "/0"
    with outbox.store.writing() as session:
        deliveries.reserve(session, dead, outbox.now, timedelta(minutes=5), 9)
        assert deliveries.begin_data(session, in_data, dead, outbox.now)
    assert outbox.send() == Sent(sent=1, uncertain=1)
    assert {row.delivery_id: row.state for row in outbox.rows()} == {
        in_data: DeliveryState.UNCERTAIN,
        reserved: DeliveryState.SENT,
    }


def test_a_login_over_starttls_and_a_certificate_that_nobody_vouches_for(outbox: Outbox, smtp_ca_file: Path) -> None:
    outbox.write()
    secure: dict[str, object] = {"security": "starttls", "auth": "password", "username": USER, "password": PASSWORD}
    with pytest.raises(SmtpRefused, match="not trusted"):
        outbox.send(changes=secure)
    with pytest.raises(SmtpRefused, match="refused the login"):
        outbox.send(changes={**secure, "ca_file": smtp_ca_file, "password": "wrong"})
    assert outbox.send(changes={**secure, "ca_file": smtp_ca_file}) == Sent(sent=1)
    assert (outbox.sink.received[0].over_tls, outbox.sink.received[0].login) == (True, USER)


@pytest.mark.dovecot
def test_an_uncertain_message_that_lies_in_the_sent_folder_was_sent(outbox: Outbox, dovecot: Dovecot) -> None:
    outbox.write(number=1)
    outbox.write(number=2)
    outbox.sink.rules += [Rule("data", "store_drop"), Rule("data", "drop")]
    assert outbox.send() == Sent(uncertain=2)
    configuration = mailbox_settings(dovecot.imap, sent_folder="Sent")
    assert look_up(outbox.store, configuration, outbox.now) == 0
    with dovecot.client() as client:
        client.create_folder("Sent")
        client.append("Sent", outbox.sink.received[0].content)
    assert look_up(outbox.store, configuration, outbox.now) == 0
    outbox.now += timedelta(seconds=31)
    assert look_up(outbox.store, configuration, outbox.now) == 1
    assert {row.message_id: (row.state, row.trouble) for row in outbox.rows()} == {
        "<1@outbox.herts.example>": (DeliveryState.SENT, "found_in_sent_folder"),
        "<2@outbox.herts.example>": (DeliveryState.UNCERTAIN, "SMTPServerDisconnected_after_data"),
    }
    outbox.now += timedelta(days=1)
    assert look_up(outbox.store, configuration, outbox.now) == 0
    # Looked for no more: after a day the provider has saved what it saves.
    with outbox.store.reading() as session:
        assert deliveries.to_look_for(session, outbox.now + timedelta(days=9)) == []


def test_without_a_sent_folder_nothing_is_looked_up(outbox: Outbox) -> None:
    outbox.write()
    outbox.sink.rules.append(Rule("data", "store_drop"))
    assert outbox.send() == Sent(uncertain=1)
    assert look_up(outbox.store, mailbox_settings(1, sent_folder=""), outbox.now) == 0
    assert outbox.states() == [DeliveryState.UNCERTAIN]
