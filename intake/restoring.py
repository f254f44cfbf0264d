"""Restoring: a database brought back from a copy meets a mailbox that went on without it (docs/decisions/0004).

Whatever the mailbox received before the restore may have been answered in the life that was lost. So all of it is taken
in again, decided and recorded; but no reply to it leaves by itself, nor does a reply that was waiting in the copy.
"""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from intake.log import get
from intake.mailbox import Mailbox
from intake.receive import Received, receive_since
from intake.sealing import Vault
from intake.settings import Settings
from intake.store import Store, audit, deliveries, facts, sightings
from intake.store.facts import COPIED, RESTORED

log = get()

#: the fact that the handled folder is still to be taken in, and since when
_TAKING_IN = "restoring"
#: a mail server's clock and ours may differ so much
_CLOCK_SKEW = timedelta(minutes=2)


def begin(store: Store, now: datetime) -> None:
    """Before anything is worked or sent: where this database is a copy, let it begin its new life."""
    with store.reading() as session:
        if facts.get(session, COPIED) is None:
            return
    with store.writing() as session:
        copied = facts.take(session, COPIED)
        if copied is None:
            return
        facts.put(session, RESTORED, now + _CLOCK_SKEW)
        # Every message older than the copy's last poll was in the ledger then.
        if (polled_at := sightings.first_polled_at(session)) is not None:
            facts.put(session, _TAKING_IN, polled_at - _CLOCK_SKEW)
        waiting = deliveries.doubt_waiting(session, now)
        audit.append(session, now, "service", "database_restored", "database", deliveries=waiting)
    log.warning("this database was restored from a copy", copied_at=str(copied.at), deliveries_in_doubt=len(waiting))


def take_in(store: Store, vault: Vault, mailbox: Mailbox, settings: Settings, now: datetime) -> Received:
    """Take in what was moved to the handled folder after the copy was made; nothing where there was no restore."""
    total = Received()
    with store.reading() as session:
        since = facts.get(session, _TAKING_IN)
    if since is None:
        return total
    folder = settings.mailbox.handled_folder
    if folder and mailbox.examine(folder):
        for one in receive_since(store, vault, mailbox, settings, folder, since.at, now):
            total = Received(total.fetched + one.fetched, total.noted, total.seen_before + one.seen_before)
    with store.writing() as session:
        facts.forget(session, _TAKING_IN)
    log.info("taken in from the handled folder", fetched=total.fetched, again=total.seen_before)
    return total


def pending(store: Store) -> bool:
    """Say whether the handled folder is still to be taken in."""
    with store.reading() as session:
        return facts.get(session, _TAKING_IN) is not None


def mark(session: Session, now: datetime) -> None:
    """Say that this database was brought back from a copy that does not say so itself."""
    facts.put(session, COPIED, now)
