"""Danger is heard wherever in a message it stands, and nobody who speaks of it gets an automatic answer."""

from datetime import UTC, datetime

import pytest

from intake.decide import Decision
from intake.pipeline import House, rehearse
from intake.store import Store
from intake.vocabulary import ConsentEventKind, Disposition, Reason, ReplyTemplate
from tests.conversations.people import ALL_OF_IT, AMINA, BY_AMINA, WHO_SEES_IT

DANGER = "I am going to kill myself tonight."
LETTER = ALL_OF_IT.format(signature=BY_AMINA)
PLAIN = "Content-Type: text/plain; charset=utf-8\n\n"


def letter(rest: str, name: str = "") -> bytes:
    """A letter from the registered address, vouched for; `rest` begins with its own header fields."""
    head = (
        f"Return-Path: <{AMINA.address}>\n"
        "Authentication-Results: mx.herts.example; dmarc=pass header.from=student.herts.example\n"
        f'From: "{name}" <{AMINA.address}>\nTo: studentwellbeing@herts.example\nSubject: My information\n'
        "Message-ID: <1@student.herts.example>\nMIME-Version: 1.0\n"
    )
    return (head + rest).encode()


def decided(house: House, store: Store, content: bytes) -> tuple[Decision, list[ReplyTemplate]]:
    """What would be decided, and which messages would go out."""
    with store.reading() as session:
        _facts, decision, outgoing = rehearse(house, session, content, datetime.now(UTC))
    return decision, [one.reply.template for one in outgoing if one.verdict.allowed]


@pytest.mark.parametrize(
    "content",
    [
        letter(f"{PLAIN}{LETTER}-- \n{DANGER}\n"),
        letter(f"{PLAIN}{LETTER}--\nAmina Okafor\n{DANGER}\n"),
        letter(f'Content-Type: text/html\n\n<p>{LETTER}</p><p style="display:none">{DANGER}</p>\n'),
        letter(PLAIN + LETTER, name="I am going to kill myself"),
    ],
    ids=["signature", "signature below a name", "hidden", "display name"],
)
def test_danger_under_the_signature_or_out_of_sight_calls_a_person_and_is_not_answered(
    quiet_house: House, story_store: Store, content: bytes
) -> None:
    decision, templates = decided(quiet_house, story_store, content)
    assert decision.disposition is Disposition.ESCALATE
    assert templates == [ReplyTemplate.DUTY_ALERT]


@pytest.mark.parametrize(
    "signature",
    [
        "In a crisis ring 999, or the Samaritans on 116 123. If you are feeling suicidal, text SHOUT to 85258.",
        "Suicide Prevention Lead | Hertfordshire Students",
        "Sent from my iPhone",
    ],
)
def test_a_signature_that_names_where_to_find_help_alarms_nobody(
    quiet_house: House, story_store: Store, signature: str
) -> None:
    decision, templates = decided(quiet_house, story_store, letter(f"{PLAIN}{LETTER}-- \n{signature}\n"))
    assert decision.disposition is Disposition.APPLY
    assert templates == [ReplyTemplate.WITHDRAWAL_ACKNOWLEDGED]


PARTS = "Content-Type: multipart/mixed; boundary=b\n\n--b\n{body}\n--b\n{other}\n--b--\n"
DOCUMENTS = {
    "document": 'Content-Type: application/msword; name="letter.doc"\nContent-Disposition: attachment\n\nwords\n',
    "text in disguise": 'Content-Type: application/octet-stream; name="a.txt"\n\nOnly for my parents, please.\n',
    "recording": 'Content-Type: audio/mpeg; name="a.mp3"\nContent-Disposition: attachment\n\nsounds\n',
    "note": 'Content-Type: text/plain; name="a.txt"\nContent-Disposition: attachment\n\nOnly for my parents, please.\n',
}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_withdrawal_with_a_document_that_nobody_read_is_held_and_left_to_a_person(
    quiet_house: House, story_store: Store, document: str
) -> None:
    content = letter(PARTS.format(body=PLAIN + LETTER, other=DOCUMENTS[document]))
    decision, templates = decided(quiet_house, story_store, content)
    assert decision.disposition is Disposition.TRIAGE
    assert Reason.ENCLOSES in decision.reasons
    assert [one.event for one in decision.consent] == [ConsentEventKind.HELD]
    assert templates == [ReplyTemplate.NEUTRAL_RECEIPT]


def test_a_question_with_a_document_is_not_answered_by_itself(quiet_house: House, story_store: Store) -> None:
    content = letter(PARTS.format(body=PLAIN + WHO_SEES_IT, other=DOCUMENTS["document"]))
    _decision, alone = decided(quiet_house, story_store, letter(PLAIN + WHO_SEES_IT))
    decision, templates = decided(quiet_house, story_store, content)
    assert alone == [ReplyTemplate.QUESTION_ANSWERED]
    assert decision.disposition is Disposition.TRIAGE
    assert templates == [ReplyTemplate.NEUTRAL_RECEIPT]


@pytest.mark.parametrize(
    "other",
    [
        'Content-Type: image/png; name="logo.png"\nContent-ID: <logo>\n\npng\n',
        'Content-Type: application/pkcs7-signature; name="smime.p7s"\n\nsigned\n',
    ],
    ids=["logo", "signed"],
)
def test_a_logo_and_a_cryptographic_signature_enclose_nothing(
    quiet_house: House, story_store: Store, other: str
) -> None:
    content = letter(PARTS.format(body=PLAIN + LETTER, other=other))
    decision, _templates = decided(quiet_house, story_store, content)
    assert decision.disposition is Disposition.APPLY
