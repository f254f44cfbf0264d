"""Figures: the week as it is shown, rounded as HESA asks; what a page gets of it holds no raw number."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from statistics import median

from intake.rounding import average, count, percentage, shown
from intake.store.week import Week

_MOST_REASONS = 8
_MICROSECOND = timedelta(microseconds=1)
_A_MINUTE = timedelta(minutes=1) // _MICROSECOND


@dataclass(frozen=True, slots=True)
class DayFigures:
    """One day's letters."""

    day: date
    alone: int
    people: int


@dataclass(frozen=True, slots=True)
class WeekFigures:
    """The last seven days, rounded. `share`: per cent decided alone; `minutes`: median wait; ".." is suppressed."""

    days: tuple[DayFigures, ...]
    letters: int
    alone: int
    people: int
    share: str
    minutes: str
    decisions: int
    reasons: tuple[tuple[str, int], ...]
    differs: tuple[tuple[str, int], ...]

    @property
    def highest(self) -> int:
        """The chart's measure: no bar is higher."""
        return max((one.alone + one.people for one in self.days), default=0) or 1


def rounded(week: Week) -> WeekFigures:
    """Round a week, each figure by itself and last."""
    alone, people = (sum(getattr(one, name) for one in week.days) for name in ("alone", "people"))
    waits = [Fraction(one // _MICROSECOND, _A_MINUTE) for one in week.waits]
    return WeekFigures(
        tuple(DayFigures(one.day, count(one.alone), count(one.people)) for one in week.days),
        count(week.letters),
        count(alone),
        count(people),
        shown(percentage(alone, week.letters)),
        shown(average(median(waits) if waits else 0, len(waits))),
        count(week.decisions),
        _rows(week.reasons)[:_MOST_REASONS],
        _rows(week.differs),
    )


def _rows(counts: Iterable[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    """Round, and leave out what becomes 0: that a row is there would say that there was somebody.

    The order is that of the rounded numbers, then of the slugs: it tells no more than they do.
    """
    found = ((slug, count(number)) for slug, number in counts)
    return tuple(sorted(((slug, number) for slug, number in found if number), key=lambda one: (-one[1], one[0])))
