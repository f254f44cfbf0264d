"""Uncertain deliveries: a message of which nobody knows whether it was sent is looked for where sent mail is saved.

Found is proof: it was sent. Not found proves nothing, since a provider may save late or not at all: it stays as it is,
a person sees it, and it is looked for again for a day.
"""

from datetime import datetime, timedelta

from intake import settings
from intake.log import get
from intake.mailbox import open_mailbox
from intake.store import Store, audit, deliveries
from intake.store.deliveries import DeliveryRow
from intake.vocabulary import DeliveryState

log = get()

_FIRST_WAIT = timedelta(seconds=30)
_LONGEST = timedelta(days=1)


def look_up(store: Store, configuration: settings.Mailbox, now: datetime) -> int:
    """Look for what is uncertain in the sent folder; give how many were found. Raises like `open_mailbox`."""
    if not configuration.sent_folder:
        return 0
    with store.reading() as session:
        rows = deliveries.to_look_for(session, now)
    if not rows:
        return 0
    with open_mailbox(configuration, read_only=True) as mailbox:
        there = mailbox.examine(configuration.sent_folder)
        if not there:
            log.error("the sent folder is not there", setting="mailbox.sent_folder")
        found = [row for row in rows if there and mailbox.with_message_id(row.message_id)]
    for row in rows:
        _settle(store, row, found=row in found, now=now)
    return len(found)


def _settle(store: Store, row: DeliveryRow, *, found: bool, now: datetime) -> None:
    with store.writing() as session:
        if found:
            deliveries.settle(session, row.delivery_id, DeliveryState.SENT, now, trouble="found_in_sent_folder")
            audit.append(session, now, "service", "delivery_sent", row.delivery_id, trouble="found_in_sent_folder")
            log.info("delivery found in the sent folder", delivery=row.delivery_id)
        elif row.state is DeliveryState.WITHHELD:
            deliveries.settle(session, row.delivery_id, row.state, now, trouble="not_in_sent_folder")
        else:
            # Each wait is as long as it has been looked for until now.
            age = now - (row.data_at or row.created_at)
            deliveries.look_again(session, row.delivery_id, now + max(_FIRST_WAIT, age) if age < _LONGEST else None)
