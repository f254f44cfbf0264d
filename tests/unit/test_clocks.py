"""Clocks: the statutory dates, as worked out by hand."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from intake.clocks import (
    BankHolidays,
    complaint_acknowledgement,
    due,
    load_bank_holidays,
    statutory_month,
    working_days_after,
)
from intake.errors import ConfigurationRefused
from intake.vocabulary import Clock

HOLIDAYS = load_bank_holidays()


@pytest.mark.parametrize(
    ("received", "ends"),
    [
        ("2026-11-22", "2026-12-22"),
        ("2026-11-25", "2026-12-29"),
        ("2026-11-28", "2026-12-29"),
        ("2026-12-01", "2027-01-04"),
        ("2027-01-31", "2027-03-01"),
        ("2027-02-26", "2027-03-30"),
        ("2027-03-31", "2027-04-30"),
        ("2028-01-30", "2028-02-29"),
        ("2027-11-27", "2027-12-29"),
    ],
)
def test_a_rights_request_is_due_after_one_month(received: str, ends: str) -> None:
    assert statutory_month(date.fromisoformat(received), 1, HOLIDAYS) == date.fromisoformat(ends)


@pytest.mark.parametrize(("received", "ends"), [("2026-11-28", "2027-03-01"), ("2028-01-30", "2028-05-02")])
def test_an_extended_request_is_due_after_three_months(received: str, ends: str) -> None:
    assert statutory_month(date.fromisoformat(received), 3, HOLIDAYS) == date.fromisoformat(ends)


def test_the_day_of_receipt_is_londons() -> None:
    found = due(Clock.DATA_RIGHTS, datetime(2026, 6, 30, 23, 30, tzinfo=UTC), HOLIDAYS)
    assert found.at.date() == date(2026, 8, 3)  # 1 August is a Saturday
    assert "received 1 July 2026" in found.working
    assert "not a working day, so 3 August 2026" in found.working


def test_a_complaint_is_acknowledged_within_thirty_days_beginning_with_receipt() -> None:
    assert complaint_acknowledgement(date(2026, 11, 1)) == date(2026, 11, 30)


def test_a_withdrawal_that_needs_a_person_is_due_the_next_working_day() -> None:
    christmas_eve = datetime(2026, 12, 24, 10, tzinfo=UTC)
    assert due(Clock.WITHDRAWAL, christmas_eve, HOLIDAYS).at.date() == date(2026, 12, 29)
    assert working_days_after(date(2026, 11, 26), 3, HOLIDAYS) == date(2026, 12, 1)


def test_an_urgent_case_is_due_at_once() -> None:
    now = datetime(2026, 11, 26, 3, 4, tzinfo=UTC)
    assert due(Clock.URGENT, now, HOLIDAYS).at == now


def test_a_date_beyond_the_known_holidays_is_marked_provisional() -> None:
    assert "Provisional" in due(Clock.DATA_RIGHTS, datetime(2031, 5, 5, tzinfo=UTC), HOLIDAYS).working
    assert "Provisional" not in due(Clock.DATA_RIGHTS, datetime(2026, 11, 5, tzinfo=UTC), HOLIDAYS).working


def test_a_broken_list_of_holidays_is_refused(tmp_path: Path) -> None:
    (tmp_path / "h.toml").write_text('england = ["2026-13-01"]')
    with pytest.raises(ConfigurationRefused, match=r"h\.toml"):
        load_bank_holidays(tmp_path / "h.toml")


def test_the_last_known_day_is_the_end_of_the_last_year() -> None:
    assert BankHolidays(frozenset({date(2026, 1, 1), date(2027, 12, 27)})).last == date(2027, 12, 31)
