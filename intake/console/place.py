"""The place in which the console works: everything that its pages need, opened once."""

from dataclasses import dataclass

from intake.clocks import BankHolidays
from intake.compose import Desk
from intake.sealing import Vault
from intake.settings import Settings
from intake.store import Store


@dataclass(frozen=True, slots=True)
class Place:
    """Store, key, configuration, the desk where replies are written, and the bank holidays."""

    store: Store
    vault: Vault
    settings: Settings
    desk: Desk
    holidays: BankHolidays
