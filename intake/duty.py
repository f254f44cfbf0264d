"""The duty: who is alerted of an urgent letter, and in which order, in hours and out (RULES D8)."""

from dataclasses import dataclass
from datetime import datetime

from intake.clocks import LONDON, BankHolidays
from intake.settings import Alerts, Service


@dataclass(frozen=True, slots=True)
class Duty:
    """The duty's addresses, as configured. Pure: the moment is an argument."""

    service: Service
    alerts: Alerts
    holidays: BankHolidays

    def addresses(self, now: datetime) -> tuple[str, ...]:
        """Give the addresses in the order in which they are alerted at `now`; out of hours those of the night first."""
        first = () if self.in_hours(now) else self.alerts.out_of_hours_addresses
        return tuple(dict.fromkeys((*first, self.service.duty_address, *self.alerts.next_addresses)))

    def address(self, written: int, now: datetime) -> str:
        """Give who gets the next alert, where `written` went out before: after the last address the first again."""
        known = self.addresses(now)
        return known[(written // self.alerts.times_each) % len(known)]

    def everybody_had_one(self, written: int, now: datetime) -> bool:
        """Say whether every address had its turn."""
        return written >= self.alerts.times_each * len(self.addresses(now))

    def passed_on(self, written: int) -> int:
        """Give the number written, as if the address whose turn it is had had all of its alerts."""
        each = self.alerts.times_each
        return -(-written // each) * each

    def named(self, address: str) -> str | None:
        """Give the configuration key that names `address`, case aside; None for nobody's."""
        wanted = address.strip().casefold()
        known = [
            ("service.duty_address", self.service.duty_address),
            *((f"alerts.next_addresses[{n}]", one) for n, one in enumerate(self.alerts.next_addresses)),
            *((f"alerts.out_of_hours_addresses[{n}]", one) for n, one in enumerate(self.alerts.out_of_hours_addresses)),
        ]
        return next((key for key, one in known if one.casefold() == wanted), None)

    def in_hours(self, now: datetime) -> bool:
        """Say whether the office is open: a working day in England, between the hours of the clock in London."""
        local = now.astimezone(LONDON)
        return self.holidays.works(local.date()) and self.alerts.opens <= local.strftime("%H:%M") < self.alerts.closes
