"""Opening the house: settings in, everything that works letters out, proved before mail is touched."""

from datetime import UTC, datetime

import classifiers
from intake.clocks import load_bank_holidays
from intake.compose import Desk
from intake.duty import Duty
from intake.pipeline import House
from intake.purposes import load_purposes
from intake.reply import Writer
from intake.sealing import Vault
from intake.settings import Settings
from intake.store import Store, facts, purpose_terms
from intake.templating import ReplyTemplates, load_topics


def open_house(settings: Settings, vault: Vault, store: Store | None = None) -> House:
    """Load classifier, templates, purposes and holidays. Raises where a template or a table is broken.

    With a `store` that is written to, what each purpose says is kept there, for the events that follow, and which
    classifier was loaded.
    """
    desk, reader = open_desk(settings, vault), classifiers.load()
    if store is not None:
        now = datetime.now(UTC)
        with store.writing() as session:
            purpose_terms.keep(session, desk.writer.purposes, now)
            facts.put(session, facts.CLASSIFIER, now, number=0 if reader.problem is None else 1, text=reader.version)
    return House(settings, reader, desk, desk.duty.holidays, desk.writer.templates.own_texts())


def open_desk(settings: Settings, vault: Vault) -> Desk:
    """Load what writing needs, each template proved. Raises `TemplateRefused`."""
    writer, topics = Writer(settings.service, load_purposes(), ReplyTemplates()), load_topics()
    writer.prove(topics.topics)
    duty = Duty(settings.service, settings.alerts, load_bank_holidays())
    return Desk(writer, vault, settings.replies, topics, duty, settings.notices)
