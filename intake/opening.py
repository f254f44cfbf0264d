"""Opening the house: settings in, everything that works letters out, proved before mail is touched."""

import classifiers
from intake.clocks import load_bank_holidays
from intake.compose import Desk
from intake.duty import Duty
from intake.pipeline import House
from intake.purposes import load_purposes
from intake.reply import Writer
from intake.sealing import Vault
from intake.settings import Settings
from intake.templating import ReplyTemplates, load_topics


def open_house(settings: Settings, vault: Vault) -> House:
    """Load classifier, templates, purposes and holidays. Raises where a template or a table is broken."""
    templates = ReplyTemplates()
    writer = Writer(settings.service, load_purposes(), templates)
    topics = load_topics()
    writer.prove(topics.topics)
    holidays = load_bank_holidays()
    duty = Duty(settings.service, settings.alerts, holidays)
    return House(
        settings,
        classifiers.load(),
        Desk(writer, vault, settings.replies, topics, duty, settings.notices),
        holidays,
        templates.own_texts(),
    )
