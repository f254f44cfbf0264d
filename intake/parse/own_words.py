"""The writer's own new words, apart from quoted messages, signature, footer, disclaimer and banner.

Losing the writer's words is worse than keeping a quoted line: what is not surely somebody else's stays.
"""

from dataclasses import dataclass

from intake.parse.lines import Line, Whose
from intake.parse.notices import (
    goes_with_banner,
    goes_with_disclaimer,
    is_banner,
    is_disclaimer,
    is_disclaimers_heading,
)
from intake.parse.quotes import (
    from_value,
    has_attribution_inside,
    is_attribution,
    is_by_hand,
    is_by_program,
    is_dated,
    is_from_field,
    is_lone_from_field,
    is_other_field,
    is_quote_marked,
    is_separator,
    is_titled_rule,
    may_introduce,
    starts_attribution,
)
from intake.parse.signatures import (
    is_delimiter,
    is_footer,
    is_machine_note,
    is_usenet_delimiter,
    is_writers,
    signature_marks,
)
from intake.parse.tail import mark_tail, shares_name

_BLOCK_LINES = 6
_BANNER_LINES = 8
_SIGNATURE_LINES = 12
_LONG_LINE = 90
_SENTENCE = 60
_DELIMITED_LINES = 60


@dataclass(frozen=True, slots=True)
class Words:
    """A text, sorted by whose words they are."""

    new: str
    quoted: str
    signature: str


def sort_words(lines: list[Line], names: frozenset[str] = frozenset()) -> Words:
    """Sort `lines` (their `whose` may already say quote or signature) into new, quoted and signature text.

    `names`: the words of the originator's display name, case folded: they tell where the writer signed.
    """
    _mark_prefixed(lines)
    _mark_earlier_messages(lines, names)
    _mark_banners(lines)
    _mark_footers(lines)
    for block in _new_blocks(lines):
        _mark_signature(lines, block, names)
    return Words(_text(lines, Whose.NEW), _text(lines, Whose.QUOTE), _text(lines, Whose.SIGNATURE))


def _mark_prefixed(lines: list[Line]) -> None:
    for line in lines:
        text = line.text.strip()
        if is_quote_marked(text):
            line.whose = Whose.QUOTE


def _mark_earlier_messages(lines: list[Line], names: frozenset[str]) -> None:
    """Mark attribution lines and header blocks, and what stands under them."""
    last = next((one for one in reversed(lines) if not one.blank), None)
    # Where the letter ends with the writer's name, no mail program put the rest of it there.
    signed = last is not None and shares_name(last.text, names)
    index = 0
    while index < len(lines):
        if lines[index].whose is Whose.NEW:
            length = _attribution_length(lines, index)
            if length and _quote_follows(lines, index + length):
                _mark(lines, index, index + length)
                index += length
                continue
            if length:
                joined = " ".join(one.text.strip() for one in lines[index : index + length])
                by_hand = is_by_hand(joined) or (not is_by_program(joined) and signed)
                length = 0 if by_hand else length
            if length or _starts_earlier_message(lines, index, names):
                _mark(lines, _with_separator_above(lines, index), len(lines))
                return
        index += 1


def _attribution_length(lines: list[Line], index: int) -> int:
    """How many lines from `index` on make an attribution; 0 for none. Clients wrap it over up to three."""
    text = lines[index].text
    if not text.strip():
        return 0
    if is_attribution(text) or (may_introduce(text) and _quote_follows(lines, index + 1)):
        return 1
    if starts_attribution(text):
        for length in (2, 3):
            joined = [one.text.strip() for one in lines[index : index + length]]
            if len(joined) == length and all(joined) and is_attribution(" ".join(joined)):
                return length
    return 0


def _quote_follows(lines: list[Line], index: int) -> bool:
    following = next((one for one in lines[index:] if not one.blank), None)
    return following is not None and following.whose is Whose.QUOTE


def _starts_earlier_message(lines: list[Line], index: int, names: frozenset[str]) -> bool:
    text = lines[index].text
    if is_separator(text) or has_attribution_inside(text):
        return True
    above = lines[index - 1].text if index else ""
    if is_from_field(above) or is_other_field(above):
        return False  # a block begins with its first field, and that one was no mail program's
    starts_with_from = is_from_field(text)
    if not (starts_with_from or is_other_field(text)):
        return False
    if _has_header_block(lines, index, names, starts_with_from=starts_with_from):
        return True
    words_above = any(not one.blank for one in lines[:index])
    apart = words_above and (lines[index - 1].blank or lines[index - 1].rule)
    return apart and is_lone_from_field(text) and not shares_name(from_value(text), names)


def _has_header_block(lines: list[Line], index: int, names: frozenset[str], *, starts_with_from: bool) -> bool:
    """Tell whether header lines of an earlier message begin here, and not a memo's or a form's head.

    A memo says To and From, and names the writer; a mail client says From first, or gives a date or an address as well.
    """
    block = [one.text for one in lines[index : index + _BLOCK_LINES + 2] if not one.blank][:_BLOCK_LINES]
    fields = []
    for one in block:
        if not (is_from_field(one) or is_other_field(one)):
            break
        fields.append(one)
    if len(fields) < 2 or not any(is_from_field(one) for one in fields):
        return False
    opens_the_letter = not any(not one.blank for one in lines[:index])
    if opens_the_letter or not starts_with_from:
        own = not starts_with_from and any(shares_name(from_value(one), names) for one in fields)
        # A form gives its sender and a subject; a mail program says when as well.
        return not own and (any(map(is_dated, fields)) or (len(fields) > 2 and any("@" in one for one in fields)))
    return not any(is_writers(from_value(one)) for one in fields)


def _with_separator_above(lines: list[Line], index: int) -> int:
    """Move up over blank lines and a rule that belongs to the earlier message."""
    at = index
    while at > 0 and (lines[at - 1].blank or lines[at - 1].rule or is_delimiter(lines[at - 1].text)):
        at -= 1
    return at - 1 if at > 1 and is_titled_rule(lines[at - 1].text) else at


def _mark_banners(lines: list[Line]) -> None:
    """Mark a gateway's warning over the letter, with the rest of its paragraph and a rule under it."""
    seen, inside = 0, False
    for place, line in enumerate(lines):
        if line.blank:
            inside = inside and any(is_delimiter(one.text) for one in lines[place + 1 : place + 2])
            continue
        seen += 1
        if seen > _BANNER_LINES or line.whose is Whose.QUOTE:
            return
        if is_banner(line.text) or (inside and goes_with_banner(line.text)):
            line.whose, inside = Whose.SIGNATURE, True
        elif inside or seen >= 3:
            return


def _mark_footers(lines: list[Line]) -> None:
    for line in lines:
        if line.whose is Whose.NEW and (is_footer(line.text) or is_machine_note(line.text)):
            line.whose = Whose.SIGNATURE


def _new_blocks(lines: list[Line]) -> list[tuple[int, int]]:
    """Runs of new lines (signature lines inside them do not end a run; quotes do)."""
    blocks: list[tuple[int, int]] = []
    start: int | None = None
    for index, line in enumerate(lines):
        if line.whose is Whose.QUOTE:
            if start is not None:
                blocks.append((start, index))
            start = None
        elif start is None:
            start = index
    if start is not None:
        blocks.append((start, len(lines)))
    return blocks


def _mark_signature(lines: list[Line], block: tuple[int, int], names: frozenset[str]) -> None:
    start, end = block
    end = _mark_delimited(lines, start, end, names)
    end = _mark_disclaimers(lines, start, end)
    mark_tail(lines, start, end, names)
    _mark_dangling_delimiter(lines, block)


def _mark_delimited(lines: list[Line], start: int, end: int, names: frozenset[str]) -> int:
    """Mark from the signature delimiter on; give where the letter ends."""
    for index in range(max(start, end - _DELIMITED_LINES), end):
        line = lines[index]
        if line.whose is not Whose.NEW or not (line.rule or is_delimiter(line.text)):
            continue
        below = [one.text for one in lines[index + 1 : end] if one.whose is Whose.NEW and not one.blank]
        usenet = is_usenet_delimiter(line.text) and not _has_sentences(below)
        above = any(one.whose is Whose.NEW and not one.blank for one in lines[0 if usenet else start : index])
        if above and below and (usenet or _reads_as_signature(below, names) or _reads_as_disclaimer(below)):
            _mark(lines, index, end, Whose.SIGNATURE)
            return index
    return end


def _mark_dangling_delimiter(lines: list[Line], block: tuple[int, int]) -> None:
    """Mark a delimiter under which nothing of the writer is left."""
    start, end = block
    for line in reversed(lines[start:end]):
        if line.whose is not Whose.NEW or line.blank:
            continue
        if not is_delimiter(line.text):
            return
        line.whose = Whose.SIGNATURE


def _has_sentences(below: list[str]) -> bool:
    """Tell whether somebody goes on writing under what looks like a signature delimiter."""
    return len(below) > 2 * _SIGNATURE_LINES or any(len(one) > _SENTENCE and is_writers(one) for one in below)


def _reads_as_signature(below: list[str], names: frozenset[str]) -> bool:
    short = len(below) <= _SIGNATURE_LINES and all(len(one) <= _LONG_LINE for one in below)
    if not short or any(is_writers(one) for one in below):
        return False
    return any(signature_marks(one) for one in below) or shares_name(below[0], names)


def _reads_as_disclaimer(below: list[str]) -> bool:
    """Tell whether what stands under a rule is a disclaimer from beginning to end."""
    return any(is_disclaimer(one) for one in below[:2]) and all(goes_with_disclaimer(one) for one in below)


def _mark_disclaimers(lines: list[Line], start: int, end: int) -> int:
    """Mark disclaiming paragraphs at the foot, from below, with their heading and an office's address under them."""
    bottom = end
    first = next((place for place, one in enumerate(lines) if one.whose is Whose.NEW and not one.blank), end)
    while True:
        while end > start and (lines[end - 1].blank or lines[end - 1].whose is Whose.SIGNATURE):
            end -= 1
        top = end
        while top > start and not lines[top - 1].blank and lines[top - 1].whose is Whose.NEW:
            top -= 1
        # A letter that is nothing but a disclaimer is a letter.
        if top <= start or top == end or top <= first:
            return _mark_disclaiming_line(lines, start, end) if bottom == end else bottom
        texts = [one.text for one in lines[top:end]]
        paragraph = " ".join(texts)
        if is_disclaimers_heading(paragraph) and _has_signature_below(lines, end):
            _mark(lines, top, end, Whose.SIGNATURE)
        elif is_disclaimer(paragraph):
            if not all(is_disclaimer(one) or len(one) > _LONG_LINE for one in texts):
                return _mark_disclaiming_line(lines, top, end) if bottom == end else bottom
            _mark(lines, top, bottom, Whose.SIGNATURE)
        elif not all(signature_marks(one) and not is_writers(one) for one in texts):
            return bottom
        else:  # an office's address, perhaps: only with a disclaimer over it
            end = top
            continue
        bottom = end = top


def _has_signature_below(lines: list[Line], end: int) -> bool:
    while end < len(lines) and lines[end].blank:
        end += 1
    return end < len(lines) and lines[end].whose is Whose.SIGNATURE


def _mark_disclaiming_line(lines: list[Line], start: int, end: int) -> int:
    """Mark only the last line where the paragraph above it may be the writer's."""
    if end - 1 > start and is_disclaimer(lines[end - 1].text):
        lines[end - 1].whose = Whose.SIGNATURE
        return end - 1
    return end


def _mark(lines: list[Line], start: int, end: int, whose: Whose = Whose.QUOTE) -> None:
    for line in lines[start:end]:
        line.whose = whose


def _text(lines: list[Line], whose: Whose) -> str:
    """Join the lines of one kind; a quote's own blank lines are kept out of the new text."""
    kept: list[str] = []
    for line in lines:
        if line.whose is not whose or line.rule:
            continue
        text = line.text.strip() if whose is Whose.NEW else line.text.strip().lstrip("> ").strip()
        if text or (kept and kept[-1]):
            kept.append(text)
    return "\n".join(kept).strip()
