"""Clocks: by when a case must be dealt with, with the working shown in one sentence (RULES D5).

All dates are Europe/London dates of the moment of receipt: 23:30 UTC on 30 June is 1 July.
"""

import calendar
import tomllib
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from intake.errors import ConfigurationRefused
from intake.places import config_folder
from intake.vocabulary import Clock

LONDON = ZoneInfo("Europe/London")
_END_OF_DAY = time(17, 0)


@dataclass(frozen=True, slots=True)
class BankHolidays:
    """Days on which England does not work; `last` is the end of what is known."""

    days: frozenset[date]

    @property
    def last(self) -> date:
        """The last day of the last year in the list."""
        return date(max(day.year for day in self.days), 12, 31)

    def works(self, day: date) -> bool:
        """Say whether `day` is a working day."""
        return day.weekday() < 5 and day not in self.days


@dataclass(frozen=True, slots=True)
class Due:
    """When a case is due, and why in one sentence."""

    at: datetime
    working: str


def due(clock: Clock, received_at: datetime, holidays: BankHolidays) -> Due:
    """Give the due date of `clock` for a message received at `received_at` (aware)."""
    received = received_at.astimezone(LONDON).date()
    if clock is Clock.URGENT:
        return Due(received_at, "A person must read it now.")
    if clock is Clock.DATA_RIGHTS:
        day = statutory_month(received, 1, holidays)
        working = (
            f"UK GDPR Article 12(3): received {_day(received)}, so one month ends on "
            f"{_day(_corresponding(received, 1))}{_moved(_corresponding(received, 1), day)}."
        )
    else:
        days = 1 if clock is Clock.WITHDRAWAL else 3
        day = working_days_after(received, days, holidays)
        working = f"House target: {days} working day{'s' if days > 1 else ''} after {_day(received)}."
    provisional = " Provisional: bank holidays of that year are not in config/bank_holidays.toml yet."
    at = datetime.combine(day, _END_OF_DAY, LONDON)
    return Due(at, working + (provisional if day > holidays.last else ""))


def statutory_month(received: date, months: int, holidays: BankHolidays) -> date:
    """Give the end of a statutory period of `months` that starts on the day of receipt.

    The corresponding date of the later month; its last day where there is none; the next working day where that is a
    weekend or a bank holiday (ICO, time limits for responding to data protection rights requests).
    """
    day = _corresponding(received, months)
    while not holidays.works(day):
        day += timedelta(days=1)
    return day


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


def _moved(corresponding: date, day: date) -> str:
    return "" if day == corresponding else f", not a working day, so {_day(day)}"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
