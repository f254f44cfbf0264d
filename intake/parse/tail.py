"""What stands under the writer's name: course and number stay, a signature block does not."""

import re

from intake.parse.lines import Line, Whose
from intake.parse.signatures import (
    has_small_print,
    is_bare_role,
    is_closing,
    is_sentence,
    is_student_detail,
    is_telephone,
    is_writers,
    signature_marks,
)

_TAIL_LINES = 14
_NAME_WORDS = 6
_LONG = 90
_WORD = re.compile(r"[^\W\d_]{2,}")
_STYLES = frozenset(
    (  # noqa: SIM905 - a list one word a line says no more
        "dr prof professor mr mrs ms miss mx rev revd the sir pc dc sgt insp sr fr ing engr mgr dott drd mtra"
    ).split()
)
_PARTS = re.compile(r"[,|(]")


def mark_tail(lines: list[Line], start: int, end: int, names: frozenset[str]) -> None:
    """Mark the signature block in `lines[start:end]` that no delimiter announces."""
    rows = [index for index in range(start, end) if lines[index].whose is Whose.NEW and not lines[index].blank]
    signed = _signed_at(lines, rows, names)
    if signed is None:
        return
    below = rows[signed + 1 :]
    first = _first_of_signature([lines[index].text for index in below], lines[rows[signed]].text, names)
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
    while words and words[0] in _STYLES:
        words = words[1:]
    return 0 < len(words) <= _NAME_WORDS and words[0] in names


def _signed_at(lines: list[Line], rows: list[int], names: frozenset[str]) -> int | None:
    """Give the row where the writer signed: a name or a close, with no sentence of theirs under it."""
    signed = None
    for row in range(len(rows) - 1, max(-1, len(rows) - _TAIL_LINES), -1):
        text = lines[rows[row]].text
        if row > 0 and _is_name(text, names, lines, rows, row):
            signed = row
        elif is_writers(text) or (len(text) > _LONG and not has_small_print(text)):
            break
    if signed is not None and signed + 1 < len(rows) and _is_close(lines[rows[signed]].text):
        # The close, then the name: the name is the writer's word too.
        below = lines[rows[signed + 1]].text
        return signed + 1 if len(below) <= _LONG else signed
    return signed


def _is_close(text: str) -> bool:
    return is_closing(text) or text.rstrip().endswith(",")


def _is_name(text: str, names: frozenset[str], lines: list[Line], rows: list[int], row: int) -> bool:
    if shares_name(text, names):
        return True
    words = text.strip(" .,!x").split()
    if not 1 <= len(words) <= 4 or text.rstrip().endswith(("?", ":", ";")):
        return False
    above = lines[rows[row - 1]].text
    capitalised = all(one[0].isupper() for one in words if one[0].isalpha())
    alone = rows[row] - 1 != rows[row - 1]
    return (capitalised and (is_closing(above) or alone)) or is_closing(text)


def _first_of_signature(texts: list[str], signed: str, names: frozenset[str]) -> int | None:
    """Give where under the name the signature block begins; None where there is none."""
    if not texts or is_sentence(texts[0]) or any(is_writers(one) for one in texts):
        return None
    if _repeats(texts, signed, names):
        return 0
    if len(texts) == 1 and (is_telephone(texts[0]) or is_bare_role(texts[0])):
        return None
    for place, text in enumerate(texts):
        if is_student_detail(text):
            continue
        if any(signature_marks(one) for one in texts[place:]):
            return place
    return None


def _repeats(texts: list[str], signed: str, names: frozenset[str]) -> bool:
    """Tell whether the block under a signed name begins with the same name again, in full."""
    if not shares_name(texts[0], names):
        return False
    marked = any(signature_marks(one) or is_student_detail(one) for one in texts)
    fuller = len(_WORD.findall(texts[0])) > len(_WORD.findall(signed))
    return (shares_name(signed, names) and (marked or fuller)) or (marked and fuller)
