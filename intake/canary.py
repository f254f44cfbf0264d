"""The canary: the service mails itself a marked message by the real route, and alarms if it does not come by in time.

The river knows it by its unguessable Message-ID and by our own mark, decides `ignore`, and notes that it came.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from intake import smtp
from intake.compose import Desk
from intake.log import get
from intake.reply import OWN_HEADER
from intake.settings import Settings
from intake.store import Store, audit, facts

log = get()

_SENT = "canary_sent"
_BACK = "canary_back"
_ALARM = facts.CANARY
_LOOK_EVERY_S = 0.5
#: words in which the reader finds nothing that asks for anything
_TEXT = "This is a test of the mailbox. It was sent by the service itself, and no answer is needed."


@dataclass(frozen=True, slots=True)
class Flight:
    """The last canary: when it was sent, and when the river saw it (None: not yet)."""

    sent_at: datetime
    back_at: datetime | None

    def is_late(self, now: datetime, within: timedelta) -> bool:
        """Say whether it should have come by."""
        return self.back_at is None and now - self.sent_at > within


def send(store: Store, desk: Desk, settings: Settings, now: datetime) -> str:
    """Send a canary from the service's address to itself; give its Message-ID. Raises like `smtp.send_one`."""
    address = settings.service.address
    message_id = desk.writer.message_id(desk.vault.token("canary", now.isoformat()))
    head = {
        "From": f"<{address}>",
        "To": f"<{address}>",
        "Subject": "Test of the mailbox",
        "Date": format_datetime(now.astimezone(UTC)),
        "Message-ID": message_id,
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        OWN_HEADER: "canary",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
    }
    text = "".join(f"{name}: {value}\r\n" for name, value in head.items()) + f"\r\n{_TEXT}\r\n"
    # Put down before it leaves: it may be back before the server has answered.
    with store.writing() as session:
        facts.put(session, _SENT, now, text=message_id)
        audit.append(session, now, "service", "canary_sent", "mailbox")
    smtp.send_one(settings.smtp, sender=address, recipient=address, content=text.encode())
    log.info("canary sent")
    return message_id


def note(store: Store, result: Mapping[str, Any], now: datetime) -> bool:
    """Note that a worked message was the canary on its way, and say whether it was."""
    message_id = result["message_id"]
    if message_id is None:
        return False
    with store.reading() as session:
        sent = facts.get(session, _SENT)
    if sent is None or sent.text != message_id:
        return False
    with store.writing() as session:
        facts.put(session, _BACK, now, text=message_id)
    log.info("canary came by", after_s=round((now - sent.at).total_seconds(), 1))
    return True


def last_flight(store: Store) -> Flight | None:
    """Give the last canary; None where none was sent."""
    with store.reading() as session:
        sent, back = facts.get(session, _SENT), facts.get(session, _BACK)
    if sent is None:
        return None
    return Flight(sent.at, back.at if back is not None and back.text == sent.text else None)


def awaited(store: Store, within: timedelta) -> Flight:
    """Wait until the last canary was seen, at most `within`. It must have been sent."""
    deadline = time.monotonic() + within.total_seconds()
    while True:
        flight = last_flight(store)
        assert flight is not None  # noqa: S101 - whoever waits has sent one
        if flight.back_at is not None or time.monotonic() > deadline:
            return flight
        time.sleep(_LOOK_EVERY_S)


def watch(store: Store, desk: Desk, settings: Settings, now: datetime) -> None:
    """Alarm once for a canary that is late, and once when one comes by again; send the next when it is due."""
    flight = last_flight(store)
    within = timedelta(seconds=settings.worker.canary_within_s)
    with store.reading() as session:
        alarmed = facts.get(session, _ALARM) is not None
    if flight is not None and flight.is_late(now, within) and not alarmed:
        with store.writing() as session:
            facts.put(session, _ALARM, now)
        log.error("the canary did not come by", sent_at=flight.sent_at.isoformat(), within_s=within.total_seconds())
    elif flight is not None and flight.back_at is not None and alarmed:
        with store.writing() as session:
            facts.forget(session, _ALARM)
        log.info("the canary comes by again")
    if flight is None or now - flight.sent_at >= timedelta(seconds=settings.worker.canary_every_s):
        send(store, desk, settings, now)
