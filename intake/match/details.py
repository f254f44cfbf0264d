"""The details by which a writer can be found: address, student numbers, names, birth dates, own words only."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime

from intake.names import full_name, name_key
from intake.parse import InboundMessage

#: so much of a letter is searched
_SEARCHED = 20_000
_MOST = 12


@dataclass(frozen=True, slots=True)
class Details:
    """What a letter says of its writer; names are folded (first, last) pairs, both orders tried."""

    address: str | None
    numbers: tuple[str, ...]
    names: tuple[tuple[str, str], ...]
    birth_dates: tuple[date, ...]
    #: the folded own words, to look for a course in
    folded_text: str


def details(message: InboundMessage) -> Details:
    """Collect them from the originator, the own words, the signature and the subject; never from quoted text."""
    originator = message.originator
    own = f"{message.subject}\n{message.new_text}\n{message.signature}"[:_SEARCHED]
    spoken = [originator.display_name] if originator is not None and "@" not in originator.display_name else []
    written = _signed_names(message.new_text) + _signed_names(message.signature) + _introduced(own)
    pairs = [pair for name in (*spoken, *written) for pair in _pairs(name)]
    return Details(
        originator.address if originator is not None else None,
        tuple(dict.fromkeys(_numbers(own)))[:_MOST],
        tuple(dict.fromkeys(pairs))[: 3 * _MOST],
        tuple(dict.fromkeys(_birth_dates(own)))[:_MOST],
        name_key(own),
    )


def neighbours(number: str) -> list[str]:
    """Every number that differs by one wrong digit or by two neighbouring ones swapped."""
    found = {number[:i] + digit + number[i + 1 :] for i in range(len(number)) for digit in "0123456789"}
    found |= {number[:i] + number[i + 1] + number[i] + number[i + 2 :] for i in range(len(number) - 1)}
    return sorted(found - {number})


_NUMBER = re.compile(r"(?<![\w/.-])(?:[A-Za-z]{1,3}[ -]?)?(\d(?:[ -]?\d){5,9})(?![\w/-])")


def _numbers(text: str) -> list[str]:
    found = []
    for hit in _NUMBER.finditer(text):
        digits = re.sub(r"\D", "", hit[1])
        whole = re.sub(r"[^0-9A-Za-z]", "", hit[0])
        found += [digits] if whole == digits else [digits, whole, whole.upper(), whole.lower()]
    return found


_NAME_LINE = re.compile(r"[^\W\d_][\w'’.-]*(?:[ ,]+[^\W\d_][\w'’.-]*){0,4}")
_AFTER_NAME = re.compile(r"\s*(?:[-–—|(,/].*|\d.*)$")
_INTRODUCED = re.compile(
    r"\b(?:my (?:full )?name(?: is|'s|:)|name:|this is|i am|i'm|im)\s+([^\W\d_][\w'’-]+(?: [^\W\d_][\w'’-]+){1,3})",
    re.IGNORECASE,
)


def _signed_names(text: str) -> list[str]:
    """Lines near the end that can be a name."""
    found = []
    for line in text.splitlines()[-8:]:
        bare = _AFTER_NAME.sub("", line.strip())
        if bare and len(bare) <= 60 and _NAME_LINE.fullmatch(bare):
            found.append(bare)
    return found


def _introduced(text: str) -> list[str]:
    return [hit[1] for hit in _INTRODUCED.finditer(text)][:4]


def _pairs(name: str) -> list[tuple[str, str]]:
    """Give the ways in which a name can be first and last name."""
    if "," in name:
        last, _, first = name.partition(",")
        name = f"{first} {last}"
    parts = name_key(name).split()
    if not 2 <= len(parts) <= 5:
        return []
    pairs = []
    for cut in range(1, len(parts)):
        first, last = " ".join(parts[:cut]), " ".join(parts[cut:])
        pairs += [(first, last), (last, first)]
    # A middle name is left out as often as not.
    pairs += [(parts[0], parts[-1]), (parts[-1], parts[0])]
    pairs += [(full_name(first), last) for first, last in pairs if full_name(first) != first]
    return list(dict.fromkeys(pairs))


_MONTH_NAMES = (
    "jan january|feb february|mar march|apr april|may|jun june|jul july|aug august|sep sept september|oct october|"
    "nov november|dec december"
)
_MONTHS = {month: number for number, names in enumerate(_MONTH_NAMES.split("|"), start=1) for month in names.split()}
_NUMERIC_DATE = re.compile(r"(?<!\d)(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})(?!\d)")
_ISO_DATE = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)")
_WORDED_DATE = re.compile(
    r"\b(?:(\d{1,2})(?:st|nd|rd|th)?(?: of)? ([A-Za-z]{3,9})|([A-Za-z]{3,9}) (\d{1,2})(?:st|nd|rd|th)?),? (\d{4})\b"
)


def _birth_dates(text: str) -> list[date]:
    found = [_day(hit[3], hit[2], hit[1]) for hit in _NUMERIC_DATE.finditer(text)]
    found += [_day(hit[1], hit[2], hit[3]) for hit in _ISO_DATE.finditer(text)]
    for hit in _WORDED_DATE.finditer(text):
        month = _MONTHS.get((hit[2] or hit[3]).lower())
        found.append(_day(hit[5], month, hit[1] or hit[4]) if month else None)
    latest = datetime.now(UTC).year - 12
    return [day for day in found if day is not None and 1920 <= day.year <= latest]


def _day(year: object, month: object, day: object) -> date | None:
    number = int(str(year))
    if number < 100:
        number += 1900 if number > 30 else 2000
    try:
        return date(number, int(str(month)), int(str(day)))
    except ValueError:
        return None
