"""Text and HTML alternatives: both are read, the richer is taken, and a true contradiction is said."""

import re
from collections import Counter
from dataclasses import dataclass, field

from intake.parse import bounds
from intake.parse.lines import Line, Whose, plain_lines
from intake.parse.markup import read_markup
from intake.parse.message import Defect
from intake.parse.own_words import Words, sort_words
from intake.parse.structure import Segment

_STUB = re.compile(
    r"(?:requires?|view(?:ed)?|see|enable|use|displayed?|supports?|read).{0,60}\bhtml\b|"
    r"\bhtml\b.{0,60}(?:view|client|version|format|message)|"
    r"view (?:this|it|the).{0,40}(?:in (?:your|a) browser|online)|^\W*(?:no text|text version|plain text)\W*",
    re.I,
)
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_LINK = re.compile(r"<?\b(?:https?://|mailto:|www\.)[^\s<>]{1,2000}>?|\[(?:cid|image):?[^\]]{0,200}\]")
#: a word of these turns a sentence round
_TURNING = frozenset(
    (  # noqa: SIM905 - a list one word a line says no more
        "not no never don't don’t dont cannot can't can’t won't won’t stop withdraw withdrawn nicht kein pas non"
    ).split()
)


@dataclass(slots=True)
class Letter:
    """The letter's text sorted by whose it is, what was hidden in it, and what was wrong with it."""

    words: Words
    hidden: list[str] = field(default_factory=list)
    defects: set[Defect] = field(default_factory=set)


def read_segments(segments: list[Segment], names: frozenset[str] = frozenset()) -> Letter:
    """Read the letter's stretches in order; each gives its better alternative."""
    hidden: list[str] = []
    defects: set[Defect] = set()
    lines: list[Line] = []
    for segment in segments:
        chosen, unseen, wrong = _better(segment)
        if lines and chosen:
            lines.append(Line("", lines[-1].whose))
        lines += chosen
        hidden += unseen
        defects |= wrong
    if len(lines) > bounds.LINES:
        defects.add(Defect.OVERSIZE)
        del lines[bounds.LINES :]
    if hidden:
        defects.add(Defect.HIDDEN_TEXT)
    return Letter(_sorted(lines, names), hidden, defects)


def _sorted(lines: list[Line], names: frozenset[str]) -> Words:
    """Sort the lines; where HTML calls the whole letter a signature, people wrote it into their signature's box."""
    boxed = [line for line in lines if line.whose is Whose.SIGNATURE]
    words = sort_words(lines, names)
    if words.new or not boxed:
        return words
    for line in boxed:
        line.whose = Whose.NEW
    return sort_words(lines, names)


def _better(segment: Segment) -> tuple[list[Line], list[str], set[Defect]]:
    """Read a segment's alternatives: the lines of the better one, hidden words, what was wrong."""
    if segment.markup is None:
        return plain_lines(segment.plain or ""), [], set()
    page = read_markup(segment.markup)
    defects = {Defect.OVERSIZE} if page.cut else set()
    text = (segment.plain or "").strip()
    seen = "\n".join(one.text for one in page.lines).strip()
    if not text or (seen and _is_stub(text, seen)):
        return page.lines, page.hidden, defects
    plain = plain_lines(segment.plain or "")
    if not seen:
        return plain, page.hidden, defects
    lines = _agreed(plain, page.lines)
    if lines is None:
        defects.add(Defect.ALTERNATIVES_DISAGREE)
        lines = page.lines if len(seen) >= len(text) else plain
    return lines, page.hidden, defects


def _agreed(plain: list[Line], page: list[Line]) -> list[Line] | None:
    """Choose between two alternatives that say the same; None where they contradict each other."""
    new_plain, all_plain = _bags(plain)
    new_page, all_page = _bags(page)
    if not _differ(new_plain, new_page):
        # HTML knows what is quoted and where paragraphs end; plain text is wrapped at some column.
        return page
    if new_plain and not _differ(all_plain, all_page):
        # The same words, but one of them marks better whose they are: the one that calls fewer of them new.
        return plain if new_plain.total() < new_page.total() else page
    return None


def _is_stub(plain: str, page: str) -> bool:
    """Tell whether the plain text only stands in for the HTML (klodr/gmail-mcp#41)."""
    if len(plain) < 500 and _STUB.search(plain):
        return True
    return len(plain) < 150 and len(page) >= 3 * len(plain)


def _differ(ours: Counter[str], theirs: Counter[str]) -> bool:
    """Tell whether two texts' words differ by more than the way from HTML to plain text explains."""
    difference = (ours - theirs) + (theirs - ours)
    if any(word in _TURNING for word in difference):
        return True
    return difference.total() > max(3, (ours.total() + theirs.total()) // 20)


def _bags(lines: list[Line]) -> tuple[Counter[str], Counter[str]]:
    """Count the words that are the writer's now, and all words."""
    copies = [Line(one.text, one.whose, one.rule) for one in lines[: bounds.LINES]]
    words = sort_words(copies)
    new = _counted(words.new)
    return new, new + _counted(words.quoted) + _counted(words.signature)


def _counted(text: str) -> Counter[str]:
    return Counter(word.lower().replace("’", "'") for word in _WORD.findall(_LINK.sub(" ", text)))
