"""Replying: what is written, byte by byte, and that a broken template is refused before anything runs."""

import shutil
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from intake.errors import TemplateRefused
from intake.places import templates_folder
from intake.purposes import load_purposes
from intake.reply import Reply, ReplyFields, Thread, Writer
from intake.settings import Service
from intake.templating import ReplyTemplates, load_topics
from intake.vocabulary import Purpose, RecipientKind, ReplyTemplate

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
SERVICE = Service(
    name="Student Wellbeing",
    organisation="University of Hertfordshire",
    address="wellbeing@herts.example",
    duty_address="duty@herts.example",
)
STUDENT = (RecipientKind.ORIGINATOR, "ab23xyz@student.herts.example")


def writer(service: Service = SERVICE, folder: Path | None = None, answers: Path | None = None) -> Writer:
    return Writer(service, load_purposes(), ReplyTemplates(folder, answers))


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    """A copy of the answers, to change."""
    shutil.copytree(templates_folder() / "answers", tmp_path / "answers")
    return tmp_path / "answers"


def written(template: ReplyTemplate, fields: ReplyFields | None = None, thread: Thread | None = None) -> Reply:
    return writer().write(
        template,
        STUDENT,
        fields or ReplyFields("W-0123456789AB", NOW, stopped=(Purpose.SUPERVISION,)),
        thread or Thread(),
        token="tok",
        now=NOW,
    )


def test_a_reply_carries_the_header_fields_of_an_automatic_response() -> None:
    reply = written(ReplyTemplate.NEUTRAL_RECEIPT, thread=Thread("<q@s.example>", ("<a@s.example>", "<b@s.example>")))
    message = message_from_bytes(reply.content, policy=policy.default)
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["X-Auto-Response-Suppress"] == "All"
    assert message["To"] == "ab23xyz@student.herts.example"
    assert message["In-Reply-To"] == "<q@s.example>"
    assert str(message["References"]).split() == ["<a@s.example>", "<b@s.example>", "<q@s.example>"]
    assert message["Message-ID"] == "<tok@herts.example>"
    assert message["Subject"] == "Auto: Your message to Student Wellbeing"
    assert message.get_content_type() == "text/plain"
    assert message["Cc"] is None
    assert message["Reply-To"] is None
    assert message["Content-Disposition"] is None


@pytest.mark.parametrize(
    "bad", ["<a\x00b@s.example>", "<a\x1b[31mb@s.example>", "<\u00e4@s.example>", f"<{'a' * 980}@s.example>"]
)
def test_a_message_id_that_no_server_would_take_back_is_not_written(bad: str) -> None:
    assert b"In-Reply-To" not in written(ReplyTemplate.NEUTRAL_RECEIPT, thread=Thread(bad)).content
    reply = written(ReplyTemplate.NEUTRAL_RECEIPT, thread=Thread("<q@s.example>", (bad,)))
    assert message_from_bytes(reply.content)["References"] == "<q@s.example>"


def test_every_line_ends_as_rfc_5322_says_and_none_is_too_long() -> None:
    for template in ReplyTemplate:
        content = written(template, writer().example_fields()).content
        assert b"\n" not in content.replace(b"\r\n", b"")
        assert max(len(line) for line in content.split(b"\r\n")) <= 998
        assert len(content) < 8_000


def test_the_neutral_receipt_is_the_same_for_everyone_apart_from_reference_and_date() -> None:
    known = written(ReplyTemplate.NEUTRAL_RECEIPT, ReplyFields("W-AAAAAAAAAAAA", NOW, student_id="23529452"))
    stranger = written(ReplyTemplate.NEUTRAL_RECEIPT, ReplyFields("W-BBBBBBBBBBBB", NOW))
    assert known.body.replace("W-AAAAAAAAAAAA", "W-BBBBBBBBBBBB") == stranger.body
    asked_more = ReplyFields("W-BBBBBBBBBBBB", NOW, stopped=(Purpose.CONTACT,), question=True, other_request=True)
    assert written(ReplyTemplate.NEUTRAL_RECEIPT, asked_more).body == stranger.body


@pytest.mark.parametrize("template", [ReplyTemplate.NEUTRAL_RECEIPT, ReplyTemplate.WITHDRAWAL_CONFIRMATION])
def test_what_a_stranger_may_read_confirms_nothing(template: ReplyTemplate) -> None:
    body = written(template).body.lower()
    for word in ("your record", "counsel", "appointment", "you are known", "we hold", "stopped", "held"):
        assert word not in body


def test_the_acknowledgement_says_what_has_stopped_and_what_has_not() -> None:
    body = " ".join(written(ReplyTemplate.WITHDRAWAL_ACKNOWLEDGED).body.split())
    for part in (
        "26 November 2026",
        "professional supervisor",
        "stays lawful",
        "serious risk",
        "right to support",
        "Higher Education Statistics Agency",
        "change your mind",
        "If you did not ask for this",
        "W-0123456789AB",
        "Information Commissioner",
        "sent automatically",
        "not watched round the clock",
        "999",
        "116 123",
        "85258",
        "choose option 2",
    ):
        assert part in body, part
    for never in ("erase", "delete", "why you", "http://"):
        assert never not in body.lower(), never
    assert "anybody outside it" not in body.split("What this does not change")[0]


def test_a_question_beside_a_withdrawal_is_answered_in_the_acknowledgement() -> None:
    fields = ReplyFields("W-0123456789AB", NOW, stopped=(Purpose.SUPERVISION,), question=True, topics=("who_sees",))
    assert "Who sees it" in written(ReplyTemplate.WITHDRAWAL_ACKNOWLEDGED, fields).body


def test_a_question_gets_the_answers_to_its_topics_and_no_others() -> None:
    fields = ReplyFields("W-0123456789AB", NOW, question=True, topics=("supervision", "hesa_ofs"))
    body = " ".join(written(ReplyTemplate.QUESTION_ANSWERED, fields).body.split())
    assert "professional supervisor" in body
    assert "Higher Education Statistics Agency" in body
    for other in ("Who sees it", "University servers", "without your permission"):
        assert other not in body


def test_every_topic_has_its_answer_and_each_stands_in_the_preview() -> None:
    topics = load_topics().topics
    one = writer()
    one.prove(topics)
    body = written(ReplyTemplate.QUESTION_ANSWERED, one.example_fields(topics)).body
    assert body.count("\n  - ") == len(topics)


def test_an_answer_without_a_topic_and_a_topic_without_an_answer_are_refused(answers: Path) -> None:
    topics = load_topics().topics
    (answers / "storage.txt").rename(answers / "parking.txt")
    with pytest.raises(TemplateRefused, match=r"answers/parking\.txt: no topic of that name"):
        writer(answers=answers).prove(topics)
    (answers / "parking.txt").unlink()
    with pytest.raises(TemplateRefused, match=r"answers/storage\.txt: is missing"):
        writer(answers=answers).prove(topics)


@pytest.mark.parametrize("personal", ["{{ student_id }}", "{{ reference }}", "{{ received_on }}"])
def test_an_answer_cannot_be_personal(answers: Path, personal: str) -> None:
    (answers / "storage.txt").write_text(f"  - Storage of {personal}\n")
    with pytest.raises(TemplateRefused, match=r"answers/storage\.txt, line 1|answers/storage\.txt: "):
        writer(answers=answers).prove(load_topics().topics)


def test_another_service_says_its_own_policy_without_code(answers: Path) -> None:
    (answers / "storage.txt").write_text("  - Storage: in a green cupboard at {{ service.organisation }}.\n")
    fields = ReplyFields("W-0123456789AB", NOW, topics=("storage",))
    changed = writer(answers=answers)
    reply = changed.write(ReplyTemplate.QUESTION_ANSWERED, STUDENT, fields, Thread(), token="t", now=NOW)
    assert "green cupboard at University of Hertfordshire" in reply.body
    assert reply.template_version != written(ReplyTemplate.QUESTION_ANSWERED).template_version
    assert any("green cupboard" in one for one in changed.templates.own_texts())


def test_the_alert_has_the_reference_and_none_of_the_words() -> None:
    reply = written(ReplyTemplate.DUTY_ALERT)
    assert reply.subject == "Urgent case W-0123456789AB: a person must read it now"
    assert "student@" not in reply.body


def test_the_date_is_londons() -> None:
    fields = ReplyFields("W-0123456789AB", datetime(2026, 6, 30, 23, 30, tzinfo=UTC))
    assert "1 July 2026" in written(ReplyTemplate.NEUTRAL_RECEIPT, fields).body


def test_a_name_that_is_not_ascii_is_encoded() -> None:
    service = SERVICE.model_copy(update={"name": "Lles Myfyrwyr – Bangor", "address": "lles@bangor.example"})
    reply = writer(service).write(
        ReplyTemplate.NEUTRAL_RECEIPT, STUDENT, ReplyFields("W-0", NOW), Thread(), token="t", now=NOW
    )
    message = message_from_bytes(reply.content, policy=policy.default)
    assert "Lles Myfyrwyr – Bangor" in str(message["From"])
    assert "Lles Myfyrwyr – Bangor" in str(message["Subject"])
    assert "Lles Myfyrwyr – Bangor" in message.get_content()


def test_every_template_is_proved_with_every_field() -> None:
    writer().prove()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Hello {{ refrence }}", "refrence"),
        ("Hello {{ reference", "line 1"),
        ("{{ ''.__class__.__mro__ }}", "unsafe"),
        ("{% include 'nowhere.txt' %}", "nowhere"),
        ("{{ 1 / 0 }}", "ZeroDivisionError"),
    ],
)
def test_a_broken_template_is_refused_by_name(tmp_path: Path, text: str, why: str) -> None:
    folder = tmp_path / "replies"
    shutil.copytree(templates_folder() / "replies", folder)
    (folder / "neutral_receipt" / "body.txt").write_text(text)
    with pytest.raises(TemplateRefused, match=r"neutral_receipt/body\.txt") as refused:
        writer(folder=folder).prove()
    assert why in str(refused.value)


def test_a_missing_template_is_refused_by_name(tmp_path: Path) -> None:
    folder = tmp_path / "replies"
    shutil.copytree(templates_folder() / "replies", folder)
    (folder / "duty_alert" / "subject.txt").unlink()
    with pytest.raises(TemplateRefused, match="duty_alert/subject"):
        writer(folder=folder).prove()


def test_another_wording_is_another_version(tmp_path: Path) -> None:
    folder = tmp_path / "replies"
    shutil.copytree(templates_folder() / "replies", folder)
    before = ReplyTemplates(folder).version
    (folder / "duty_alert" / "subject.txt").write_text("Come at once: {{ reference }}")
    assert ReplyTemplates(folder).version != before
