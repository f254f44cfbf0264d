"""Checking: a configuration is proved before it runs, part by part; a failure names what to do."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime

from intake.errors import IntakeError
from intake.settings import Settings


@dataclass(frozen=True, slots=True)
class Check:
    """One proof: its name, whether it held, and the detail in one line."""

    name: str
    ok: bool
    detail: str


def check(settings: Settings) -> list[Check]:
    """Prove each part of a configuration; nothing is created or changed."""
    proofs: tuple[tuple[str, Callable[[Settings], str]], ...] = (
        ("key", _key),
        ("database", _database),
        ("mailbox", _mailbox),
        ("smtp", _smtp),
        ("templates", _templates),
        ("replies", _replies),
        ("purposes", _purposes),
        ("holidays", _holidays),
        ("classifier", _classifier),
    )
    return [_proved(name, proof, settings) for name, proof in proofs]


def _proved(name: str, proof: Callable[[Settings], str], settings: Settings) -> Check:
    try:
        return Check(name, True, proof(settings))
    except IntakeError as error:
        return Check(name, False, str(error))


def _key(settings: Settings) -> str:
    from intake.sealing import read_key

    read_key(settings.encryption.key_file)
    return f"{settings.encryption.key_file} holds a key, readable by its owner alone"


def _database(settings: Settings) -> str:
    from intake.store import arrivals
    from intake.store.engine import exists, newest_version
    from intake.unlocking import opened_store

    if not exists(settings.database.url):
        return "not there yet; the first command that writes creates it"
    with opened_store(settings) as (store, _vault), store.reading() as session:
        place = settings.mailbox
        polled_at = arrivals.polled_at(session, place.host, place.username, place.folder)
    opened = f"schema {newest_version()}, opened by this key"
    if polled_at is None:
        return f"{opened}; no poll of this mailbox was completed yet"
    return f"{opened}; the last poll was completed {(datetime.now(UTC) - polled_at).total_seconds():.0f} seconds ago"


def _mailbox(settings: Settings) -> str:
    from intake.mailbox import open_mailbox

    with open_mailbox(settings.mailbox, read_only=True) as mailbox:
        found = f"logged in, {settings.mailbox.folder} is there (UIDVALIDITY {mailbox.uidvalidity})"
    if settings.mailbox.handled_folder and not mailbox.offers_move:
        found += f"; the server has no MOVE: handled messages stay in {settings.mailbox.folder}"
    if not settings.mailbox.trusted_authserv_ids and not settings.mailbox.trust_tenant:
        found += "; mailbox.trusted_authserv_ids is empty: no sender is authenticated, and nothing is applied alone"
    return found


def _smtp(settings: Settings) -> str:
    from intake.smtp import prove

    return f"logged in at {prove(settings.smtp)}"


def _templates(settings: Settings) -> str:
    from intake.purposes import load_purposes
    from intake.reply import Writer
    from intake.templating import ReplyTemplates, load_topics

    templates = ReplyTemplates()
    Writer(settings.service, load_purposes(), templates).prove(load_topics().topics)
    return f"every reply can be written (version {templates.version})"


def _replies(settings: Settings) -> str:
    from intake.store import breaker, open_store
    from intake.store.engine import exists

    if exists(settings.database.url):
        with closing(open_store(settings.database.url)) as store, store.reading() as session:
            opened = breaker.open_since(session)
        if opened is not None:
            raise IntakeError(
                f"stopped since {opened:%Y-%m-%d %H:%M} UTC, too many within one hour: look at `outbox list --state "
                "withheld`, then `outbox reset-breaker`"
            )
    return f"at most {settings.replies.all_an_hour} automatic ones in an hour"


def _purposes(settings: Settings) -> str:
    from intake.purposes import load_purposes
    from intake.store import open_store, purpose_terms
    from intake.store.engine import exists

    purposes = load_purposes()
    if exists(settings.database.url):
        with closing(open_store(settings.database.url)) as store, store.reading() as session:
            purpose_terms.prove(session, purposes)
    return f"version {purposes.version}, each worded as before"


def _holidays(_settings: Settings) -> str:
    from intake.clocks import load_bank_holidays

    holidays = load_bank_holidays()
    enough = holidays.months_left(datetime.now(UTC).date()) >= 18
    warning = "" if enough else ": under 18 months are left, add the next year to config/bank_holidays.toml"
    return f"known to the end of {holidays.last.year}{warning}"


def _classifier(_settings: Settings) -> str:
    import classifiers

    reader = classifiers.load()
    if reader.problem is not None:
        raise IntakeError(f"the classifier reads urgency only: {reader.problem}")
    return f"version {reader.version}"
