"""Clocks: by when a case must be dealt with, with the working shown in one sentence (RULES D5).

All dates are Europe/London dates of the moment of receipt: 23:30 UTC on 30 June is 1 July.
"""

import calendar
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from intake.errors import ConfigurationRefused
from intake.places import config_folder
from intake.vocabulary import Clock, ClockEventKind

LONDON = ZoneInfo("Europe/London")
_END_OF_DAY = time(17, 0)
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class BankHolidays:
    """Days on which England does not work, as announced; `last` is the end of what is known.

    Later years follow the statutory rules, which a royal proclamation can still change.
    """

    days: frozenset[date]

    @property
    def last(self) -> date:
        """The last day of the last year in the list."""
        return date(max(day.year for day in self.days), 12, 31)

    def works(self, day: date) -> bool:
        """Say whether `day` is a working day."""
        holidays = self.days if day <= self.last else statutory_holidays(day.year)
        return day.weekday() < _SATURDAY and day not in holidays

    def months_left(self, today: date) -> int:
        """Give how many whole months are left of what is known."""
        return (self.last.year - today.year) * 12 + self.last.month - today.month


@dataclass(frozen=True, slots=True)
class ClockEvent:
    """What an officer noted about a case's clock, and when."""

    kind: ClockEventKind
    at: datetime


@dataclass(frozen=True, slots=True)
class Due:
    """When a case is due, and why in one sentence."""

    at: datetime
    working: str


def due(clock: Clock, received_at: datetime, holidays: BankHolidays, events: Sequence[ClockEvent] = ()) -> Due:
    """Give the due date of `clock` for a message received at `received_at` (aware), after `events`, oldest first."""
    received = london_day(received_at)
    if clock is Clock.URGENT:
        return Due(received_at, "A person must read it now.")
    if clock is Clock.DATA_RIGHTS:
        day, working = _rights_request(received, events, holidays)
    elif clock is Clock.COMPLAINT:
        day = complaint_acknowledgement(received)
        working = (
            f"Data Protection Act 2018 section 164A: received {_day(received)}, so the 30 days in which it must be "
            f"acknowledged end on {_day(day)}"
        )
    else:
        days = 1 if clock is Clock.WITHDRAWAL else 3
        day = working_days_after(received, days, holidays)
        working = f"House target: {days} working day{'s' if days > 1 else ''} after {_day(received)}"
    if day > holidays.last and clock is not Clock.COMPLAINT:
        working += " (provisional: that year's bank holidays follow the statutory rules until they are announced)"
    return Due(datetime.combine(day, _END_OF_DAY, LONDON), working + ".")


def london_day(moment: datetime) -> date:
    """Give the date in London."""
    return moment.astimezone(LONDON).date()


def _rights_request(received: date, events: Sequence[ClockEvent], holidays: BankHolidays) -> tuple[date, str]:
    """One month; two more where extended; from the proof of identity; without the days spent waiting for an answer."""
    start, proved = received, [one for one in events if one.kind is ClockEventKind.IDENTITY_PROVED]
    parts = [f"UK GDPR Article 12(3): received {_day(received)}"]
    if proved:
        start = max(start, london_day(proved[-1].at))
        parts.append(f"identity proved {_day(start)} (Article 12A)")
    elif any(one.kind is ClockEventKind.IDENTITY_ASKED for one in events):
        parts.append("identity asked for and not proved yet")
    extended = any(one.kind is ClockEventKind.EXTENDED for one in events)
    months = 3 if extended else 1
    whole = _corresponding(start, months)
    parts.append(f"so {'three months, as extended,' if extended else 'one month'} ends on {_day(whole)}")
    waited, open_since = _waited(start, events)
    if waited:
        whole += timedelta(days=waited)
        parts.append(f"{waited} day{'s' if waited > 1 else ''} of waiting for an answer do not count: {_day(whole)}")
    if open_since is not None:
        parts.append(f"stopped since {_day(open_since)}, until the student answers")
    day = _next_working_day(whole, holidays)
    if day != whole:
        parts.append(f"not a working day, so {_day(day)}")
    return day, ", ".join(parts)


def _waited(start: date, events: Sequence[ClockEvent]) -> tuple[int, date | None]:
    """Count the days from each question to its answer; give since when one waits still.

    The careful reading: the day of the answer counts again.
    """
    days, asked = 0, None
    for event in events:
        day = max(start, london_day(event.at))
        if event.kind is ClockEventKind.STOPPED and asked is None:
            asked = day
        elif event.kind is ClockEventKind.RESUMED and asked is not None:
            days, asked = days + (day - asked).days, None
    return days, asked


def statutory_month(received: date, months: int, holidays: BankHolidays) -> date:
    """Give the end of a statutory period of `months` that starts on the day of receipt.

    The corresponding date of the later month; its last day where there is none; the next working day where that is a
    weekend or a bank holiday (ICO, time limits for responding to data protection rights requests).
    """
    return _next_working_day(_corresponding(received, months), holidays)


def complaint_acknowledgement(received: date) -> date:
    """Give the last day of the 30 that begin with receipt (Data Protection Act 2018 section 164A)."""
    return received + timedelta(days=29)


def working_days_after(start: date, days: int, holidays: BankHolidays) -> date:
    """Give the working day that is `days` working days after `start`."""
    day = start
    while days:
        day += timedelta(days=1)
        days -= holidays.works(day)
    return day


@lru_cache(maxsize=64)
def statutory_holidays(year: int) -> frozenset[date]:
    """Give a year's bank holidays in England as the rules have them, with a substitute for each that is a weekend's.

    Banking and Financial Dealings Act 1971, schedule 1; Good Friday and Christmas Day by common law; New Year's Day and
    the first Monday in May by standing proclamation.
    """
    easter = _easter(year)
    moving = {
        easter - timedelta(days=2),
        easter + timedelta(days=1),
        date(year, 5, 1) + timedelta(days=-date(year, 5, 1).weekday() % 7),
        date(year, 5, 31) - timedelta(days=date(year, 5, 31).weekday()),
        date(year, 8, 31) - timedelta(days=date(year, 8, 31).weekday()),
    }
    fixed = (date(year, 1, 1), date(year, 12, 25), date(year, 12, 26))
    found = moving | {day for day in fixed if day.weekday() < _SATURDAY}
    for day in fixed:
        substitute = day
        while day.weekday() >= _SATURDAY and (substitute.weekday() >= _SATURDAY or substitute in found):
            substitute += timedelta(days=1)
        found.add(substitute)
    return frozenset(found)


def _easter(year: int) -> date:
    """Easter Sunday by the Gregorian calendar (the anonymous computus; Calendar (New Style) Act 1750)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    h = (19 * a + b - d - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    k, m = divmod(c, 4)
    n = (32 + 2 * e + 2 * k - h - m) % 7
    month, day = divmod(h + n - 7 * ((a + 11 * h + 22 * n) // 451) + 114, 31)
    return date(year, month, day + 1)


def load_bank_holidays(path: Path | None = None) -> BankHolidays:
    """Read `config/bank_holidays.toml`. Raises `ConfigurationRefused`."""
    path = path or config_folder() / "bank_holidays.toml"
    try:
        days = tomllib.loads(path.read_text(encoding="utf-8"))["england"]
        return BankHolidays(frozenset(date.fromisoformat(str(day)) for day in days))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise ConfigurationRefused(f"{path}: is not a list `england` of dates") from error


def _corresponding(received: date, months: int) -> date:
    years, month = divmod(received.month - 1 + months, 12)
    year = received.year + years
    return date(year, month + 1, min(received.day, calendar.monthrange(year, month + 1)[1]))


def _next_working_day(day: date, holidays: BankHolidays) -> date:
    while not holidays.works(day):
        day += timedelta(days=1)
    return day


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
