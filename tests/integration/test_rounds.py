"""Whole rounds: a real mailbox in, real SMTP out, on both databases."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import SMTP

import pytest
from sqlalchemy import select

import intake.rounds
from intake.errors import DatabaseUnavailable, MailboxRefused
from intake.pipeline import work
from intake.sealing import Vault
from intake.store import Store, arrivals, audit, cases, consent, deliveries
from intake.store.schema import metadata
from intake.vocabulary import (
    WITHDRAWABLE,
    ArrivalState,
    CaseState,
    DeliveryState,
    Disposition,
    Purpose,
    Reason,
    ReplyTemplate,
    Standing,
)
from tests.integration.conftest import mailbox_settings, smtp_settings
from tests.integration.house import (
    ORDINARY,
    QUESTION,
    URGENT,
    WITHDRAWAL,
    counted,
    letter,
    register,
    rounds,
)
from tests.integration.test_mailbox import refusing
from tests.support.dovecot import Dovecot
from tests.support.faults import Fault, FaultProxy, Mode
from tests.support.sink import Rule, SmtpSink

pytestmark = pytest.mark.dovecot


@dataclass(frozen=True, slots=True)
class Place:
    """Everything a round needs."""

    store: Store
    vault: Vault
    dovecot: Dovecot
    sink: SmtpSink

    def rounds(self, **service: object) -> intake.rounds.Rounds:
        return rounds(
            self.store, self.vault, mailbox_settings(self.dovecot.imap), smtp_settings(self.sink.port), **service
        )

    def stopped(self) -> frozenset[Purpose]:
        with self.store.reading() as session:
            return consent.purposes_standing(session, "23529452", Standing.WITHDRAWN)

    def held(self) -> frozenset[Purpose]:
        with self.store.reading() as session:
            return consent.purposes_standing(session, "23529452", Standing.RESTRICTED)

    def cases(self) -> list[cases.Case]:
        with self.store.reading() as session:
            return list(cases.every(session))

    def written(self) -> tuple[object, ...]:
        with self.store.reading() as session:
            events = [event.event_id for event in consent.history(session, "23529452")]
            states = [(one.arrival_id, one.state) for one in arrivals.every(session)]
        return events, states, self.deliveries(), len(self.cases()), len(self.sink.received)

    def deliveries(self) -> dict[str, DeliveryState]:
        with self.store.reading() as session:
            return {one.template: one.state for one in deliveries.every(session)}


@pytest.fixture
def place(store: Store, vault: Vault, dovecot: Dovecot, sink: SmtpSink) -> Place:
    """A register of two, an empty mailbox, an SMTP server."""
    register(store)
    return Place(store, vault, dovecot, sink)


def test_a_withdrawal_is_in_the_ledger_acknowledged_and_moved(place: Place) -> None:
    place.dovecot.deliver(letter(WITHDRAWAL))
    done = place.rounds().make()
    assert (counted(done), dict(done.dispositions)) == ({"fetched": 1, "processed": 1, "sent": 1}, {"apply": 1})
    assert Purpose.THIRD_PARTY_SHARING in place.stopped()
    (sent,) = place.sink.received
    assert sent.rcpt_tos == ("ab23xyz@student.herts.example",)
    assert sent.message["Auto-Submitted"] == "auto-replied"
    assert "anybody outside it" in sent.message.get_content()
    (case,) = place.cases()
    assert case.state is CaseState.SETTLED
    assert case.reference in sent.message.get_content()
    assert place.dovecot.messages() == {}
    assert len(place.dovecot.messages("Handled")) == 1
    with place.store.reading() as session:
        assert audit.verify(session).ok
        (event, *_rest) = consent.history(session, "23529452")
        (arrival,) = arrivals.every(session)
        assert event.effective_at == arrival.received_at
        assert event.arrival_id == arrival.arrival_id


def test_nothing_of_a_letter_or_reply_is_in_clear_in_the_database(place: Place) -> None:
    place.dovecot.deliver(letter(WITHDRAWAL))
    place.rounds().make()
    content = b""
    with place.store.reading() as session:
        for table in metadata.sorted_tables:
            for row in session.execute(select(table)):
                content += b"\n".join(one if isinstance(one, bytes) else str(one).encode() for one in row)
    assert b"message_decided" in content
    for words in (b"set out in your policy", b"withdraw my consent", b"Auto: Your message", b"right to support"):
        assert words not in content


def test_a_question_is_answered_and_changes_nothing(place: Place) -> None:
    place.dovecot.deliver(letter(QUESTION))
    done = place.rounds().make()
    assert dict(done.dispositions) in ({"answer": 1}, {"triage": 1})
    assert place.stopped() | place.held() == frozenset()


def test_a_question_about_one_topic_gets_the_answers_to_it_alone(place: Place) -> None:
    place.dovecot.deliver(letter("Hello,\n\nPlease can you tell me who can see my notes in the service?\n\nAmina\n"))
    done = place.rounds().make()
    assert dict(done.dispositions) == {"answer": 1}
    (sent,) = place.sink.received
    answer = sent.message.get_content()
    assert "Who sees it" in answer
    for other in ("Supervision:", "Storage:", "Withdrawing:"):
        assert other not in answer


def test_an_urgent_letter_alerts_the_duty_without_a_word_of_it_and_is_not_answered(place: Place) -> None:
    place.dovecot.deliver(letter(URGENT))
    done = place.rounds().make()
    assert dict(done.dispositions) == {"escalate": 1}
    (sent,) = place.sink.received
    assert sent.rcpt_tos == ("duty@herts.example",)
    assert b"alive" not in sent.content
    (case,) = place.cases()
    assert case.urgent
    assert case.reference.encode() in sent.content


def test_what_is_not_ours_stays_where_it_is(place: Place) -> None:
    place.dovecot.deliver(letter(ORDINARY))
    done = place.rounds().make()
    assert dict(done.dispositions) == {"leave": 1}
    assert len(place.dovecot.messages()) == 1
    assert place.sink.received == []
    assert place.cases() == []


def test_a_forged_withdrawal_changes_nothing_and_is_not_answered(place: Place) -> None:
    place.dovecot.deliver(letter(WITHDRAWAL, dmarc="fail"))
    done = place.rounds().make()
    assert dict(done.dispositions) == {"triage": 1}
    assert place.stopped() | place.held() == frozenset()
    assert place.sink.received == []


def test_a_withdrawal_from_a_personal_address_is_held_and_confirmed_at_the_registered_one(place: Place) -> None:
    place.dovecot.deliver(letter(WITHDRAWAL, sender="amina.okafor@post.example"))
    done = place.rounds().make()
    assert dict(done.dispositions) == {"confirm": 1}
    assert Purpose.THIRD_PARTY_SHARING in place.held()
    written = {sent.rcpt_tos[0]: sent.message for sent in place.sink.received}
    assert set(written) == {"ab23xyz@student.herts.example", "amina.okafor@post.example"}
    assert "post.example" not in str(written["ab23xyz@student.herts.example"])
    assert written["ab23xyz@student.herts.example"]["In-Reply-To"] is None
    assert place.cases()[0].state is CaseState.WAITING


def test_the_same_withdrawal_twice_is_one_change_and_one_acknowledgement(place: Place) -> None:
    place.dovecot.deliver(letter(WITHDRAWAL, number=1))
    place.dovecot.deliver(letter(WITHDRAWAL, number=2))
    place.rounds().make()
    with place.store.reading() as session:
        events = [event.purpose for event in consent.history(session, "23529452")]
    assert len(events) == len(set(events))
    assert len(place.sink.received) == 1


def test_thanks_for_the_acknowledgement_joins_the_case(place: Place) -> None:
    place.dovecot.deliver(letter(WITHDRAWAL))
    place.rounds().make()
    own = place.sink.received[0].message["Message-ID"]
    place.dovecot.deliver(letter("Thank you very much.\n", number=9, head=f"In-Reply-To: {own}\r\n"))
    done = place.rounds().make()
    assert dict(done.dispositions) == {"follow_up": 1}
    assert len(place.sink.received) == 1
    assert len(place.cases()) == 1


def test_a_strangers_reply_to_our_message_joins_nothing(place: Place) -> None:
    place.dovecot.deliver(letter(WITHDRAWAL))
    place.rounds().make()
    own = place.sink.received[0].message["Message-ID"]
    stranger = letter("Thanks.\n", number=9, sender="x@elsewhere.example", head=f"In-Reply-To: {own}\r\n")
    place.dovecot.deliver(stranger)
    assert "follow_up" not in place.rounds().make().dispositions


def test_a_delivery_failure_of_our_acknowledgement_reopens_its_case(place: Place) -> None:
    place.dovecot.deliver(letter(WITHDRAWAL))
    place.rounds().make()
    own = place.sink.received[0].message["Message-ID"]
    place.dovecot.deliver(_delivery_failure(str(own)))
    done = place.rounds().make()
    assert dict(done.dispositions) == {"ignore": 1}
    assert place.deliveries() == {ReplyTemplate.WITHDRAWAL_ACKNOWLEDGED.value: DeliveryState.BOUNCED}
    (case,) = place.cases()
    assert case.state is CaseState.OPEN
    assert Reason.DELIVERY_FAILURE.value in case.reasons
    assert len(place.sink.received) == 1


def _delivery_failure(message_id: str) -> bytes:
    return (
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.herts.example\r\nTo: studentwellbeing@herts.example\r\n"
        "Subject: Undelivered Mail Returned to Sender\r\nAuto-Submitted: auto-replied\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nIt could not be delivered.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.herts.example\r\n\r\n"
        "Final-Recipient: rfc822; ab23xyz@student.herts.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {message_id}\r\n\r\n--b--\r\n"
    ).encode()


@pytest.mark.parametrize(
    ("rule", "state", "then"),
    [
        (Rule("rcpt", "451 4.3.0 later"), DeliveryState.PENDING, 0),
        (Rule("mail", "550 5.7.1 no"), DeliveryState.FAILED, 0),
        (Rule("data", "452 4.3.1 full"), DeliveryState.PENDING, 0),
        (Rule("data", "554 5.6.0 no"), DeliveryState.FAILED, 0),
        (Rule("data", "store_drop"), DeliveryState.UNCERTAIN, 1),
        (Rule("data", "drop"), DeliveryState.UNCERTAIN, 0),
    ],
    ids=lambda value: getattr(value, "action", None),
)
def test_each_smtp_failure_is_settled_by_what_can_be_known(
    place: Place, rule: Rule, state: DeliveryState, then: int
) -> None:
    place.dovecot.deliver(letter(WITHDRAWAL))
    place.sink.rules.append(rule)
    place.rounds().make()
    place.rounds().make()
    assert place.deliveries() == {ReplyTemplate.WITHDRAWAL_ACKNOWLEDGED.value: state}
    assert len(place.sink.received) == then
    assert place.stopped()


def test_an_error_in_one_letter_shunts_it_and_the_rest_flows_on(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.dovecot.deliver(letter(QUESTION, number=1))
    place.dovecot.deliver(letter(WITHDRAWAL, number=2))

    def breaking(*arguments: object) -> object:
        arrival = arguments[2]
        assert isinstance(arrival, arrivals.Arrival)
        if arrival.uid == 1:
            raise ZeroDivisionError("words of the letter")
        return work(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(intake.rounds, "work", breaking)
    done = place.rounds().make()
    assert counted(done) == {"fetched": 2, "shunted": 1, "processed": 1, "sent": 1}
    with place.store.reading() as session:
        (shunted,) = arrivals.every(session, ArrivalState.SHUNTED)
    assert shunted.trouble is not None
    assert "ZeroDivisionError" in shunted.trouble
    assert "words" not in shunted.trouble
    monkeypatch.undo()
    with place.store.writing() as session:
        assert arrivals.put_back(session, shunted.arrival_id)
    assert counted(place.rounds().make())["processed"] == 1


def test_a_letter_that_never_ended_twice_is_quarantined_before_its_third_try(place: Place) -> None:
    place.dovecot.deliver(letter(WITHDRAWAL))
    opened = place.rounds()
    opened.receive()
    for _ in range(2):
        with place.store.writing() as session:
            claimed = arrivals.claim(session, "dead/1/1", datetime.now(UTC), timedelta(minutes=5))
            assert claimed is not None
            arrivals.release(session, "dead/1/1")
    done = place.rounds().make()
    assert done.counts["quarantined"] == 1
    with place.store.reading() as session:
        assert arrivals.counts(session) == {ArrivalState.QUARANTINED: 1}


def test_without_the_mailbox_what_was_received_is_still_worked_and_sent(place: Place) -> None:
    place.dovecot.deliver(letter(WITHDRAWAL))
    place.rounds().receive()
    refused = rounds(
        place.store,
        place.vault,
        mailbox_settings(place.dovecot.imap, password="wrong"),
        smtp_settings(place.sink.port),
    )
    done = refused.make()
    assert [type(trouble) for trouble in done.troubles] == [MailboxRefused]
    assert (done.counts["processed"], done.counts["sent"]) == (1, 1)


def test_a_move_whose_answer_was_lost_is_harmless(place: Place, proxy: FaultProxy) -> None:
    place.dovecot.deliver(letter(WITHDRAWAL))
    through = rounds(
        place.store, place.vault, mailbox_settings(proxy.port, timeout_s=3), smtp_settings(place.sink.port)
    )
    proxy.fault = Fault(Mode.LOSE_REPLY, match="UID MOVE", times=1)
    done = through.make()
    assert len(done.troubles) == 1
    assert counted(through.make()) == {}
    assert len(place.dovecot.messages("Handled")) == 1
    assert len(place.sink.received) == 1


def test_copies_of_a_handled_letter_are_moved_with_it_and_what_a_person_puts_back_stays(place: Place) -> None:
    content = letter(WITHDRAWAL)
    place.dovecot.deliver(content)
    place.dovecot.deliver(content)
    place.rounds().make()
    assert place.dovecot.messages() == {}
    assert len(place.dovecot.messages("Handled")) == 2
    with place.dovecot.client() as client:
        client.select_folder("Handled")
        client.move([1], "INBOX")
    assert counted(place.rounds().make()) == {}
    assert len(place.dovecot.messages()) == 1
    assert len(place.sink.received) == 1


def test_a_new_uidvalidity_answers_nothing_again_and_what_was_handled_is_still_moved(place: Place) -> None:
    place.dovecot.deliver(letter(WITHDRAWAL, number=1))
    place.dovecot.deliver(letter(ORDINARY, number=2))
    apart = place.rounds()
    apart.receive()
    assert apart.work().counts["processed"] == 2
    apart.send()
    before = place.written()
    place.dovecot.change_uidvalidity()
    assert counted(place.rounds().make()) == {}
    assert place.written() == before
    assert (len(place.dovecot.messages()), len(place.dovecot.messages("Handled"))) == (1, 1)
    place.dovecot.change_uidvalidity()
    place.dovecot.deliver(letter(QUESTION, number=3))
    assert place.rounds().make().counts["processed"] == 1


def test_of_a_weeks_outage_everything_is_worked_and_only_what_is_fresh_is_answered(place: Place) -> None:
    now = datetime.now(UTC)
    with place.dovecot.client() as client:
        for days in range(8):
            sender = ("ab23xyz" if days % 2 else "bw21abc") + "@student.herts.example"
            content = letter(QUESTION, number=days, sender=sender)
            client.append("INBOX", content, msg_time=now - timedelta(days=days))
    done = place.rounds().make()
    assert done.counts["processed"] == 8
    assert len(place.sink.received) <= 1
    assert len(place.cases()) == 8


def test_an_urgent_letter_behind_huge_photographs_is_heard(place: Place) -> None:
    whole = MIMEMultipart("mixed")
    whole["From"], whole["To"], whole["Subject"] = (
        "ab23xyz@student.herts.example",
        "studentwellbeing@herts.example",
        "x",
    )
    whole.attach(MIMEApplication(b"\x00" * 200_000, "octet-stream"))
    whole.attach(MIMEText(URGENT, "plain", "utf-8"))
    place.dovecot.deliver(whole.as_bytes(policy=SMTP))
    configuration = mailbox_settings(place.dovecot.imap, max_message_bytes=100_000)
    done = rounds(place.store, place.vault, configuration, smtp_settings(place.sink.port)).make()
    assert dict(done.dispositions) == {"escalate": 1}
    assert [sent.rcpt_tos for sent in place.sink.received] == [("duty@herts.example",)]


def test_a_message_that_the_server_never_gives_becomes_a_case(
    place: Place, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.dovecot.deliver(letter(WITHDRAWAL))
    proxy.fault = Fault(Mode.EDIT, edit=refusing(1))
    through = rounds(place.store, place.vault, mailbox_settings(proxy.port), smtp_settings(place.sink.port))
    for hours in range(6):
        assert place.cases() == []
        later = datetime.now(UTC) + timedelta(hours=hours)
        monkeypatch.setattr(intake.rounds, "_now", lambda later=later: later)
        if through.make().counts["processed"]:
            break
    (case,) = place.cases()
    assert Reason.PLACEHOLDER.value in case.reasons
    assert place.sink.received == []


def test_a_database_that_was_away_is_not_held_against_the_letter(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.dovecot.deliver(letter(WITHDRAWAL))
    opened = place.rounds()

    def away(*_arguments: object) -> object:
        raise DatabaseUnavailable("the database does not answer")

    monkeypatch.setattr(intake.rounds, "work", away)
    for _ in range(5):
        assert [type(trouble) for trouble in opened.make().troubles] == [DatabaseUnavailable]
    monkeypatch.undo()
    assert counted(opened.make()) == {"processed": 1, "sent": 1}


def test_a_worker_that_lost_its_claim_shunts_nothing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.dovecot.deliver(letter(WITHDRAWAL))
    slow, other = place.rounds(), place.rounds()

    def overtaken(*arguments: object) -> object:
        monkeypatch.undo()
        with place.store.writing() as session:
            arrivals.release(session, slow.holder)
        assert other.work().counts["processed"] == 1
        raise ZeroDivisionError

    monkeypatch.setattr(intake.rounds, "work", overtaken)
    assert counted(slow.make())["sent"] == 1
    with place.store.reading() as session:
        assert arrivals.counts(session) == {ArrivalState.PROCESSED: 1}


def test_another_worker_that_lives_keeps_the_mailbox_and_the_letters_are_shared(place: Place) -> None:
    place.dovecot.deliver(letter(WITHDRAWAL))
    polling = place.rounds()
    polling.receive()
    other = replace(place.rounds(), holder="elsewhere/1/1")
    done = other.make()
    assert not done.looked
    assert counted(done) == {"processed": 1, "sent": 1}
    polling.give_back()
    place.dovecot.deliver(letter(ORDINARY))
    assert other.make().looked


def test_observe_records_and_alerts_but_changes_moves_and_answers_nothing(place: Place) -> None:
    place.dovecot.deliver(letter(WITHDRAWAL, number=1))
    place.dovecot.deliver(letter(URGENT, number=2))
    place.rounds(mode="observe").make()
    assert len(place.dovecot.messages()) == 2
    assert [sent.rcpt_tos for sent in place.sink.received] == [("duty@herts.example",)]
    assert place.stopped() | place.held() == frozenset()
    proposed = {case.disposition: case.proposed for case in place.cases()}
    assert proposed == {
        Disposition.TRIAGE: {"disposition": "apply", "purposes": [one.value for one in WITHDRAWABLE]},
        Disposition.ESCALATE: None,
    }


def test_assist_holds_and_proposes(place: Place) -> None:
    place.dovecot.deliver(letter(WITHDRAWAL))
    place.rounds(mode="assist").make()
    assert place.held()
    (case,) = place.cases()
    assert (case.disposition, case.state) == (Disposition.TRIAGE, CaseState.OPEN)
    assert Reason.ASSIST_MODE.value in case.reasons
    assert case.proposed == {"disposition": "apply", "purposes": [one.value for one in WITHDRAWABLE]}


def test_an_old_letter_is_applied_but_an_officer_answers_it(place: Place) -> None:
    with place.dovecot.client() as client:
        client.append("INBOX", letter(WITHDRAWAL), msg_time=datetime.now(UTC) - timedelta(days=3))
    done = place.rounds().make()
    assert dict(done.dispositions) == {"apply": 1}
    assert place.stopped()
    assert place.sink.received == []
    (case,) = place.cases()
    assert case.state is CaseState.OPEN
    assert Reason.TOO_OLD.value in case.reasons
