"""A whole house for tests: real reader, real templates, a few students, letters from them."""

from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

from intake.opening import open_house
from intake.rounds import Round, Rounds
from intake.sealing import Vault
from intake.settings import Mailbox, Settings, Smtp
from intake.store import Store, students
from intake.store.students import Student
from tests.integration.conftest import whole_settings

AMINA = Student(
    "23529452", "Amina", "Okafor", None, "ab23xyz@student.herts.example", "amina.okafor@post.example", None, "Law"
)
BEN = Student("21884410", "Benedict", "Whitlow", "Ben", "bw21abc@student.herts.example")

WITHDRAWAL = (
    "Dear Student Wellbeing,\n\nI withdraw my consent to Student Wellbeing using my information, all of it, as set out "
    "in your policy.\n\nAmina Okafor\n23529452\n"
)
QUESTION = (
    "Hello,\n\nCould you tell me who can see the notes from my appointments, and how long are they kept?\n\n"
    "Thank you,\nAmina\n"
)
ORDINARY = "Hello,\n\nCan I move my appointment on Tuesday to Thursday afternoon? I have a lab.\n\nThanks\nAmina\n"
URGENT = "I can't do this any more. I don't want to be alive tomorrow. Sorry for everything.\n"


def letter(
    body: str,
    *,
    number: int = 1,
    sender: str = "ab23xyz@student.herts.example",
    dmarc: str = "pass",
    head: str = "",
    date: float | None = None,
) -> bytes:
    """Write a letter as the university's server would deliver it."""
    domain = sender.rpartition("@")[2]
    written_at = datetime.now(UTC) if date is None else datetime.fromtimestamp(date, UTC)
    return (
        f"Return-Path: <{sender}>\r\n"
        f"Authentication-Results: mx.herts.example; dmarc={dmarc} header.from={domain}\r\n"
        f"From: {sender}\r\nTo: studentwellbeing@herts.example\r\nSubject: Hello\r\n{head}"
        f"Date: {format_datetime(written_at)}\r\nMessage-ID: <{number}.{abs(hash(body)) % 10**8}@{domain}>\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    ).encode() + body.replace("\n", "\r\n").encode()


def register(store: Store) -> None:
    """Put the students into the register."""
    with store.writing() as session:
        students.add(session, [AMINA, BEN], datetime.now(UTC))
        students.note_size(session, datetime.now(UTC))


def rounds(store: Store, vault: Vault, mailbox: Mailbox, smtp: Smtp, **service: object) -> Rounds:
    """Open the house around a mailbox and an SMTP server."""
    settings: Settings = whole_settings(mailbox, smtp, Path("/nowhere"), **service)
    return Rounds(open_house(settings, vault, store), store)


def counted(done: Round) -> dict[str, int]:
    """What a round counted, without the zeros."""
    return {name: number for name, number in done.counts.items() if number}
