"""Opening the console's place: the desk, the holidays, and the store, proved before anybody signs in."""

from intake.clocks import load_bank_holidays
from intake.compose import Desk
from intake.console.place import Place
from intake.purposes import load_purposes
from intake.reply import Writer
from intake.sealing import Vault
from intake.settings import Settings
from intake.store import Store
from intake.templating import ReplyTemplates


def open_place(settings: Settings, store: Store, vault: Vault) -> Place:
    """Load templates, purposes and holidays. Raises where a template or a table is broken."""
    writer = Writer(settings.service, load_purposes(), ReplyTemplates())
    writer.prove()
    return Place(store, vault, settings, Desk(writer, vault, settings.replies), load_bank_holidays())
