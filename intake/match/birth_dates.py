"""Dates in a letter that can be a birth date, in figures or words, day or month first."""

import re
from collections.abc import Iterator
from datetime import date

_MONTH_NAMES = (
    "jan january|feb february|mar march|apr april|may|jun june|jul july|aug august|sep sept september|oct october|"
    "nov november|dec december"
)
_MONTHS = {month: number for number, names in enumerate(_MONTH_NAMES.split("|"), start=1) for month in names.split()}
_UNITS = "first second third fourth fifth sixth seventh eighth ninth"
_TEENS = "tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth"
_ORDINALS = {word: number for number, word in enumerate(f"{_UNITS} {_TEENS} twentieth".split(), start=1)}
_ORDINALS |= {f"twenty {word}": 20 + number for number, word in enumerate(_UNITS.split(), start=1)}
_ORDINALS |= {"thirtieth": 30, "thirty first": 31}

_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_WORD_DAY = "|".join(sorted((one.replace(" ", "[ -]") for one in _ORDINALS), key=len, reverse=True))
_DAY = rf"\d{{1,2}}(?:st|nd|rd|th)?|{_WORD_DAY}"
_NUMERIC = re.compile(r"(?<![\d/.-])(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})(?![\d/-])")
_ISO = re.compile(r"(?<!\d)(\d{4})[-/.](\d{2})[-/.](\d{2})(?!\d)")
_DAY_FIRST = re.compile(rf"\b({_DAY})(?: day)?(?: of)?[ -]({_MONTH})\.?,?[ -](\d{{4}})\b", re.IGNORECASE)
_MONTH_FIRST = re.compile(rf"\b({_MONTH})\.? (?:the )?({_DAY}),? (\d{{4}})\b", re.IGNORECASE)
_BIRTH = re.compile(r"\b(?:d\.?o\.?b\b|birth|born\b)", re.IGNORECASE)


def birth_dates(text: str) -> list[date]:
    """Give every date in `text`; a date in figures that can be read in two ways gives both."""
    return [one for one in _read(text) if one is not None]


def masked(text: str) -> str:
    """Give `text` without its dates in figures, which otherwise look like student numbers."""
    return _ISO.sub("|", _NUMERIC.sub("|", text))


def speaks_of_birth(text: str) -> bool:
    """Say whether a birth date is spoken of."""
    return bool(_BIRTH.search(text))


def _read(text: str) -> Iterator[date | None]:
    for hit in _NUMERIC.finditer(text):
        year = int(hit[4]) if len(hit[4]) == 4 else _century(int(hit[4]))
        yield _date(year, int(hit[3]), int(hit[1]))
        yield _date(year, int(hit[1]), int(hit[3]))
    for hit in _ISO.finditer(text):
        yield _date(int(hit[1]), int(hit[2]), int(hit[3]))
    for hit in _DAY_FIRST.finditer(text):
        yield _date(int(hit[3]), _MONTHS[hit[2].lower()], _day(hit[1]))
    for hit in _MONTH_FIRST.finditer(text):
        yield _date(int(hit[3]), _MONTHS[hit[1].lower()], _day(hit[2]))


def _century(year: int) -> int:
    return year + (1900 if year > 30 else 2000)


def _day(text: str) -> int:
    word = text.lower().replace("-", " ")
    return _ORDINALS[word] if word in _ORDINALS else int(re.sub(r"\D", "", word))


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
