"""Alerts and the breaker: at once, again, passed on, acknowledged by a person; stopped replies wait for a person."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from intake.alerts import acknowledge, write_due
from intake.rounds import Rounds
from intake.sealing import Vault
from intake.settings import Alerts, Replies
from intake.store import Store, alerts, audit, breaker, cases, deliveries
from intake.store.alerts import Alert, begin
from intake.store.cases import Case
from intake.store.schema import audit_entries
from intake.vocabulary import CaseState, DeliveryState, Disposition, Reason
from tests.integration.conftest import mailbox_settings, smtp_settings
from tests.integration.house import QUESTION, URGENT, WITHDRAWAL, letter, register, rounds
from tests.support.dovecot import Dovecot
from tests.support.sink import Received, Rule, SmtpSink

pytestmark = pytest.mark.dovecot

DUTY, NEXT = "duty@herts.example", "second@herts.example"
ALERTS = Alerts(next_addresses=(NEXT,), repeat_minutes=10, times_each=2)
TEN_MINUTES = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Place:
    """Everything a round needs, with a second address for alerts and a breaker at two replies."""

    store: Store
    vault: Vault
    dovecot: Dovecot
    sink: SmtpSink

    def rounds(self, all_an_hour: int = 200, **service: object) -> Rounds:
        opened = rounds(
            self.store, self.vault, mailbox_settings(self.dovecot.imap), smtp_settings(self.sink.port), **service
        )
        house, limits = opened.house, Replies(all_an_hour=all_an_hour)
        desk = replace(house.desk, duty=replace(house.desk.duty, alerts=ALERTS), limits=limits)
        return replace(opened, house=replace(house, desk=desk))

    def urgent_case(self) -> Case:
        with self.store.reading() as session:
            return next(case for case in list(cases.every(session)) if case.urgent)

    def alert(self) -> Alert:
        with self.store.reading() as session:
            found = alerts.of_case(session, self.urgent_case().case_id)
        assert found is not None
        return found

    def recipients(self) -> list[str]:
        return [sent.rcpt_tos[0] for sent in self.sink.received]

    def answer(
        self,
        alert: Received,
        words: str = "I have it.\n",
        *,
        sender: str = DUTY,
        dmarc: str = "pass",
        head: str = "",
    ) -> bytes:
        head += f"In-Reply-To: {alert.message['Message-ID']}\r\n"
        return letter(words, number=77, sender=sender, dmarc=dmarc, head=head)


@pytest.fixture
def place(store: Store, vault: Vault, dovecot: Dovecot, sink: SmtpSink) -> Place:
    """A register of two, an empty mailbox, an SMTP server."""
    register(store)
    return Place(store, vault, dovecot, sink)


def test_an_alert_goes_out_in_the_pass_that_reads_the_letter_and_no_reply_goes_before_it(place: Place) -> None:
    place.dovecot.deliver(letter(WITHDRAWAL, number=1))
    place.dovecot.deliver(letter(URGENT, number=2))
    one = place.rounds()
    one.receive()
    done = one.work()
    assert place.recipients() == [DUTY]
    assert done.counts["sent"] == 1
    one.send()
    assert place.recipients() == [DUTY, "ab23xyz@student.herts.example"]
    (alert, *_rest) = place.sink.received
    assert place.urgent_case().reference in str(alert.message["Subject"])
    assert b"alive" not in alert.content
    assert b"reply to this message" in alert.content


def test_an_alert_is_repeated_then_passed_on_until_the_duty_answers_it(place: Place) -> None:
    place.dovecot.deliver(letter(URGENT))
    one = place.rounds()
    one.make()
    start = place.alert().next_at - TEN_MINUTES
    for turn in range(4):
        assert write_due(place.store, one.house.desk, start + turn * TEN_MINUTES + timedelta(minutes=9)) == 0
        assert write_due(place.store, one.house.desk, start + (turn + 1) * TEN_MINUTES) == 1
        one.send()
    assert place.recipients() == [DUTY, DUTY, NEXT, NEXT, DUTY]
    assert len({str(sent.message["Message-ID"]) for sent in place.sink.received}) == 5
    assert "alert number 4" in place.sink.received[3].message.get_content()

    place.dovecot.deliver(place.answer(place.sink.received[2], sender=NEXT))
    done = one.make()
    assert dict(done.dispositions) == {"follow_up": 1}
    alert = place.alert()
    assert (alert.acknowledged_by, alert.written) == (NEXT, 5)
    assert write_due(place.store, one.house.desk, start + timedelta(days=9)) == 0
    assert len(place.sink.received) == 5
    with place.store.reading() as session:
        entry = session.execute(select(audit_entries).where(audit_entries.c.action == "alert_acknowledged")).one()
        assert (entry.actor, entry.subject) == ("alerts.next_addresses[0]", place.urgent_case().case_id)
        assert audit.verify(session).ok
        assert len(cases.arrivals_of(session, place.urgent_case().case_id)) == 2


def test_words_of_danger_in_the_dutys_answer_alert_nobody_again(place: Place) -> None:
    place.dovecot.deliver(letter(URGENT))
    one = place.rounds()
    one.make()
    words = "Got it. She says she wants to kill herself tonight, I am ringing 999 now.\n"
    place.dovecot.deliver(place.answer(place.sink.received[0], words))
    one.make()
    assert place.alert().acknowledged_by == DUTY
    assert place.recipients() == [DUTY]


@pytest.mark.parametrize(
    "changes",
    [
        {"dmarc": "fail"},
        {"sender": "somebody@herts.example"},
        {"head": "Auto-Submitted: auto-replied\r\n"},
    ],
)
def test_an_answer_that_nobody_vouches_for_or_that_a_machine_wrote_acknowledges_nothing(
    place: Place, changes: dict[str, str]
) -> None:
    place.dovecot.deliver(letter(URGENT))
    one = place.rounds()
    one.make()
    place.dovecot.deliver(place.answer(place.sink.received[0], **changes))
    one.make()
    assert place.alert().acknowledged_at is None


def test_a_letter_of_the_duty_that_answers_no_alert_acknowledges_nothing(place: Place) -> None:
    place.dovecot.deliver(letter(URGENT))
    one = place.rounds()
    one.make()
    place.dovecot.deliver(letter("I have it.\n", number=5, sender=DUTY))
    one.make()
    assert place.alert().acknowledged_at is None


def test_an_alert_that_is_refused_is_passed_on_at_once_and_the_case_says_so(place: Place) -> None:
    place.sink.rules.append(Rule("rcpt", "550 5.1.1 no such user"))
    place.dovecot.deliver(letter(URGENT))
    one = place.rounds()
    one.make()
    assert place.recipients() == [NEXT]
    assert Reason.ALERT_NOT_DELIVERED.value in place.urgent_case().reasons
    one.send()
    assert place.recipients() == [NEXT]


def test_an_alert_that_bounces_is_passed_on_and_the_case_says_so(place: Place) -> None:
    place.dovecot.deliver(letter(URGENT))
    one = place.rounds()
    one.make()
    message_id = place.sink.received[0].message["Message-ID"]
    bounce = (
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.herts.example\r\nTo: studentwellbeing@herts.example\r\n"
        "Subject: Undelivered Mail\r\nMessage-ID: <bounce@mx.herts.example>\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: text/plain\r\n\r\nNot delivered.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.herts.example\r\n\r\n"
        f"Final-Recipient: rfc822; {DUTY}\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {message_id}\r\n--b--\r\n"
    )
    place.dovecot.deliver(bounce.encode())
    one.make()
    assert place.recipients() == [DUTY, NEXT]
    assert Reason.ALERT_NOT_DELIVERED.value in place.urgent_case().reasons


def test_where_every_address_refuses_alerts_are_not_written_without_pause(place: Place) -> None:
    place.sink.rules += [Rule("rcpt", "550 5.1.1 no such user", times=9)]
    place.dovecot.deliver(letter(URGENT))
    one = place.rounds()
    for _ in range(6):
        one.make()
    with place.store.reading() as session:
        states = [delivery.state for delivery in deliveries.every(session)]
    assert states == [DeliveryState.FAILED] * 2
    assert write_due(place.store, one.house.desk, place.alert().next_at) == 1


def test_an_alert_goes_out_when_the_server_is_back(place: Place) -> None:
    place.dovecot.deliver(letter(URGENT))
    away = rounds(place.store, place.vault, mailbox_settings(place.dovecot.imap), smtp_settings(1))
    away.receive()
    # The reading of letters is not held up by it: the sending has the trouble.
    assert away.work().troubles == []
    done = away.send()
    assert [type(trouble).__name__ for trouble in done.troubles] == ["SmtpUnavailable"]
    assert done.alert_waits
    place.rounds().send()
    assert place.recipients() == [DUTY]


def test_a_second_letter_of_danger_in_the_same_case_alerts_anew_though_the_first_was_acknowledged(place: Place) -> None:
    place.dovecot.deliver(letter(URGENT, number=1))
    one = place.rounds()
    one.make()
    case = place.urgent_case()
    with place.store.writing() as session:
        assert acknowledge(session, case.case_id, by="jo", actor="jo", now=datetime.now(UTC))
        begin(session, replace(place.alert(), acknowledged_at=None, acknowledged_by=None, arrival_id="a-second"))
    again = place.alert()
    assert (again.written, again.acknowledged_at, again.arrival_id) == (1, None, "a-second")
    assert write_due(place.store, one.house.desk, again.next_at) == 1
    assert place.alert().written == 2


def test_a_settled_case_and_an_acknowledgement_end_the_alerts(place: Place) -> None:
    place.dovecot.deliver(letter(URGENT, number=1))
    one = place.rounds()
    one.make()
    case, later = place.urgent_case(), datetime.now(UTC) + timedelta(hours=1)
    with place.store.writing() as session:
        assert acknowledge(session, case.case_id, by="jo", actor="jo", now=later)
        assert not acknowledge(session, case.case_id, by="kim", actor="kim", now=later)
    assert write_due(place.store, one.house.desk, later) == 0
    assert place.alert().acknowledged_by == "jo"


@pytest.mark.parametrize("mode", ["observe", "assist"])
def test_every_mode_alerts_and_lets_the_duty_answer(place: Place, mode: str) -> None:
    place.dovecot.deliver(letter(URGENT))
    one = place.rounds(mode=mode)
    one.make()
    place.dovecot.deliver(place.answer(place.sink.received[0]))
    one.make()
    assert place.recipients() == [DUTY]
    assert place.alert().acknowledged_by == DUTY


def _questions(place: Place, *numbers: int) -> None:
    for number in numbers:
        place.dovecot.deliver(letter(QUESTION, number=number, sender=f"s{number}@student.herts.example"))


def test_too_many_replies_open_the_breaker_until_a_person_resets_it(place: Place) -> None:
    _questions(place, 1, 2, 3, 4)
    one = place.rounds(all_an_hour=2)
    one.make()
    assert sorted(place.recipients()) == [DUTY, "s1@student.herts.example", "s2@student.herts.example"]
    alert = next(sent for sent in place.sink.received if sent.rcpt_tos == (DUTY,))
    assert alert.message["Subject"] == "Automatic replies have stopped: a person must look"
    with place.store.reading() as session:
        withheld = list(deliveries.every(session, DeliveryState.WITHHELD))
        assert [delivery.verdict for delivery in withheld] == ["breaker", "breaker"]
        assert breaker.open_since(session) is not None
        states = {case.state for case in cases.every(session) if Reason.REPLY_WITHHELD.value in case.reasons}
        assert states <= {CaseState.OPEN}

    # It stays open, whatever the limit says by now, and the duty is told once.
    _questions(place, 5)
    place.rounds(all_an_hour=200).make()
    assert len(place.sink.received) == 3

    with place.store.writing() as session:
        assert breaker.reset(session, datetime.now(UTC))
        assert not breaker.reset(session, datetime.now(UTC))
    _questions(place, 6)
    place.rounds(all_an_hour=2).make()
    assert place.recipients()[-1] == "s6@student.herts.example"


def test_an_open_breaker_stops_no_alert(place: Place) -> None:
    with place.store.writing() as session:
        assert breaker.trip(session, datetime.now(UTC))
        assert not breaker.trip(session, datetime.now(UTC))
    place.dovecot.deliver(letter(URGENT))
    done = place.rounds(all_an_hour=0).make()
    assert done.dispositions[Disposition.ESCALATE.value] == 1
    assert place.recipients() == [DUTY]
