"""Telling others: each configured recipient of a changed purpose is told, by mail or signed webhook, and it shows."""

import base64
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from intake.decide import ConsentChange
from intake.notices import Cause, tell
from intake.rounds import Rounds
from intake.sealing import Vault
from intake.settings import Notice
from intake.store import Store, cases, deliveries
from intake.vocabulary import ConsentEventKind, DeliveryState, Purpose, Reason, RecipientKind
from intake.webhooks import send_notices, signature
from tests.integration.conftest import mailbox_settings, smtp_settings
from tests.integration.house import QUESTION, WITHDRAWAL, letter, register, rounds
from tests.support.dovecot import Dovecot
from tests.support.hook import Hook, dripping
from tests.support.network import LOOPBACK
from tests.support.sink import SmtpSink

pytestmark = pytest.mark.dovecot

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()
PLACEMENTS, ALTERNATE = "placements@herts.example", "amina.okafor@post.example"


@pytest.fixture
def hook() -> Iterator[Hook]:
    """A server that takes webhooks."""
    server = Hook()
    yield server
    server.stop()


@dataclass(frozen=True, slots=True)
class Place:
    """A house that tells the placement office by mail, and the statistics extract by webhook."""

    store: Store
    vault: Vault
    dovecot: Dovecot
    sink: SmtpSink
    notices: tuple[Notice, ...]

    def rounds(self, **service: object) -> Rounds:
        mailbox, smtp = mailbox_settings(self.dovecot.imap), smtp_settings(self.sink.port)
        opened = rounds(self.store, self.vault, mailbox, smtp, **service)
        house = opened.house
        configured = house.settings.model_copy(update={"notices": self.notices})
        desk = replace(house.desk, notices=self.notices)
        return replace(opened, house=replace(house, settings=configured, desk=desk))

    def told(self) -> dict[str, DeliveryState]:
        with self.store.reading() as session:
            return {one.notice: one.state for one in deliveries.every(session) if one.notice}

    def case(self) -> cases.Case:
        with self.store.reading() as session:
            (found,) = cases.every(session)
        return found

    def notice_mail(self) -> list[str]:
        return [one.message.get_content() for one in self.sink.received if one.rcpt_tos == (PLACEMENTS,)]


@pytest.fixture
def place(store: Store, vault: Vault, dovecot: Dovecot, sink: SmtpSink, hook: Hook) -> Place:
    """A register of two, and who is told."""
    register(store)
    sharing, statistics = (Purpose.THIRD_PARTY_SHARING, Purpose.SUPERVISION), (Purpose.STATISTICS,)
    told = (
        Notice(name="placements", purposes=sharing, address=PLACEMENTS),
        Notice.model_validate({"name": "extract", "purposes": statistics, "url": hook.url, "secret": SECRET}),
    )
    return Place(store, vault, dovecot, sink, told)


def test_each_is_told_of_its_own_purposes_with_the_student_number_alone(place: Place, hook: Hook) -> None:
    place.dovecot.deliver(letter(WITHDRAWAL))
    place.rounds().make()
    (mail,) = place.notice_mail()
    assert "23529452" in mail
    assert "was withdrawn" in mail
    assert mail.count("\n  - ") == 2
    assert place.case().reference in mail
    (posted,) = hook.received
    assert posted.path == "/consent?from=wellbeing"
    document = json.loads(posted.body)
    assert document["student_id"] == "23529452"
    assert (document["event"], document["purposes"]) == ("withdrawn", ["statistics"])
    assert document["reference"] == place.case().reference
    for told in (mail, posted.body.decode()):
        for word in ("Amina", "Okafor", "ab23xyz", "withdraw my consent"):
            assert word not in told
    assert place.told() == {"placements": DeliveryState.SENT, "extract": DeliveryState.SENT}


def test_a_webhook_is_signed_as_standard_webhooks_says(place: Place, hook: Hook) -> None:
    place.dovecot.deliver(letter(WITHDRAWAL))
    place.rounds().make()
    (posted,) = hook.received
    signed = f"{posted.fields['webhook-id']}.{posted.fields['webhook-timestamp']}.".encode() + posted.body
    expected = base64.b64encode(hmac.digest(b"0123456789abcdef01234567", signed, "sha256")).decode()
    assert posted.fields["webhook-signature"] == f"v1,{expected}"
    assert json.loads(posted.body)["id"] == posted.fields["webhook-id"]
    assert abs(int(posted.fields["webhook-timestamp"]) - datetime.now(UTC).timestamp()) < 300


def test_the_published_vector_of_standard_webhooks_is_signed_alike() -> None:
    found = signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_hold_is_told_and_a_question_is_not(place: Place) -> None:
    place.dovecot.deliver(letter(QUESTION, number=1))
    one = place.rounds()
    one.make()
    assert place.told() == {}
    place.dovecot.deliver(letter(WITHDRAWAL, number=2, sender=ALTERNATE))
    one.make()
    (mail,) = place.notice_mail()
    assert "on hold" in mail
    assert ALTERNATE not in mail


def test_a_repeat_tells_nobody_again(place: Place, hook: Hook) -> None:
    one = place.rounds()
    for number in (1, 2):
        place.dovecot.deliver(letter(WITHDRAWAL, number=number))
        one.make()
    assert (len(place.notice_mail()), len(hook.received)) == (1, 1)


def test_what_is_given_back_is_told_too(place: Place, hook: Hook) -> None:
    one, now = place.rounds(), datetime.now(UTC)
    released = ConsentChange(ConsentEventKind.RELEASED, (Purpose.STATISTICS, Purpose.SUPERVISION))
    with place.store.writing() as session:
        assert tell(session, one.house.desk, (released,), Cause("23529452", "e-1", now), now) == 2
    one.send()
    (mail,) = place.notice_mail()
    assert "stands again" in mail
    assert json.loads(hook.received[0].body)["event"] == "released"


@pytest.mark.parametrize("answer", [500, 503, 429, 408, 0])
def test_what_time_can_mend_is_tried_again_with_the_same_id(place: Place, hook: Hook, answer: int) -> None:
    hook.answers.append(answer)
    place.dovecot.deliver(letter(WITHDRAWAL))
    one = place.rounds()
    one.make()
    assert place.told()["extract"] is DeliveryState.PENDING
    assert len(hook.received) == 1
    sent = send_notices(
        place.store,
        place.vault,
        place.notices,
        holder="h/1/1",
        lease=timedelta(minutes=5),
        now=lambda: datetime.now(UTC) + timedelta(minutes=2),
    )
    assert sent.sent == 1
    first, second = hook.received
    assert first.fields["webhook-id"] == second.fields["webhook-id"]
    assert first.body == second.body
    assert place.told()["extract"] is DeliveryState.SENT


@pytest.mark.parametrize("answer", [400, 401, 404, 410, 302])
def test_a_refusal_opens_the_case_and_a_redirect_is_not_followed(place: Place, hook: Hook, answer: int) -> None:
    hook.answers.append(answer)
    place.dovecot.deliver(letter(WITHDRAWAL))
    place.rounds().make()
    assert place.told()["extract"] is DeliveryState.FAILED
    assert len(hook.received) == 1
    assert Reason.NOTICE_NOT_DELIVERED.value in place.case().reasons


def test_a_webhook_server_that_is_away_holds_up_no_mail(place: Place, hook: Hook) -> None:
    hook.stop()
    place.dovecot.deliver(letter(WITHDRAWAL))
    done = place.rounds().make()
    assert done.troubles == []
    assert {one.rcpt_tos[0] for one in place.sink.received} == {PLACEMENTS, "ab23xyz@student.herts.example"}
    assert place.told()["extract"] is DeliveryState.PENDING


def test_a_server_that_is_away_is_asked_once_a_pass(place: Place, hook: Hook) -> None:
    hook.answers += [503, 503]
    one, now = place.rounds(), datetime.now(UTC)
    held = ConsentChange(ConsentEventKind.HELD, (Purpose.STATISTICS,))
    with place.store.writing() as session:
        for number in range(3):
            tell(session, one.house.desk, (held,), Cause("23529452", f"e-{number}", now), now)
    one.send()
    assert len(hook.received) == 1
    one.send()
    assert len(hook.received) == 2
    with place.store.reading() as session:
        assert sorted(row.attempts for row in deliveries.every(session)) == [0, 1, 1]
    one.send()
    assert len(hook.received) == 3


def test_mail_that_cannot_be_sent_holds_up_no_webhook(place: Place, hook: Hook) -> None:
    place.dovecot.deliver(letter(WITHDRAWAL))
    one = place.rounds()
    smtp = one.house.settings.smtp.model_copy(update={"port": 1, "host": LOOPBACK})
    house = replace(one.house, settings=one.house.settings.model_copy(update={"smtp": smtp}))
    replace(one, house=house).make()
    assert len(hook.received) == 1


def test_one_that_is_no_longer_configured_is_told_to_a_person(place: Place, hook: Hook) -> None:
    place.dovecot.deliver(letter(WITHDRAWAL))
    one = place.rounds()
    one.receive()
    one.work()
    sent = send_notices(
        place.store, place.vault, (), holder="h/1/1", lease=timedelta(minutes=5), now=lambda: datetime.now(UTC)
    )
    assert (sent.failed, hook.received) == (1, [])
    assert Reason.NOTICE_NOT_DELIVERED.value in place.case().reasons


def test_a_webhook_cut_off_by_a_crash_is_sent_again_not_left_uncertain(place: Place, hook: Hook) -> None:
    place.dovecot.deliver(letter(WITHDRAWAL))
    one = place.rounds()
    one.receive()
    one.work()
    dead = one.holder.rpartition("/")[0] + "/1"
    with place.store.writing() as session:
        rows = deliveries.reserve(session, dead, datetime.now(UTC), timedelta(minutes=5), 9, deliveries.Lane.WEBHOOKS)
        assert [row.recipient_kind for row in rows] == [RecipientKind.WEBHOOK]
        assert deliveries.begin_data(session, rows[0].delivery_id, dead, datetime.now(UTC))
    one.send()
    assert len(hook.received) == 1
    assert place.told()["extract"] is DeliveryState.SENT


def test_a_server_that_drips_its_answer_keeps_nothing_else_waiting(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("intake.webhooks._LONGEST_S", 0.3)
    with dripping() as url:
        mail, webhook = place.notices
        slow = replace(place, notices=(mail, webhook.model_copy(update={"url": url})))
        slow.dovecot.deliver(letter(WITHDRAWAL))
        slow.rounds().make()
        assert slow.told() == {"placements": DeliveryState.SENT, "extract": DeliveryState.PENDING}
