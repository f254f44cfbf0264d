"""Rounding: figures about people as the HESA Standard Rounding Methodology asks, in exact numbers, halves always up.

Everything is worked out on raw numbers and rounded last, totals included: rows need not add up to their total. None
stands for a figure that is suppressed, and is shown as "..". Rounding alone makes no figure anonymous.
"""

from decimal import Decimal
from fractions import Fraction
from math import floor

#: how a suppressed figure is shown
SUPPRESSED = ".."
_STEP = 5
#: percentages of fewer, and averages of these or fewer, are suppressed
_FEWEST_OF_A_PERCENTAGE = Fraction(45, 2)
_TOO_FEW_FOR_AN_AVERAGE = 7

Number = int | Decimal | Fraction


def count(number: Number) -> int:
    """Round a count of people to the nearest multiple of 5; below 2.5 it is 0."""
    # `5 * round(n / 5)` would give 0, 10 and 20 for 2.5, 12.5 and 22.5.
    return _whole(Fraction(number) / _STEP) * _STEP


def percentage(part: Number, of: Number) -> int | None:
    """Give a share in whole per cent, from raw numbers; None where it would be of fewer than 22.5 people."""
    return None if of < _FEWEST_OF_A_PERCENTAGE else _whole(Fraction(part) * 100 / Fraction(of))


def average(raw: Number, of: Number) -> int | None:
    """Round a mean or median to a whole number; None where it is of 7 people or fewer."""
    return None if of <= _TOO_FEW_FOR_AN_AVERAGE else _whole(Fraction(raw))


def shown(figure: int | None) -> str:
    """Write a figure, or the sign that it is suppressed."""
    return SUPPRESSED if figure is None else str(figure)


def _whole(number: Fraction) -> int:
    return floor(number + Fraction(1, 2))
