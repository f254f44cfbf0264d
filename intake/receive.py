"""Receiving: a mailbox's new messages become arrivals, raw bytes and ledger row in one commit (durable point 1)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from intake.identifiers import new_id
from intake.mailbox import Listed, Mailbox, RawMessage
from intake.sealing import Vault, content_hash
from intake.settings import Settings
from intake.store import Store, arrivals
from intake.store.arrivals import MailboxRow, NewArrival
from intake.vocabulary import ArrivalState

#: rows in one transaction when messages are only noted
_NOTED_A_COMMIT = 1000
#: a mail server's clock and ours may differ so much
_CLOCK_SKEW = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Received:
    """How many messages were fetched into the ledger, only noted, or seen before."""

    fetched: int = 0
    noted: int = 0
    seen_before: int = 0


def receive(store: Store, vault: Vault, mailbox: Mailbox, settings: Settings, now: datetime) -> Iterator[Received]:
    """Take in what is new, batch by batch; yields the progress after each commit.

    The first epoch of a folder begins with a baseline: what `mailbox.start` leaves out is noted, never answered. A new
    UIDVALIDITY is a new epoch: every message is looked at again and recognised by the hash of its bytes.
    """
    place = settings.mailbox
    with store.writing() as session:
        row = arrivals.open_mailbox(session, place.host, place.username, place.folder)
    new_epoch = row.uidvalidity != mailbox.uidvalidity
    uids = mailbox.uids_after(0 if new_epoch else row.last_uid)
    if new_epoch:
        with store.writing() as session:
            row = arrivals.enter_epoch(session, row, mailbox.uidvalidity, max(uids, default=0), now)
    yield from _take_in(_Intake(store, vault, mailbox, settings, row, now), uids)
    with store.writing() as session:
        arrivals.polled(session, row.mailbox_id, now)


def receive_since(
    store: Store, vault: Vault, mailbox: Mailbox, settings: Settings, folder: str, since: datetime, now: datetime
) -> Iterator[Received]:
    """Take in what `folder`, which `mailbox` looks at, received since a moment and the ledger does not know."""
    with store.writing() as session:
        row = arrivals.open_mailbox(session, settings.mailbox.host, settings.mailbox.username, folder)
    intake = _Intake(store, vault, mailbox, settings, row, now)
    uids = mailbox.uids_after(0)
    for start in range(0, len(uids), _NOTED_A_COMMIT):
        chunk = uids[start : start + _NOTED_A_COMMIT]
        with store.reading() as session:
            known = arrivals.known_uids(session, row.mailbox_id, mailbox.uidvalidity, chunk)
        listed = mailbox.listed([uid for uid in chunk if uid not in known])
        for batch in mailbox.batches([one for one in listed if one.received_at >= since]):
            yield _commit(intake, batch)


@dataclass(frozen=True, slots=True)
class _Intake:
    store: Store
    vault: Vault
    mailbox: Mailbox
    settings: Settings
    row: MailboxRow
    now: datetime


def _take_in(intake: _Intake, uids: Sequence[int]) -> Iterator[Received]:
    for start in range(0, len(uids), _NOTED_A_COMMIT):
        chunk = uids[start : start + _NOTED_A_COMMIT]
        with intake.store.reading() as session:
            known = arrivals.known_uids(session, intake.row.mailbox_id, intake.mailbox.uidvalidity, chunk)
        listed = intake.mailbox.listed([uid for uid in chunk if uid not in known])
        old = [one for one in listed if _only_noted(intake, one)]
        if old:
            yield _note(intake, old)
        noted = {one.uid for one in old}
        for batch in intake.mailbox.batches([one for one in listed if one.uid not in noted]):
            yield _commit(intake, batch)
        # Batches follow size, not UID: only when the whole chunk is safe is the ledger known to reach to its end.
        with intake.store.writing() as session:
            arrivals.advance(session, intake.row.mailbox_id, chunk[-1])


def _only_noted(intake: _Intake, one: Listed) -> bool:
    """Say whether a message was there before the start, and is known but never answered."""
    configuration, row = intake.settings.mailbox, intake.row
    if configuration.start == "all":
        return False
    if configuration.start_at is not None:
        return one.received_at < configuration.start_at
    if one.uid > row.epoch_uid:
        return False
    # In the first epoch whatever was there is old. In a later one the clock must tell; what was worked has its hash.
    first_epoch = row.uidvalidity == row.baseline_uidvalidity
    return first_epoch or (row.baseline_at is not None and one.received_at < row.baseline_at - _CLOCK_SKEW)


def _note(intake: _Intake, listed: Sequence[Listed]) -> Received:
    noted = [
        NewArrival(
            uidvalidity=intake.mailbox.uidvalidity,
            uid=one.uid,
            sha256=None,
            size=one.size,
            form="noted",
            received_at=one.received_at,
            state=ArrivalState.NOTED,
        )
        for one in listed
    ]
    with intake.store.writing() as session:
        arrivals.add(session, intake.row.mailbox_id, noted, intake.now)
    return Received(noted=len(noted))


def _commit(intake: _Intake, batch: Sequence[RawMessage]) -> Received:
    digests = [content_hash(one.content) for one in batch]
    # Each by itself: of two with the same bytes, each has a place of its own.
    sealed = [_sealed(intake.vault, one) for one in batch]
    with intake.store.writing() as session:
        known = arrivals.with_hash(session, digests)
        new, again = [], []
        for raw, digest, arrival in zip(batch, digests, sealed, strict=True):
            if raw.content and digest in known:
                again.append((raw, known[digest]))
            else:
                new.append(arrival)
                known[digest] = arrival.arrival_id
        arrivals.add(session, intake.row.mailbox_id, new, intake.now)
        for raw, arrival_id in again:
            place = arrivals.Place(intake.row.mailbox_id, raw.uidvalidity, raw.uid)
            arrivals.add_sighting(session, place, arrival_id, intake.now)
    return Received(fetched=len(new), seen_before=len(again))


def _sealed(vault: Vault, raw: RawMessage) -> NewArrival:
    arrival_id, key = new_id("a"), vault.new_key()
    return NewArrival(
        uidvalidity=raw.uidvalidity,
        uid=raw.uid,
        sha256=content_hash(raw.content) if raw.content else None,
        size=raw.size,
        form=raw.form,
        received_at=raw.received_at,
        state=ArrivalState.RECEIVED,
        wrapped_key=key.wrapped,
        content=key.seal(raw.content, f"arrivals/{arrival_id}/content"),
        arrival_id=arrival_id,
    )
