"""Views: what the pages show of a case, computed before anything is rendered; closed letters give no words."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import log2
from typing import Any

from intake.officers import Action, CaseFile, LetterOnFile
from intake.parse import InboundMessage
from intake.store.approvals import ApprovalRow
from intake.store.consent import PurposeStanding, standings
from intake.store.notes import NoteRow
from intake.vocabulary import Purpose

#: the chart's measures, in user units
_WIDTH, _ROW, _LABEL, _NUMBER = 560, 28, 240, 90


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a letter; `mark` says what the classifier saw in it ("" where nothing)."""

    text: str
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """A letter's words, as shown once somebody opened it."""

    arrival_id: str
    sender: str
    subject: str
    own: tuple[Part, ...]
    signature: str
    quoted: tuple[Part, ...]
    nested: str
    hidden: str
    attachments: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """One step of the waterfall: its slug, weight in bits, and its place in the chart."""

    label: str
    weight: float
    x: float
    width: float
    y: float
    kind: str


@dataclass(frozen=True, slots=True)
class Waterfall:
    """The weights of one candidate, from the odds before any evidence to the odds after all of it."""

    student_id: str
    probability: float
    bars: tuple[Bar, ...]
    zero: float
    height: int
    width: int = _WIDTH
    label: int = _LABEL
    row: int = _ROW


def opened(letter: LetterOnFile, message: InboundMessage) -> Opened:
    """Give a letter's words in pieces, with what the classifier saw marked."""
    read = letter.classification
    marks = [(one, "urgent") for one in read.get("urgent", {}).get("evidence", [])]
    marks += [(one, "seen") for one in read.get("evidence", [])]
    originator = message.originator
    sender = "" if originator is None else f"{originator.display_name} <{originator.address}>".strip()
    return Opened(
        letter.arrival.arrival_id,
        sender,
        message.subject,
        marked(message.new_text, marks),
        message.signature,
        marked(message.quoted_text, [one for one in marks if one[1] == "urgent"]),
        message.nested_text,
        message.hidden_text,
        tuple((one.name, one.content_type, size_of(one.size)) for one in message.attachments),
    )


def marked(text: str, marks: Sequence[tuple[str, str]]) -> tuple[Part, ...]:
    """Cut a text into pieces, so that each sentence of `marks` that stands in it is one, white space aside."""
    spans: list[tuple[int, int, str]] = []
    for sentence, kind in marks:
        words = sentence.split()
        if not words:
            continue
        found = re.search(r"\s+".join(re.escape(word) for word in words), text)
        if found and not any(start < found.end() and found.start() < end for start, end, _kind in spans):
            spans.append((found.start(), found.end(), kind))
    parts, at = [], 0
    for start, end, kind in sorted(spans):
        parts += [Part(text[at:start]), Part(text[start:end], kind)]
        at = end
    return tuple(one for one in (*parts, Part(text[at:])) if one.text)


def size_of(size: int) -> str:
    """Write a size in bytes for people."""
    return (
        f"{size:,} bytes"
        if size < 1024
        else f"{size / 1024:,.0f} KB"
        if size < 1 << 20
        else f"{size / (1 << 20):,.1f} MB"
    )


def waterfalls(candidates: Sequence[Mapping[str, Any]], register_size: int) -> tuple[Waterfall, ...]:
    """Draw the first candidate and the runner-up on one scale."""
    prior = -log2(max(register_size, 1))
    shown = [(one, _steps(one, prior)) for one in candidates[:2]]
    ends = [end for _one, steps in shown for _label, weight, start in steps for end in (start, start + weight)]
    low, high = min(ends, default=0.0), max(ends, default=0.0)
    scale = (_WIDTH - _LABEL - _NUMBER) / ((high - low) or 1)
    return tuple(_waterfall(one, steps, low, scale) for one, steps in shown)


def _steps(candidate: Mapping[str, Any], prior: float) -> list[tuple[str, float, float]]:
    """Label, weight and start of each bar: the odds before, the evidence, strongest first, and the odds after."""
    steps, at = [(f"before: one in {round(2**-prior):,}", prior, 0.0)], prior
    for name, weight in sorted(candidate.get("weights", {}).items(), key=lambda one: -one[1]):
        steps.append((name, weight, at))
        at += weight
    return [*steps, ("together", at, 0.0)]


def _waterfall(
    candidate: Mapping[str, Any], steps: Sequence[tuple[str, float, float]], low: float, scale: float
) -> Waterfall:
    bars = tuple(
        Bar(
            label,
            weight,
            round(_LABEL + (min(start, start + weight) - low) * scale, 1),
            round(max(abs(weight) * scale, 1), 1),
            4 + row * _ROW,
            "total" if row in (0, len(steps) - 1) else "for" if weight >= 0 else "against",
        )
        for row, (label, weight, start) in enumerate(steps)
    )
    zero = round(_LABEL - low * scale, 1)
    return Waterfall(candidate["student_id"], candidate["probability"], bars, zero, 8 + len(steps) * _ROW)


def consents(file: CaseFile, not_withdrawable: Sequence[Purpose]) -> list[PurposeStanding]:
    """Say where each purpose of the case's student stands."""
    return standings(file.events, not_withdrawable)


@dataclass(frozen=True, slots=True)
class Request:
    """What a second person was asked for, with the words in which it was asked."""

    row: ApprovalRow
    words: Mapping[str, str]


def requests(file: CaseFile, notes: Sequence[tuple[NoteRow, Mapping[str, str]]]) -> list[Request]:
    """Give everything that a second person was asked for in a case, oldest first."""
    written = {row.note_id: fields for row, fields in notes}
    asked = {one.detail["approval"]: one.detail for one in file.decisions if one.action == Action.ASK_APPROVAL}
    return [Request(row, written.get(asked.get(row.approval_id, {}).get("note", ""), {})) for row in file.approvals]


def due_in(due_at: datetime | None, now: datetime) -> str:
    """Say how long is left, in words."""
    if due_at is None:
        return "no date"
    hours = (due_at - now).total_seconds() / 3600
    if hours < 0:
        return f"overdue by {_span(-hours)}"
    return f"in {_span(hours)}"


def _span(hours: float) -> str:
    if hours < 1:
        return "less than an hour"
    if hours < 48:
        return f"{hours:.0f} hour{'s' if round(hours) != 1 else ''}"
    return f"{hours / 24:.0f} days"
