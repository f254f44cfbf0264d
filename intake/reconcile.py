"""Reconciling: every message on the server is looked for in the ledger. The server is only read (EXAMINE).

In the read folder a message is known by its place (UIDVALIDITY and UID). A move gives it a new place, so in the handled
folder it is known by the hash of its bytes; the place is then entered as a sighting, and it is not fetched again.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from intake import settings
from intake.log import get
from intake.mailbox import Listed, Mailbox, open_mailbox
from intake.sealing import content_hash
from intake.store import Store, arrivals, facts, sightings
from intake.store.arrivals import MailboxRow

log = get()

#: messages compared at once
_CHUNK = 200
#: a mail server's clock and ours may differ so much
_CLOCK_SKEW = timedelta(minutes=2)
#: the fact that some message is not accounted for
_ALARM = facts.UNACCOUNTED
#: so many messages are named in a log line
_NAMED = 20


class Why(StrEnum):
    """Why a message is not accounted for."""

    #: it came after the last completed poll: the next one takes it in
    NOT_TAKEN_IN_YET = "not_taken_in_yet"
    #: the ledger should have it and does not
    NOT_IN_THE_LEDGER = "not_in_the_ledger"


@dataclass(frozen=True, slots=True)
class Unaccounted:
    """One message on the server that the ledger does not know, by its place."""

    folder: str
    uidvalidity: int
    uid: int
    why: Why


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """How many messages lie in each folder, and which of them the ledger does not know."""

    folders: dict[str, int] = field(default_factory=dict)
    unaccounted: tuple[Unaccounted, ...] = ()

    @property
    def on_server(self) -> int:
        """How many messages lie on the server."""
        return sum(self.folders.values())

    @property
    def accounted_for(self) -> int:
        """How many of them are in the ledger, each in one state."""
        return self.on_server - len(self.unaccounted)

    def __add__(self, other: "Reconciliation") -> "Reconciliation":
        """Add up two parts."""
        names = dict.fromkeys([*self.folders, *other.folders])
        folders = {name: self.folders.get(name, 0) + other.folders.get(name, 0) for name in names}
        return Reconciliation(folders, self.unaccounted + other.unaccounted)


def reconcile(store: Store, configuration: settings.Mailbox, now: datetime) -> Reconciliation:
    """Compare the read folder and the handled folder with the ledger. Raises like `open_mailbox`."""
    found = Reconciliation()
    for part in _compared(store, configuration, now):
        found += part
    return found


def watch(
    store: Store, configuration: settings.Mailbox, now: datetime, going: Callable[[], bool] = lambda: True
) -> Reconciliation | None:
    """Reconcile, and alarm once when a message is lost and once when none is any more. Mail just come is no alarm.

    The next poll looks again for what is lost in the read folder. None where it is not `going` on to the end: what was
    recognised until then is kept.
    """
    found = Reconciliation()
    for part in _compared(store, configuration, now):
        found += part
        if not going():
            return None
    lost = [one for one in found.unaccounted if one.why is Why.NOT_IN_THE_LEDGER]
    with store.writing() as session:
        if lost_from := min((one.uid for one in lost if one.folder == configuration.folder), default=None):
            row = arrivals.open_mailbox(session, configuration.host, configuration.username, configuration.folder)
            sightings.look_again_from(session, row.mailbox_id, lost_from)
        before = facts.get(session, _ALARM)
        if lost:
            facts.put(session, _ALARM, before.at if before else now, number=len(lost))
        else:
            facts.forget(session, _ALARM)
    log.info("reconciled", on_server=found.on_server, accounted_for=found.accounted_for)
    if lost and (before is None or before.number != len(lost)):
        named = [f"{one.folder}/{one.uidvalidity}/{one.uid}" for one in lost[:_NAMED]]
        log.error("messages unaccounted for", count=len(lost), messages=named)
    elif before is not None and not lost:
        log.info("every message is accounted for again")
    return found


def _folders(configuration: settings.Mailbox) -> list[str]:
    return [one for one in dict.fromkeys([configuration.folder, configuration.handled_folder]) if one]


def _compared(store: Store, configuration: settings.Mailbox, now: datetime) -> Iterator[Reconciliation]:
    """Reconcile one part of each folder after the other."""
    for folder in _folders(configuration):
        yield Reconciliation({folder: 0})
        for count, missing in _compared_folder(store, configuration, folder, now):
            yield Reconciliation({folder: count}, tuple(missing))


def _compared_folder(
    store: Store, configuration: settings.Mailbox, folder: str, now: datetime
) -> Iterator[tuple[int, list[Unaccounted]]]:
    with store.writing() as session:
        read = arrivals.open_mailbox(session, configuration.host, configuration.username, configuration.folder)
        row = arrivals.open_mailbox(session, configuration.host, configuration.username, folder)
    with open_mailbox(configuration, read_only=True) as mailbox:
        if folder != configuration.folder and not mailbox.examine(folder):
            return
        uids = mailbox.uids_after(0)
        for start in range(0, len(uids), _CHUNK):
            chunk = uids[start : start + _CHUNK]
            with store.reading() as session:
                known = arrivals.known_uids(session, row.mailbox_id, mailbox.uidvalidity, chunk)
            strange = [uid for uid in chunk if uid not in known]
            if folder == configuration.folder:
                yield len(chunk), _in_the_read_folder(read, mailbox, strange)
            else:
                handled = _Handled(store, configuration, mailbox, row.mailbox_id, read.mailbox_id, now)
                gone, unknown = _in_the_handled_folder(handled, strange)
                yield len(chunk) - gone, _unaccounted(folder, mailbox, unknown, Why.NOT_IN_THE_LEDGER)


def _in_the_read_folder(row: MailboxRow, mailbox: Mailbox, strange: Sequence[int]) -> list[Unaccounted]:
    reached = row.last_uid if row.uidvalidity == mailbox.uidvalidity else 0
    lost = [uid for uid in strange if uid <= reached]
    new = [uid for uid in strange if uid > reached]
    return [
        *_unaccounted(row.folder, mailbox, lost, Why.NOT_IN_THE_LEDGER),
        *_unaccounted(row.folder, mailbox, new, Why.NOT_TAKEN_IN_YET),
    ]


def _unaccounted(folder: str, mailbox: Mailbox, uids: Sequence[int], why: Why) -> list[Unaccounted]:
    return [Unaccounted(folder, mailbox.uidvalidity, uid, why) for uid in uids]


@dataclass(frozen=True, slots=True)
class _Handled:
    store: Store
    configuration: settings.Mailbox
    mailbox: Mailbox
    mailbox_id: str
    read_mailbox_id: str
    now: datetime


def _in_the_handled_folder(handled: _Handled, strange: Sequence[int]) -> tuple[int, list[int]]:
    """Recognise messages by their bytes; give how many are gone meanwhile, and which nobody knows."""
    if not strange:
        return 0, []
    listed = handled.mailbox.listed(strange)
    with handled.store.reading() as session:
        start = _start(handled, sightings.baseline_at(session, handled.read_mailbox_id))
    old = [one for one in listed if start is not None and one.received_at < start]
    # With `start = "all"` older mail may have been worked too: its bytes must tell.
    fetched = listed if handled.configuration.start == "all" else [one for one in listed if one not in old]
    seen = _recognised(handled, fetched)
    before = [one for one in old if one.uid not in seen]
    with handled.store.writing() as session:
        uidvalidity = handled.mailbox.uidvalidity
        # A person may have put away what was only noted.
        for one in before:
            if (noted_before := sightings.without_hash(session, one.size, one.received_at)) is not None:
                seen[one.uid] = noted_before
        before = [one for one in before if one.uid not in seen]
        sightings.add(session, handled.mailbox_id, uidvalidity, seen, handled.now)
        noted = [(one.uid, one.size, one.received_at) for one in before]
        sightings.note(session, handled.mailbox_id, uidvalidity, noted, handled.now)
    known = {*seen, *(one.uid for one in before)}
    return len(strange) - len(listed), [one.uid for one in listed if one.uid not in known]


def _start(handled: _Handled, baseline_at: datetime | None) -> datetime | None:
    """From when on a message must be in the ledger."""
    if handled.configuration.start_at is not None:
        return handled.configuration.start_at
    return None if baseline_at is None else baseline_at - _CLOCK_SKEW


def _recognised(handled: _Handled, listed: Sequence[Listed]) -> dict[int, str]:
    """UID to arrival id of what the ledger knows by its bytes, or by size and date where it never had the bytes."""
    seen: dict[int, str] = {}
    places = {one.uid: one for one in listed}
    for batch in handled.mailbox.batches(listed):
        digests = {one.uid: content_hash(one.content) for one in batch if one.content}
        with handled.store.reading() as session:
            known = arrivals.with_hash(session, digests.values())
            for raw in batch:
                found = known.get(digests.get(raw.uid, b""))
                found = found or sightings.without_hash(session, raw.size, places[raw.uid].received_at)
                if found is not None:
                    seen[raw.uid] = found
    return seen
