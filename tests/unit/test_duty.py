"""The duty: who is alerted, and in which order, in hours and out."""

from datetime import UTC, datetime

import pytest

from intake.clocks import load_bank_holidays
from intake.duty import Duty
from intake.settings import Alerts, Service

SERVICE = Service(address="wellbeing@herts.example", duty_address="duty@herts.example")
FRIDAY_NOON = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
SATURDAY_NOON = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


def duty(**alerts: object) -> Duty:
    return Duty(SERVICE, Alerts.model_validate(alerts), load_bank_holidays())


def test_alone_the_duty_address_is_alerted_again_and_again() -> None:
    assert [duty().address(written, FRIDAY_NOON) for written in range(5)] == ["duty@herts.example"] * 5


def test_after_its_turns_the_next_address_is_alerted_and_after_the_last_the_first_again() -> None:
    one = duty(next_addresses=["second@herts.example", "third@herts.example"], times_each=2)
    found = [one.address(written, FRIDAY_NOON).partition("@")[0] for written in range(7)]
    assert found == ["duty", "duty", "second", "second", "third", "third", "duty"]


def test_what_was_lost_is_passed_on_at_once_until_everybody_had_a_turn() -> None:
    one = duty(next_addresses=["second@herts.example"], times_each=3)
    assert one.passed_on(1) == one.passed_on(3) == 3
    assert one.address(one.passed_on(1), FRIDAY_NOON) == "second@herts.example"
    assert not one.everybody_had_one(3, FRIDAY_NOON)
    assert one.everybody_had_one(one.passed_on(4), FRIDAY_NOON)


def test_out_of_hours_those_of_the_night_come_first_and_the_day_after_them() -> None:
    one = duty(out_of_hours_addresses=["security@herts.example"], next_addresses=["second@herts.example"], times_each=1)
    assert one.addresses(FRIDAY_NOON) == ("duty@herts.example", "second@herts.example")
    assert one.addresses(SATURDAY_NOON) == ("security@herts.example", "duty@herts.example", "second@herts.example")


@pytest.mark.parametrize(
    ("moment", "open_"),
    [
        ("2026-11-27T08:59:59+00:00", False),
        ("2026-11-27T09:00:00+00:00", True),
        ("2026-11-27T16:59:59+00:00", True),
        ("2026-11-27T17:00:00+00:00", False),
        ("2026-07-01T08:00:00+00:00", True),  # nine o'clock in London's summer
        ("2026-11-29T12:00:00+00:00", False),  # a Sunday
        ("2026-12-28T12:00:00+00:00", False),  # the Boxing Day substitute
    ],
)
def test_the_office_is_open_on_working_days_by_londons_clock(moment: str, open_: bool) -> None:
    assert duty().in_hours(datetime.fromisoformat(moment)) is open_


def test_an_address_of_the_duty_is_known_by_its_key_case_aside() -> None:
    one = duty(out_of_hours_addresses=["security@herts.example"], next_addresses=["second@herts.example"])
    assert one.named("Duty@Herts.example") == "service.duty_address"
    assert one.named("second@herts.example") == "alerts.next_addresses[0]"
    assert one.named("security@herts.example") == "alerts.out_of_hours_addresses[0]"
    assert one.named("somebody@herts.example") is None


@pytest.mark.parametrize(
    "wrong", [{"opens": "9"}, {"closes": "25:00"}, {"next_addresses": ["nobody"]}, {"times_each": 0}]
)
def test_a_malformed_setting_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Alerts.model_validate(wrong)
