"""The HESA Standard Rounding Methodology, by its own examples (RULES D6)."""

from decimal import Decimal

import pytest

from intake import rounding
from intake.rounding import average, count, percentage, shown


@pytest.mark.parametrize(
    ("raw", "rounded"),
    [
        (0, 0),
        (1, 0),
        (2, 0),
        (Decimal("2.4"), 0),
        (Decimal("2.49999999999999999999"), 0),
        (Decimal("2.5"), 5),
        (3, 5),
        (7, 5),
        (Decimal("7.5"), 10),
        (8, 10),
        (12, 10),
        (Decimal("12.5"), 15),
        (Decimal("17.5"), 20),
        (22, 20),
        (Decimal("22.5"), 25),
        (23, 25),
        (1_000_002, 1_000_000),
        (1_000_003, 1_000_005),
        # More digits than a float has.
        (10**17 + 3, 10**17 + 5),
    ],
)
def test_counts_go_to_the_nearest_five_halves_up(raw: int | Decimal, rounded: int) -> None:
    assert count(raw) == rounded


@pytest.mark.parametrize("half", [Decimal("2.5"), Decimal("12.5"), Decimal("22.5")])
def test_the_short_way_to_round_would_be_wrong(half: Decimal) -> None:
    assert 5 * round(half / 5) == count(half) - 5


@pytest.mark.parametrize(
    ("part", "of", "given"),
    [
        (11, 22, None),
        (11, Decimal("22.4"), None),
        (9, Decimal("22.5"), 40),
        (0, 0, None),
        (0, 23, 0),
        (23, 23, 100),
        # 13 of 23 is 56.5 %; of the rounded numbers, 15 of 25, it would be 60 %.
        (13, 23, 57),
        # 0.5 % goes up.
        (1, 200, 1),
        (5, 200, 3),
    ],
)
def test_percentages_come_from_raw_numbers_and_not_of_few_people(
    part: int, of: int | Decimal, given: int | None
) -> None:
    assert percentage(part, of) == given


@pytest.mark.parametrize(
    ("raw", "of", "given"),
    [
        (Decimal("12.5"), 7, None),
        (Decimal("12.5"), 0, None),
        (Decimal("12.5"), Decimal("7.5"), 13),
        (Decimal("12.5"), 8, 13),
        (Decimal("12.49"), 8, 12),
        (Decimal("0.5"), 8, 1),
    ],
)
def test_averages_of_seven_or_fewer_are_suppressed(raw: Decimal, of: int | Decimal, given: int | None) -> None:
    assert average(raw, of) == given


def test_what_is_suppressed_is_two_dots() -> None:
    assert (shown(None), shown(0), shown(57)) == ("..", "0", "57")
    assert rounding.SUPPRESSED == ".."


def test_rows_need_not_add_up_to_their_total() -> None:
    days = (2, 2, 2, 2)
    assert [count(one) for one in days] == [0, 0, 0, 0]
    assert count(sum(days)) == 10
