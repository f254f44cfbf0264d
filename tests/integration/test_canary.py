"""The canary by the real route: it comes by and is ignored, or it is missed and alarmed once."""

from datetime import UTC, datetime, timedelta

import pytest

from intake import canary
from intake.errors import SmtpRefused, SmtpUnavailable
from intake.rounds import Rounds
from intake.sealing import Vault
from intake.store import Store, arrivals, cases, deliveries
from intake.vocabulary import Disposition
from tests.integration.conftest import mailbox_settings, smtp_settings
from tests.integration.house import register, rounds
from tests.support.dovecot import USER, Dovecot
from tests.support.sink import Rule, SmtpSink

pytestmark = pytest.mark.dovecot
NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)


@pytest.fixture
def service(store: Store, vault: Vault, dovecot: Dovecot, sink: SmtpSink) -> Rounds:
    """A service whose SMTP server delivers into its own mailbox."""
    register(store)
    return rounds(store, vault, mailbox_settings(dovecot.imap), smtp_settings(sink.port, timeout_s=1))


def sent(service: Rounds, now: datetime = NOW) -> str:
    return canary.send(service.store, service.house.desk, service.house.settings, now)


def delivered(sink: SmtpSink, dovecot: Dovecot) -> None:
    """Let what was sent arrive, with what servers put on top."""
    head = f"Return-Path: <{USER}>\r\nReceived: from sink.example by mx.herts.example; now\r\n"
    head += "Authentication-Results: mx.herts.example; dmarc=pass header.from=herts.example\r\n"
    dovecot.deliver(head.encode() + sink.received[-1].content)


def test_a_canary_that_comes_by_is_noted_and_ignored(service: Rounds, dovecot: Dovecot, sink: SmtpSink) -> None:
    message_id = sent(service)
    assert [(one.rcpt_tos, str(one.message["Message-ID"])) for one in sink.received] == [((USER,), message_id)]
    delivered(sink, dovecot)
    done = service.make()
    assert dict(done.dispositions) == {Disposition.IGNORE: 1}
    flight = canary.awaited(service.store, timedelta(0))
    assert flight.sent_at == NOW
    assert flight.back_at is not None
    assert not flight.is_late(flight.back_at + timedelta(days=1), timedelta(seconds=1))
    with service.store.reading() as session:
        assert list(cases.every(session)) == []
        assert list(deliveries.every(session)) == []
        assert sum(arrivals.counts(session).values()) == 1
    assert len(sink.received) == 1


def test_an_older_canary_does_not_stand_for_the_last_one(service: Rounds, dovecot: Dovecot, sink: SmtpSink) -> None:
    sent(service)
    delivered(sink, dovecot)
    sent(service, NOW + timedelta(hours=1))
    service.make()
    assert canary.awaited(service.store, timedelta(0)).back_at is None


def test_a_canary_that_is_missed_alarms_once_and_once_when_it_comes_again(
    service: Rounds, dovecot: Dovecot, sink: SmtpSink, capsys: pytest.CaptureFixture[str]
) -> None:
    worker = service.house.settings.worker.model_copy(update={"canary_every_s": 3600, "canary_within_s": 600})
    settings = service.house.settings.model_copy(update={"worker": worker})

    def watched(minutes: int) -> str:
        capsys.readouterr()
        canary.watch(service.store, service.house.desk, settings, NOW + timedelta(minutes=minutes))
        return capsys.readouterr().out

    assert "canary sent" in watched(0)
    assert watched(9) == ""
    assert "did not come by" in watched(11)
    assert watched(20) == ""
    assert "canary sent" in watched(61)
    delivered(sink, dovecot)
    service.make()
    assert "comes by again" in watched(70)
    assert watched(80) == ""
    assert len(sink.received) == 2


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        (Rule("rcpt", "550 5.1.1 who"), SmtpRefused),
        (Rule("mail", "451 4.3.0 later"), SmtpUnavailable),
        (Rule("data", "drop"), SmtpUnavailable),
        (Rule("data", "stall"), SmtpUnavailable),
    ],
)
def test_a_canary_that_cannot_be_sent_says_so(
    service: Rounds, sink: SmtpSink, rule: Rule, error: type[Exception]
) -> None:
    sink.rules.append(rule)
    with pytest.raises(error):
        sent(service)
    assert canary.awaited(service.store, timedelta(0)).is_late(NOW + timedelta(hours=1), timedelta(minutes=15))
