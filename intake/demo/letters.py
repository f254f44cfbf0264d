"""The demo's letters: files on disk, brought up to date so that they arrive now. Nobody in them exists."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import Message
from email.utils import format_datetime
from importlib.resources import files

from intake.demo.postoffice import Sent, with_crlf
from intake.reply import OWN_HEADER
from intake.vocabulary import Disposition, ReplyTemplate

#: from one letter to the next
_APART = timedelta(minutes=7)


@dataclass(frozen=True, slots=True)
class SampleLetter:
    """One letter: its RFC 5322 bytes, when it arrives, and what it is in a few words."""

    title: str
    content: bytes
    received_at: datetime
    message_id: str
    #: what may become of it; the first is what a careful officer would do
    may_become: tuple[Disposition, ...]


def sample_letters(now: datetime) -> list[SampleLetter]:
    """Read the letters in order; the last arrives at `now`."""
    folder = files(__package__) / "letters"
    index = tomllib.loads((folder / "letters.toml").read_text(encoding="utf-8"))
    last = len(index) - 1
    return [
        _letter(
            (folder / f"{name}.eml").read_bytes(),
            now - (last - place) * _APART,
            entry["title"],
            tuple(Disposition(one) for one in entry["may_become"]),
        )
        for place, (name, entry) in enumerate(index.items())
    ]


def answers(sent: Sequence[Sent], now: datetime) -> list[SampleLetter]:
    """Write what comes back to the service's own replies: a word of thanks, and a delivery failure."""
    found = [(answer, _answered(answer, sent)) for answer in _ANSWERS]
    return [_answer(answer, answered, now) for answer, answered in found if answered is not None]


def template_of(sent: Sent) -> str:
    """Give the name of the template that a sent message was written from."""
    return _field(message_from_bytes(sent.content), OWN_HEADER)


@dataclass(frozen=True, slots=True)
class _Answer:
    name: str
    title: str
    template: ReplyTemplate
    recipient: str
    may_become: Disposition


_ANSWERS = (
    _Answer(
        "thanks.eml",
        "Thanks for it",
        ReplyTemplate.WITHDRAWAL_ACKNOWLEDGED,
        "mf21kqa@student.herts.example",
        Disposition.FOLLOW_UP,
    ),
    _Answer(
        "undeliverable.eml",
        "A neutral receipt comes back",
        ReplyTemplate.NEUTRAL_RECEIPT,
        "rashid.chow@inbox.example",
        Disposition.IGNORE,
    ),
)


def _answered(answer: _Answer, sent: Sequence[Sent]) -> Sent | None:
    wanted = (answer.template.value, answer.recipient)
    return next((one for one in sent if (template_of(one), one.recipient) == wanted), None)


def _answer(answer: _Answer, answered: Sent, now: datetime) -> SampleLetter:
    text = (files(__package__) / "answers" / answer.name).read_text(encoding="utf-8")
    text = text.replace("{answered}", _field(message_from_bytes(answered.content), "Message-ID"))
    text = text.replace("{recipient}", answered.recipient)
    return _letter(text.encode(), now, answer.title, (answer.may_become,))


def _letter(content: bytes, received_at: datetime, title: str, may_become: tuple[Disposition, ...]) -> SampleLetter:
    head, gap, body = content.replace(b"\r\n", b"\n").partition(b"\n\n")
    date = f"Date: {format_datetime(received_at)}".encode()
    current = with_crlf(re.sub(rb"^Date: .*$", date, head, count=1, flags=re.MULTILINE) + gap + body)
    return SampleLetter(title, current, received_at, _field(message_from_bytes(current), "Message-ID"), may_become)


def _field(message: Message, name: str) -> str:
    return str(message.get(name, "")).strip()
