"""Text and HTML alternatives: both are read, the richer is taken, and a true contradiction is said."""

import re
from collections import Counter
from dataclasses import dataclass, field

from intake.parse import bounds
from intake.parse.lines import Line, plain_lines
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
    return Letter(sort_words(lines, names), hidden, defects)


def _better(segment: Segment) -> tuple[list[Line], list[str], set[Defect]]:
    if segment.markup is None:
        return plain_lines(segment.plain or ""), [], set()
    page = read_markup(segment.markup)
    defects = {Defect.OVERSIZE} if page.cut else set()
    if segment.plain is None or not segment.plain.strip():
        return page.lines, page.hidden, defects
    plain = plain_lines(segment.plain)
    plain_text, page_text = segment.plain.strip(), "\n".join(one.text for one in page.lines).strip()
    if not page_text:
        return plain, page.hidden, defects
    if _is_stub(plain_text, page_text):
        return page.lines, page.hidden, defects
    if _contradict(plain, page.lines):
        defects.add(Defect.ALTERNATIVES_DISAGREE)
        longer = page.lines if len(page_text) >= len(plain_text) else plain
        return longer, page.hidden, defects
    # They say the same. HTML knows what is quoted and where paragraphs end; plain text is wrapped at some column.
    return page.lines, page.hidden, defects


def _is_stub(plain: str, page: str) -> bool:
    """Tell whether the plain text only stands in for the HTML (klodr/gmail-mcp#41)."""
    if len(plain) < 500 and _STUB.search(plain):
        return True
    return len(plain) < 150 and len(page) >= 3 * len(plain)


def _contradict(plain: list[Line], page: list[Line]) -> bool:
    """Tell whether the writer's own words differ by more than the way from HTML to plain text explains."""
    ours, theirs = _bag(plain), _bag(page)
    difference = (ours - theirs) + (theirs - ours)
    count = sum(difference.values())
    if any(word in _TURNING for word in difference):
        return True
    return count > max(3, (sum(ours.values()) + sum(theirs.values())) // 20)


def _bag(lines: list[Line]) -> Counter[str]:
    copies = [Line(one.text, one.whose, one.rule) for one in lines[: bounds.LINES]]
    words = sort_words(copies)
    text = words.new
    return Counter(word.lower().replace("’", "'") for word in _WORD.findall(_LINK.sub(" ", text)))
