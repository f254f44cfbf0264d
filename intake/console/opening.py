"""Opening the console's place: the desk, the holidays, and the store, proved before anybody signs in."""

from intake.console.place import Place
from intake.opening import open_desk
from intake.sealing import Vault
from intake.settings import Settings
from intake.store import Store


def open_place(settings: Settings, store: Store, vault: Vault) -> Place:
    """Load templates, purposes and holidays. Raises where a template or a table is broken."""
    desk = open_desk(settings, vault)
    return Place(store, vault, settings, desk, desk.duty.holidays)
