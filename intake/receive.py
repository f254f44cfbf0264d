"""Receiving: a mailbox's new messages become arrivals, raw bytes and ledger row in one commit (durable point 1)."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.utils import parsedate_to_datetime

from sqlalchemy.orm import Session

from intake.errors import MailboxUnavailable
from intake.identifiers import new_id
from intake.log import get
from intake.mailbox import SIZE_UNKNOWN, Listed, Mailbox, RawMessage
from intake.sealing import Vault, content_hash
from intake.settings import Settings
from intake.stand_in import is_stand_in
from intake.store import Store, arrivals, audit, awaited, facts
from intake.store.arrivals import AWAITED, MailboxRow, NewArrival
from intake.vocabulary import ArrivalState

log = get()

#: rows in one transaction when messages are only noted
_NOTED_A_COMMIT = 1000
#: a mail server's clock and ours may differ so much
_CLOCK_SKEW = timedelta(minutes=2)
#: after so long a server that gave a stand-in is asked again; after the last a person sees it
_ASK_AGAIN_AFTER = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 10))
#: so often a connection may die in the fetching of one message before that message is passed over
_DEATHS = 3
#: a message that a migration gave a new INTERNALDATE was written so long before it
_OLD = timedelta(days=1)
_NO_MAIL_BEFORE = datetime(1990, 1, 1, tzinfo=UTC)

#: proves, in the transaction that it is given, that this worker still holds the mailbox; raises `LeaseLost`
Fence = Callable[[Session], None]


@dataclass(frozen=True, slots=True)
class Received:
    """How many messages were fetched into the ledger, only noted, or seen before."""

    fetched: int = 0
    noted: int = 0
    seen_before: int = 0


def receive(
    store: Store, vault: Vault, mailbox: Mailbox, settings: Settings, now: datetime, fence: Fence | None = None
) -> Iterator[Received]:
    """Take in what is new, batch by batch; yields the progress after each commit.

    The first epoch of a folder begins with a baseline: what `mailbox.start` leaves out is noted, never answered. A new
    UIDVALIDITY is a new epoch: every message is looked at again and recognised by the hash of its bytes. Each
    transaction passes `fence`, so that nothing is written by a worker that slept through its lease.
    """
    place = settings.mailbox
    with store.writing() as session:
        row = arrivals.open_mailbox(session, place.host, place.username, place.folder)
    intake = _Intake(store, vault, mailbox, settings, row, now, fence)
    if row.uidvalidity == mailbox.uidvalidity and 0 < mailbox.uidnext <= row.last_uid:
        row = _retire_epoch(intake)
        intake = replace(intake, row=row)
    new_epoch = row.uidvalidity != mailbox.uidvalidity
    uids = mailbox.uids_after(0 if new_epoch else row.last_uid)
    if new_epoch:
        intake = replace(intake, row=_enter_epoch(intake, max(uids, default=0)))
    yield from _take_in(intake, uids)
    yield from _ask_again(intake)
    with intake.writing() as session:
        facts.forget(session, _suspect(intake))
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
    fence: Fence | None = None

    @contextmanager
    def writing(self) -> Iterator[Session]:
        with self.store.writing() as session:
            if self.fence is not None:
                self.fence(session)
            yield session


def _enter_epoch(intake: _Intake, epoch_uid: int) -> MailboxRow:
    row, uidvalidity = intake.row, intake.mailbox.uidvalidity
    with intake.writing() as session:
        entered = arrivals.enter_epoch(session, row, uidvalidity, epoch_uid, intake.now)
        # What was awaited under a UID that is no more is for a person.
        awaited.await_no_longer(session, row.mailbox_id, outside=uidvalidity)
        if row.uidvalidity is not None:
            changed = {"before": row.uidvalidity, "after": uidvalidity}
            audit.append(session, intake.now, "service", "uidvalidity_changed", row.mailbox_id, **changed)
    if row.uidvalidity is not None:
        log.error("uidvalidity changed: every message is looked at again", mailbox=row.mailbox_id, **changed)
    return entered


def _retire_epoch(intake: _Intake) -> MailboxRow:
    """The server was put back to an older state without a new UIDVALIDITY, against RFC 9051 section 2.3.1.1."""
    log.error("uids went back", mailbox=intake.row.mailbox_id, uidnext=intake.mailbox.uidnext)
    with intake.writing() as session:
        return arrivals.retire_epoch(session, intake.row, intake.now)


def _take_in(intake: _Intake, uids: Sequence[int]) -> Iterator[Received]:
    for start in range(0, len(uids), _NOTED_A_COMMIT):
        chunk = uids[start : start + _NOTED_A_COMMIT]
        with intake.store.reading() as session:
            known = arrivals.known_uids(session, intake.row.mailbox_id, intake.mailbox.uidvalidity, chunk)
        new = [uid for uid in chunk if uid not in known]
        listed = intake.mailbox.listed(new)
        old = [one for one in listed if _only_noted(intake, one)]
        if old:
            yield _note(intake, old)
        taken = {one.uid for one in old}
        yield from _fetch(intake, [one for one in listed if one.uid not in taken], taken)
        yield from _left_out(intake, listed, [uid for uid in new if uid not in taken])
        # Batches follow size, not UID: only when the whole chunk is safe is the ledger known to reach to its end.
        with intake.writing() as session:
            arrivals.advance(session, intake.row.mailbox_id, chunk[-1])


def _fetch(intake: _Intake, listed: Sequence[Listed], taken: set[int]) -> Iterator[Received]:
    """Fetch and commit; `taken` gets what was. A message on which the connection always dies is passed over."""
    suspect, deaths = _suspected(intake)
    wanted = [one for one in listed if not (one.uid == suspect and deaths >= _DEATHS)]
    wanted.sort(key=lambda one: one.size > intake.settings.mailbox.max_message_bytes)
    try:
        for batch in intake.mailbox.batches(wanted, one_by_one=deaths > 0):
            yield _commit(intake, batch)
            taken.update(one.uid for one in batch)
    except MailboxUnavailable:
        first = next((one.uid for one in wanted if one.uid not in taken), 0)
        with intake.writing() as session:
            text = f"{intake.mailbox.uidvalidity}/{first}"
            facts.put(session, _suspect(intake), intake.now, number=deaths + 1 if first == suspect else 1, text=text)
        raise


def _suspected(intake: _Intake) -> tuple[int, int]:
    """Say in the fetching of which UID the connection died last, and how often."""
    with intake.store.reading() as session:
        fact = facts.get(session, _suspect(intake))
    uidvalidity, _, uid = (fact.text or "" if fact else "").partition("/")
    if fact is None or uidvalidity != str(intake.mailbox.uidvalidity):
        return 0, 0
    return int(uid), int(fact.number or 0)


def _suspect(intake: _Intake) -> str:
    return f"connection died {intake.row.mailbox_id}"


def _left_out(intake: _Intake, listed: Sequence[Listed], uids: Sequence[int]) -> Iterator[Received]:
    """Enter what was listed or found and yet not given: it is gone, or else the server is asked again later."""
    if not uids:
        return
    known = {one.uid: one for one in listed}
    there = [known.get(uid, Listed(uid, intake.now, SIZE_UNKNOWN)) for uid in intake.mailbox.still_there(uids)]
    for one in there:
        raw = RawMessage(intake.mailbox.uidvalidity, one.uid, one.received_at, one.size, "placeholder", b"")
        yield _commit(intake, [raw])


def _ask_again(intake: _Intake) -> Iterator[Received]:
    """Ask once more for what the server gave stand-ins for; after the last time a person sees what there is."""
    uidvalidity = intake.mailbox.uidvalidity
    with intake.store.reading() as session:
        waiting = awaited.due(session, intake.row.mailbox_id, uidvalidity, intake.now)
    for one in waiting:
        # Counted before it is done: the connection may die of it.
        wait = _ASK_AGAIN_AFTER[min(one.attempts, len(_ASK_AGAIN_AFTER) - 1)]
        with intake.writing() as session:
            awaited.ask_again(session, one.arrival_id, intake.now + wait)
        batches = intake.mailbox.batches(intake.mailbox.listed([one.uid]))
        raw = next((raw for batch in batches for raw in batch), None)
        in_vain = one.attempts >= len(_ASK_AGAIN_AFTER) or (raw is None and not intake.mailbox.still_there([one.uid]))
        with intake.writing() as session:
            if raw is not None and not is_stand_in(raw.content, raw.size):
                awaited.given(session, one.arrival_id, _sealed(intake.vault, raw, one.arrival_id))
            elif in_vain:
                awaited.await_no_longer(session, intake.row.mailbox_id, arrival_ids=[one.arrival_id])
                log.error("the server gives no more than a stand-in", arrival=one.arrival_id)
        yield Received()


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
    with intake.writing() as session:
        arrivals.add(session, intake.row.mailbox_id, noted, intake.now)
    return Received(noted=len(noted))


def _commit(intake: _Intake, batch: Sequence[RawMessage]) -> Received:
    batch = [_dated(intake, raw) for raw in batch]
    sealed = [(raw, _arrival(intake, raw)) for raw in batch]
    digests = {arrival.sha256 for _raw, arrival in sealed if arrival.sha256 is not None}
    with intake.writing() as session:
        known = arrivals.with_hash(session, digests)
        new, again = [], []
        for raw, arrival in sealed:
            # Stand-ins have no hash: two of them may be alike and mean two messages.
            if arrival.sha256 is not None and arrival.sha256 in known:
                again.append((raw, known[arrival.sha256]))
            else:
                new.append(arrival)
                if arrival.sha256 is not None:
                    known[arrival.sha256] = arrival.arrival_id
        arrivals.add(session, intake.row.mailbox_id, new, intake.now)
        for raw, arrival_id in again:
            place = arrivals.Place(intake.row.mailbox_id, raw.uidvalidity, raw.uid)
            arrivals.add_sighting(session, place, arrival_id, intake.now)
    return Received(fetched=len(new), seen_before=len(again))


def _dated(intake: _Intake, raw: RawMessage) -> RawMessage:
    """Let a letter that a migration brought count from when it was written: its new INTERNALDATE is no receipt.

    So nothing old is answered as if it had just come.
    """
    row = intake.row
    if row.uidvalidity == row.baseline_uidvalidity or raw.uid > row.epoch_uid:
        return raw
    written = _written_at(raw.content)
    return raw if written is None or raw.received_at - written < _OLD else replace(raw, received_at=written)


def _written_at(content: bytes) -> datetime | None:
    try:
        written = parsedate_to_datetime(str(message_from_bytes(content[:100_000])["date"]))
    except (TypeError, ValueError, OverflowError):
        return None
    written = written.astimezone(UTC) if written.tzinfo else written.replace(tzinfo=UTC)
    return written if written > _NO_MAIL_BEFORE else None


def _arrival(intake: _Intake, raw: RawMessage) -> NewArrival:
    arrival = _sealed(intake.vault, raw, new_id("a"))
    if not is_stand_in(raw.content, raw.size):
        return arrival
    return replace(arrival, form=AWAITED, sha256=None, again_at=intake.now + _ASK_AGAIN_AFTER[0])


def _sealed(vault: Vault, raw: RawMessage, arrival_id: str) -> NewArrival:
    key = vault.new_key()
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
