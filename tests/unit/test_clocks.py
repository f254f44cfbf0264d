"""Clocks: the statutory dates, as worked out by hand."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from intake.clocks import (
    BankHolidays,
    ClockEvent,
    Due,
    complaint_acknowledgement,
    due,
    load_bank_holidays,
    statutory_holidays,
    statutory_month,
    working_days_after,
)
from intake.errors import ConfigurationRefused
from intake.vocabulary import Clock, ClockEventKind

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
    assert "provisional" in due(Clock.DATA_RIGHTS, datetime(2031, 5, 5, tzinfo=UTC), HOLIDAYS).working
    assert "provisional" not in due(Clock.DATA_RIGHTS, datetime(2026, 11, 5, tzinfo=UTC), HOLIDAYS).working


def test_a_broken_list_of_holidays_is_refused(tmp_path: Path) -> None:
    (tmp_path / "h.toml").write_text('england = ["2026-13-01"]')
    with pytest.raises(ConfigurationRefused, match=r"h\.toml"):
        load_bank_holidays(tmp_path / "h.toml")


def test_the_last_known_day_is_the_end_of_the_last_year() -> None:
    assert BankHolidays(frozenset({date(2026, 1, 1), date(2027, 12, 27)})).last == date(2027, 12, 31)


def event(kind: ClockEventKind, day: str) -> ClockEvent:
    return ClockEvent(kind, datetime.fromisoformat(f"{day}T10:00:00+00:00"))


def rights(received: str, *events: ClockEvent) -> Due:
    return due(Clock.DATA_RIGHTS, datetime.fromisoformat(f"{received}T10:00:00+00:00"), HOLIDAYS, events)


@pytest.mark.parametrize("year", [2026, 2027, 2028])
def test_the_statutory_rules_give_what_was_announced(year: int) -> None:
    assert statutory_holidays(year) == {day for day in HOLIDAYS.days if day.year == year}


@pytest.mark.parametrize(
    ("year", "days"),
    [
        (2032, "01-01 03-26 03-29 05-03 05-31 08-30 12-27 12-28"),  # Christmas is a Saturday
        (2033, "01-03 04-15 04-18 05-02 05-30 08-29 12-26 12-27"),  # Christmas and New Year are Sunday and Saturday
        (2024, "01-01 03-29 04-01 05-06 05-27 08-26 12-25 12-26"),
        (2021, "01-01 04-02 04-05 05-03 05-31 08-30 12-27 12-28"),
    ],
)
def test_a_holiday_at_a_weekend_has_its_substitute(year: int, days: str) -> None:
    assert sorted(f"{day:%m-%d}" for day in statutory_holidays(year) if day.weekday() < 5) == days.split()


def test_later_years_are_reckoned_with_their_holidays() -> None:
    found = due(Clock.DATA_RIGHTS, datetime(2032, 11, 25, 10, tzinfo=UTC), HOLIDAYS)
    # 25 December 2032 is a Saturday: the 27th and 28th are its substitutes.
    assert found.at.date() == date(2032, 12, 29)
    assert "provisional" in found.working


def test_an_extended_request_says_so() -> None:
    found = rights("2026-11-28", event(ClockEventKind.EXTENDED, "2026-12-10"))
    assert found.at.date() == date(2027, 3, 1)
    assert "three months, as extended, ends on 28 February 2027, not a working day, so 1 March 2027." in found.working


def test_an_extension_over_a_bank_holiday() -> None:
    found = rights("2028-01-30", event(ClockEventKind.EXTENDED, "2028-02-10"))
    assert found.at.date() == date(2028, 5, 2)  # 30 April 2028 is a Sunday, 1 May the bank holiday


def test_the_days_between_our_question_and_the_answer_do_not_count() -> None:
    stopped, resumed = event(ClockEventKind.STOPPED, "2027-03-05"), event(ClockEventKind.RESUMED, "2027-03-12")
    found = rights("2027-03-01", stopped, resumed)
    assert found.at.date() == date(2027, 4, 8)  # 1 April and seven days
    assert "7 days of waiting for an answer do not count: 8 April 2027" in found.working


def test_two_questions_add_up_and_one_that_waits_is_named() -> None:
    found = rights(
        "2027-03-01",
        event(ClockEventKind.STOPPED, "2027-03-05"),
        event(ClockEventKind.RESUMED, "2027-03-08"),
        event(ClockEventKind.STOPPED, "2027-03-10"),
    )
    assert found.at.date() == date(2027, 4, 5)  # 1 April and three days are a Sunday
    assert "stopped since 10 March 2027" in found.working


def test_the_clock_starts_when_the_proof_of_identity_arrives() -> None:
    asked, proved = (
        event(ClockEventKind.IDENTITY_ASKED, "2027-03-02"),
        event(ClockEventKind.IDENTITY_PROVED, "2027-03-09"),
    )
    waiting = rights("2027-03-01", asked)
    assert waiting.at.date() == date(2027, 4, 1)
    assert "not proved yet" in waiting.working
    found = rights("2027-03-01", asked, proved)
    assert found.at.date() == date(2027, 4, 9)
    assert "identity proved 9 March 2027" in found.working


def test_a_complaint_has_thirty_days_that_begin_with_the_day_of_receipt_in_london() -> None:
    found = due(Clock.COMPLAINT, datetime(2027, 6, 30, 23, 30, tzinfo=UTC), HOLIDAYS)
    assert found.at.date() == date(2027, 7, 30)
    assert "section 164A: received 1 July 2027" in found.working


@pytest.mark.parametrize("clock", list(Clock))
def test_the_working_is_one_sentence(clock: Clock) -> None:
    working = due(clock, datetime(2027, 3, 1, 10, tzinfo=UTC), HOLIDAYS).working
    assert working.endswith(".")
    assert ". " not in working


@pytest.mark.parametrize(("today", "months"), [("2027-06-30", 18), ("2027-07-01", 17), ("2028-12-31", 0)])
def test_how_much_of_the_list_is_left(today: str, months: int) -> None:
    assert HOLIDAYS.months_left(date.fromisoformat(today)) == months
