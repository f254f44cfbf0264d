"""Opening the house: settings in, everything that works letters out, proved before mail is touched."""

import classifiers
from intake.clocks import load_bank_holidays
from intake.compose import Desk
from intake.pipeline import House
from intake.purposes import load_purposes
from intake.reply import Writer
from intake.sealing import Vault
from intake.settings import Settings
from intake.templating import ReplyTemplates


def open_house(settings: Settings, vault: Vault) -> House:
    """Load classifier, templates, purposes and holidays. Raises where a template or a table is broken."""
    desk = open_desk(settings, vault)
    return House(settings, classifiers.load(), desk, load_bank_holidays(), desk.writer.templates.own_texts())


def open_desk(settings: Settings, vault: Vault) -> Desk:
    """Load what writing needs, each template proved. Raises `TemplateRefused`."""
    writer = Writer(settings.service, load_purposes(), ReplyTemplates())
    writer.prove()
    return Desk(writer, vault, settings.replies)
