"""What stands under the writer's name: course and number stay, a signature block does not."""

import re

from intake.parse.lines import Line, Whose
from intake.parse.signatures import (
    has_small_print,
    is_bare_role,
    is_closing,
    is_student_detail,
    is_telephone,
    is_writers,
    signature_marks,
)

_TAIL_LINES = 14
_NAME_WORDS = 6
_LONG = 90
_WORD = re.compile(r"[^\W\d_]{2,}")
_PARTS = re.compile(r"[,|(]")


def mark_tail(lines: list[Line], start: int, end: int, names: frozenset[str]) -> None:
    """Mark the signature block in `lines[start:end]` that no delimiter announces."""
    rows = [index for index in range(start, end) if lines[index].whose is Whose.NEW and not lines[index].blank]
    signed = _signed_at(lines, rows, names)
    if signed is None:
        return
    below = rows[signed + 1 :]
    first = _first_of_signature(lines, below, names)
    if first is None:
        return
    for index in below[first:]:
        lines[index].whose = Whose.SIGNATURE


def shares_name(text: str, names: frozenset[str]) -> bool:
    """Tell whether a short line begins with the writer's name."""
    part = _PARTS.split(text)[0]
    if ":" in text or len(text) > _LONG:
        return False
    words = [one.casefold() for one in _WORD.findall(part)]
    return 0 < len(words) <= _NAME_WORDS and bool(names.intersection(words))


def _signed_at(lines: list[Line], rows: list[int], names: frozenset[str]) -> int | None:
    """Give the row (of the last few) where the writer signed: a name or close under which no sentence of theirs stands."""
    signed = None
    for row in range(len(rows) - 1, max(-1, len(rows) - _TAIL_LINES), -1):
        text = lines[rows[row]].text
        if row > 0 and _is_name(text, names, lines, rows, row):
            signed = row
        elif is_writers(text) or (len(text) > _LONG and not has_small_print(text)):
            break
    if signed is not None and is_closing(lines[rows[signed]].text) and signed + 1 < len(rows):
        # The close, then the name: the name is the writer's word too.
        below = lines[rows[signed + 1]].text
        return signed + 1 if len(below) <= _LONG else signed
    return signed


def _is_name(text: str, names: frozenset[str], lines: list[Line], rows: list[int], row: int) -> bool:
    if shares_name(text, names):
        return True
    words = text.strip(" .,!x").split()
    if not 1 <= len(words) <= 4 or text.rstrip().endswith(("?", ":", ";")):
        return False
    above = lines[rows[row - 1]].text
    capitalised = all(one[0].isupper() for one in words if one[0].isalpha())
    alone = rows[row] - 1 != rows[row - 1]
    return capitalised and (is_closing(above) or alone) or is_closing(text)


def _first_of_signature(lines: list[Line], below: list[int], names: frozenset[str]) -> int | None:
    """Give where under the name the signature block begins; None where there is none."""
    texts = [lines[index].text for index in below]
    if any(is_writers(one) for one in texts):
        return None
    if len(texts) == 1 and (is_telephone(texts[0]) or is_bare_role(texts[0])):
        return None
    for place, text in enumerate(texts):
        if shares_name(text, names) and (signature_marks(text) or place < len(texts) - 1):
            return place
        if signature_marks(text) and not is_student_detail(text):
            return place
        if not is_student_detail(text) and any(signature_marks(one) for one in texts[place:]):
            return place
    return None
