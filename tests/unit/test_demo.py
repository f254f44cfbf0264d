"""The demo's parts: letters, register, post office, and the words in which it tells what became of a letter."""

import csv
import smtplib
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.utils import parseaddr
from pathlib import Path

import pytest
from imapclient import IMAPClient

from classifiers import AuthorRole
from intake.demo import telling
from intake.demo.letters import SampleLetter, answers, sample_letters, template_of
from intake.demo.postoffice import LOOPBACK, PostOffice, Sent, as_inbound
from intake.demo.register import write_register
from intake.vocabulary import Assurance, Disposition, Purpose, Reason, ReplyTemplate

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
ADDRESS = "studentwellbeing@herts.example"


@pytest.fixture(scope="module")
def letters() -> list[SampleLetter]:
    return sample_letters(NOW)


def test_every_letter_has_a_message_id_of_its_own(letters: list[SampleLetter]) -> None:
    assert len({letter.message_id for letter in letters}) == len(letters) >= 40
    assert all(letter.message_id for letter in letters)


def test_letters_arrive_in_order_within_the_last_day(letters: list[SampleLetter]) -> None:
    moments = [letter.received_at for letter in letters]
    assert moments == sorted(moments)
    assert moments[-1] == NOW
    assert NOW - moments[0] < timedelta(hours=24)


def test_every_sender_is_at_a_domain_that_cannot_exist(letters: list[SampleLetter]) -> None:
    senders = [parseaddr(str(message_from_bytes(letter.content)["From"]))[1] for letter in letters]
    assert all(sender.endswith(".example") for sender in senders)


def test_the_register_is_the_same_each_time_and_has_no_two_students_with_one_number(tmp_path: Path) -> None:
    write_register(tmp_path / "one.csv", 300)
    write_register(tmp_path / "two.csv", 300)
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()
    with (tmp_path / "one.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len({row["student_id"] for row in rows}) == len({row["email"] for row in rows}) == 300
    assert all(len(row["student_id"]) == 8 for row in rows)


def test_every_student_who_writes_from_the_university_is_in_the_register(
    tmp_path: Path, letters: list[SampleLetter]
) -> None:
    write_register(tmp_path / "students.csv", 300)
    with (tmp_path / "students.csv").open(encoding="utf-8", newline="") as file:
        known = {row["email"] for row in csv.DictReader(file)}
    senders = {parseaddr(str(message_from_bytes(letter.content)["From"]))[1] for letter in letters}
    assert {sender for sender in senders if sender.endswith("@student.herts.example")} <= known


def test_the_post_office_serves_imap_and_smtp() -> None:
    with PostOffice(ADDRESS, "password") as office:
        office.deliver(b"Subject: one\r\n\r\nfirst\r\n", NOW)
        with smtplib.SMTP(LOOPBACK, office.smtp_port) as smtp:
            smtp.sendmail("a@student.herts.example", ADDRESS, "From: a@student.herts.example\r\n\r\nsecond")
            smtp.sendmail(ADDRESS, "b@student.herts.example", "Subject: out\r\n\r\nthird")
        with IMAPClient(LOOPBACK, office.imap_port, ssl=False, timeout=10) as client:
            client.normalise_times = False
            client.login(ADDRESS, "password")
            client.select_folder("INBOX", readonly=True)
            found = client.fetch(client.search(), ["BODY.PEEK[]", "INTERNALDATE"])
        first, second = (found[uid] for uid in sorted(found))
        assert first[b"BODY[]"] == b"Subject: one\r\n\r\nfirst\r\n"
        assert first[b"INTERNALDATE"] == NOW
        assert second[b"BODY[]"].endswith(b"second\r\n")
        assert [one.recipient for one in office.sent] == ["b@student.herts.example"]


def test_the_post_office_vouches_only_for_who_it_saw() -> None:
    claim = "Authentication-Results: mx.herts.example; dmarc=pass header.from=student.herts.example"
    forged = f"{claim}\r\nFrom: a@student.herts.example\r\n\r\nI am somebody else".encode()
    arrived = message_from_bytes(as_inbound(forged, "b@elsewhere.example", NOW))
    results = arrived.get_all("Authentication-Results", [])
    assert len(results) == 1
    assert "dmarc=fail" in results[0]
    honest = message_from_bytes(as_inbound(b"From: a@post.example\n\nhello", "a@post.example", NOW))
    assert "dmarc=pass" in str(honest["Authentication-Results"])
    assert honest["Date"] is not None


def test_answers_name_the_message_that_they_answer() -> None:
    def sent(template: ReplyTemplate, recipient: str, message_id: str) -> Sent:
        text = f"X-Wellbeing-Intake: {template.value}\r\nMessage-ID: {message_id}\r\n\r\nbody"
        return Sent(recipient, text.encode())

    acknowledgement = sent(
        ReplyTemplate.WITHDRAWAL_ACKNOWLEDGED, "mf21kqa@student.herts.example", "<one@herts.example>"
    )
    receipt = sent(ReplyTemplate.NEUTRAL_RECEIPT, "rashid.chow@inbox.example", "<two@herts.example>")
    thanks, failure = answers([acknowledgement, receipt], NOW)
    assert message_from_bytes(thanks.content)["In-Reply-To"] == "<one@herts.example>"
    assert b"Message-ID: <two@herts.example>" in failure.content
    assert b"Final-Recipient: rfc822; rashid.chow@inbox.example" in failure.content
    assert template_of(receipt) == "neutral_receipt"
    assert answers([], NOW) == []


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_is_told_in_plain_words(reason: Reason) -> None:
    told = telling.why([reason.value])
    assert told
    assert "_" not in told


@pytest.mark.parametrize("disposition", list(Disposition))
def test_every_disposition_has_its_meaning(disposition: Disposition) -> None:
    assert telling.heading(disposition)


@pytest.mark.parametrize("role", list(AuthorRole))
@pytest.mark.parametrize("assurance", list(Assurance))
def test_every_writer_is_named_by_role(role: AuthorRole, assurance: Assurance) -> None:
    result = {
        "screening": {"automated": False},
        "classification": {"author_role": role.value},
        "sender": {"assurance": int(assurance)},
    }
    assert telling.who(result)


def test_every_purpose_and_template_has_a_short_name() -> None:
    assert all(telling.purposes([purpose.value]) for purpose in Purpose)
    sent = {"outgoing": [{"template": name.value} for name in ReplyTemplate], "withheld": []}
    withheld = {"outgoing": [], "withheld": [{"template": name.value, "reason": "too_old"} for name in ReplyTemplate]}
    assert telling.written(sent).count(",") == telling.written(withheld).count("(too old)") - 1
    assert telling.written({"outgoing": [], "withheld": []}) == "no answer"
