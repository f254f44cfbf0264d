"""Queries on the ledger of messages."""

import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, case, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from intake.identifiers import new_id
from intake.store.schema import arrivals, mailboxes, sightings
from intake.vocabulary import ArrivalState, Disposition

#: the form of a message that the server has not given yet: it is asked again before anybody works it. Until then
#: `attempts` counts the asking, and `claimed_until` says when it is asked next.
AWAITED = "awaited"


@dataclass(frozen=True, slots=True)
class MailboxRow:
    """A watched folder and how far its ledger reaches."""

    mailbox_id: str
    folder: str
    uidvalidity: int | None
    last_uid: int
    epoch_uid: int
    baseline_at: datetime | None
    baseline_uidvalidity: int | None


@dataclass(frozen=True, slots=True)
class Arrival:
    """One row of the ledger, still sealed."""

    arrival_id: str
    mailbox_id: str
    folder: str
    uidvalidity: int
    uid: int
    sha256: bytes | None
    size: int
    form: str
    received_at: datetime
    seen_at: datetime
    state: ArrivalState
    disposition: Disposition | None
    attempts: int
    trouble: str | None
    wrapped_key: bytes | None
    content: bytes | None
    message_id: bytes | None
    findings: bytes | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message lies: the identity that IMAP gives it."""

    mailbox_id: str
    uidvalidity: int
    uid: int


@dataclass(frozen=True, slots=True)
class NewArrival:
    """What `add` writes; `sha256`, `wrapped_key` and `content` are None for a message only noted."""

    uidvalidity: int
    uid: int
    sha256: bytes | None
    size: int
    form: str
    received_at: datetime
    state: ArrivalState
    wrapped_key: bytes | None = None
    content: bytes | None = None
    arrival_id: str = ""
    #: where the server gave a stand-in: not before then is it asked again
    again_at: datetime | None = None


_ROW = (
    arrivals.c.arrival_id,
    arrivals.c.mailbox_id,
    mailboxes.c.folder,
    arrivals.c.uidvalidity,
    arrivals.c.uid,
    arrivals.c.sha256,
    arrivals.c.size,
    arrivals.c.form,
    arrivals.c.received_at,
    arrivals.c.seen_at,
    arrivals.c.state,
    arrivals.c.disposition,
    arrivals.c.attempts,
    arrivals.c.trouble,
    arrivals.c.wrapped_key,
    arrivals.c.content,
    arrivals.c.message_id,
    arrivals.c.findings,
)
_ARRIVALS = select(*_ROW).join(mailboxes, arrivals.c.mailbox_id == mailboxes.c.mailbox_id)


def open_mailbox(session: Session, host: str, username: str, folder: str) -> MailboxRow:
    """Give the row of a watched folder, making it at its first sight."""
    columns = [mailboxes.c[name] for name in MailboxRow.__slots__]
    here = and_(mailboxes.c.host == host, mailboxes.c.username == username, mailboxes.c.folder == folder)
    found = session.execute(select(*columns).where(here)).one_or_none()
    if found is None:
        row = {"mailbox_id": new_id("m"), "host": host, "username": username, "folder": folder}
        # Another worker may make it in the same moment.
        with contextlib.suppress(IntegrityError), session.begin_nested():
            session.execute(insert(mailboxes).values(**row, last_uid=0, epoch_uid=0))
        found = session.execute(select(*columns).where(here)).one()
    return MailboxRow(**found._asdict())


def enter_epoch(session: Session, row: MailboxRow, uidvalidity: int, epoch_uid: int, now: datetime) -> MailboxRow:
    """Begin a UIDVALIDITY epoch, in which UIDs up to `epoch_uid` were there already: all are to be looked at again."""
    entered = replace(
        row,
        uidvalidity=uidvalidity,
        last_uid=0,
        epoch_uid=epoch_uid,
        baseline_at=row.baseline_at or now,
        baseline_uidvalidity=row.baseline_uidvalidity or uidvalidity,
    )
    values = {name: getattr(entered, name) for name in MailboxRow.__slots__ if name != "mailbox_id"}
    session.execute(update(mailboxes).where(mailboxes.c.mailbox_id == row.mailbox_id).values(values))
    return entered


def retire_epoch(session: Session, row: MailboxRow, now: datetime) -> MailboxRow:
    """End an epoch whose UIDs the server gives anew: its rows go on under a UIDVALIDITY that no server gives."""
    retired = -int(now.timestamp())
    for table in (arrivals, sightings):
        here = and_(table.c.mailbox_id == row.mailbox_id, table.c.uidvalidity == row.uidvalidity)
        session.execute(update(table).where(here).values(uidvalidity=retired))
    first = row.baseline_uidvalidity == row.uidvalidity
    again = replace(row, uidvalidity=retired, baseline_uidvalidity=retired if first else row.baseline_uidvalidity)
    values = {"uidvalidity": again.uidvalidity, "baseline_uidvalidity": again.baseline_uidvalidity}
    session.execute(update(mailboxes).where(mailboxes.c.mailbox_id == row.mailbox_id).values(values))
    return again


def advance(session: Session, mailbox_id: str, last_uid: int) -> None:
    """Say that every UID up to `last_uid` is in the ledger."""
    here = and_(mailboxes.c.mailbox_id == mailbox_id, mailboxes.c.last_uid < last_uid)
    session.execute(update(mailboxes).where(here).values(last_uid=last_uid))


def polled(session: Session, mailbox_id: str, now: datetime) -> None:
    """Say that a poll of this folder was completed."""
    session.execute(update(mailboxes).where(mailboxes.c.mailbox_id == mailbox_id).values(polled_at=now))


def polled_at(session: Session, host: str, username: str, folder: str) -> datetime | None:
    """When a poll of this folder was completed last; None where none was, or the folder was never seen."""
    here = and_(mailboxes.c.host == host, mailboxes.c.username == username, mailboxes.c.folder == folder)
    return session.scalar(select(mailboxes.c.polled_at).where(here))


def known_uids(session: Session, mailbox_id: str, uidvalidity: int, uids: Sequence[int]) -> set[int]:
    """Which of `uids` (at most some hundreds) are in the ledger already, as arrivals or sightings."""
    known: set[int] = set()
    for table in (arrivals, sightings):
        here = and_(table.c.mailbox_id == mailbox_id, table.c.uidvalidity == uidvalidity, table.c.uid.in_(uids))
        known |= set(session.scalars(select(table.c.uid).where(here)))
    return known


def with_hash(session: Session, digests: Iterable[bytes]) -> dict[bytes, str]:
    """Which raw messages were received before: SHA-256 to arrival id."""
    found = session.execute(
        select(arrivals.c.sha256, arrivals.c.arrival_id).where(arrivals.c.sha256.in_(list(digests)))
    )
    return {row.sha256: row.arrival_id for row in found}


def add(session: Session, mailbox_id: str, new: Sequence[NewArrival], now: datetime) -> list[str]:
    """Enter new messages into the ledger; give their arrival ids."""
    rows = [
        {
            "arrival_id": one.arrival_id or new_id("a"),
            "mailbox_id": mailbox_id,
            "uidvalidity": one.uidvalidity,
            "uid": one.uid,
            "sha256": one.sha256,
            "size": one.size,
            "form": one.form,
            "received_at": one.received_at,
            "seen_at": now,
            "state": one.state.value,
            "wrapped_key": one.wrapped_key,
            "content": one.content,
            "attempts": 0 if one.again_at is None else 1,
            "claimed_until": one.again_at,
            "moved": False,
        }
        for one in new
    ]
    if rows:
        session.execute(insert(arrivals), rows)
    return [str(row["arrival_id"]) for row in rows]


def add_sighting(session: Session, place: Place, arrival_id: str, now: datetime) -> None:
    """Enter a message that was seen elsewhere before: it adds a sighting, not a case."""
    row = {"mailbox_id": place.mailbox_id, "uidvalidity": place.uidvalidity, "uid": place.uid}
    session.execute(insert(sightings).values(**row, arrival_id=arrival_id, seen_at=now))


def claim(session: Session, holder: str, now: datetime, lease: timedelta) -> Arrival | None:
    """Claim the oldest arrival that waits, for the length of `lease`, counting the attempt. None when nothing waits."""
    waits = and_(
        arrivals.c.state == ArrivalState.RECEIVED.value,
        # One that nobody asked for again in a day never will be: its folder is watched no more.
        or_(arrivals.c.form != AWAITED, arrivals.c.claimed_until < now - timedelta(days=1)),
        or_(arrivals.c.claimed_until.is_(None), arrivals.c.claimed_until < now),
    )
    oldest = (
        select(arrivals.c.arrival_id)
        .where(waits)
        .order_by(arrivals.c.received_at, arrivals.c.uid)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    claimed = session.scalar(
        update(arrivals)
        .where(arrivals.c.arrival_id == oldest.scalar_subquery())
        .values(claimed_by=holder, claimed_until=now + lease, attempts=arrivals.c.attempts + 1)
        .returning(arrivals.c.arrival_id)
    )
    return None if claimed is None else find(session, claimed)


def still_claimed(session: Session, arrival_id: str, holder: str) -> bool:
    """Lock the row and say whether `holder` still has the claim: a worker that slept has lost it."""
    here = and_(arrivals.c.arrival_id == arrival_id, arrivals.c.claimed_by == holder)
    here = and_(here, arrivals.c.state == ArrivalState.RECEIVED.value)
    return session.scalar(select(arrivals.c.arrival_id).where(here).with_for_update()) is not None


def holders(session: Session) -> list[str]:
    """Who holds claims on arrivals that are not settled."""
    here = and_(arrivals.c.state == ArrivalState.RECEIVED.value, arrivals.c.claimed_by.is_not(None))
    return list(session.scalars(select(arrivals.c.claimed_by).where(here).distinct()))


def release(session: Session, holder: str, *, blameless: bool = False) -> int:
    """Give back whatever `holder` claimed; give the number. `blameless`: the try does not count."""
    here = and_(arrivals.c.state == ArrivalState.RECEIVED.value, arrivals.c.claimed_by == holder)
    values: dict[str, Any] = {"claimed_by": None, "claimed_until": None}
    if blameless:
        values["attempts"] = case((arrivals.c.attempts > 0, arrivals.c.attempts - 1), else_=0)
    done = session.execute(update(arrivals).where(here).values(values))
    return int(done.rowcount)  # type: ignore[attr-defined]


def settle(
    session: Session,
    arrival_id: str,
    disposition: Disposition,
    now: datetime,
    *,
    message_id: bytes | None,
    originator_hash: bytes | None,
    findings: bytes,
) -> None:
    """Write how a message ended: `processed`."""
    session.execute(
        update(arrivals)
        .where(arrivals.c.arrival_id == arrival_id)
        .values(
            state=ArrivalState.PROCESSED.value,
            disposition=disposition.value,
            processed_at=now,
            claimed_by=None,
            claimed_until=None,
            trouble=None,
            message_id=message_id,
            originator_hash=originator_hash,
            findings=findings,
        )
    )


def set_aside(session: Session, arrival_id: str, state: ArrivalState, trouble: str) -> None:
    """Shunt or quarantine an arrival, naming the trouble without content."""
    values = {"state": state.value, "trouble": trouble, "claimed_by": None, "claimed_until": None}
    session.execute(update(arrivals).where(arrivals.c.arrival_id == arrival_id).values(values))


def put_back(session: Session, arrival_id: str) -> bool:
    """Let a shunted or quarantined arrival be worked again, with its attempts reset; false where it is neither."""
    here = and_(
        arrivals.c.arrival_id == arrival_id,
        arrivals.c.state.in_([ArrivalState.SHUNTED.value, ArrivalState.QUARANTINED.value]),
    )
    values = {"state": ArrivalState.RECEIVED.value, "attempts": 0, "trouble": None}
    done = session.execute(update(arrivals).where(here).values(values))
    return bool(done.rowcount)  # type: ignore[attr-defined]


def to_move(session: Session, mailbox_id: str, uidvalidity: int, stay: Iterable[Disposition]) -> dict[int, str]:
    """UID to arrival id of what is processed, still in the folder, and does not `stay`.

    Copies of it go with it, and so does what got a new UID with a new UIDVALIDITY. What was moved once stays where a
    person put it back.
    """
    handled = and_(
        arrivals.c.state == ArrivalState.PROCESSED.value,
        arrivals.c.moved.is_(False),
        arrivals.c.disposition.not_in([one.value for one in stay]),
    )
    found: dict[int, str] = {}
    for table in (arrivals, sightings):
        here = and_(table.c.mailbox_id == mailbox_id, table.c.uidvalidity == uidvalidity, handled)
        query = select(table.c.uid, arrivals.c.arrival_id).select_from(arrivals)
        if table is sightings:
            query = query.join(sightings, sightings.c.arrival_id == arrivals.c.arrival_id)
        found |= {row.uid: row.arrival_id for row in session.execute(query.where(here))}
    return found


def mark_moved(session: Session, arrival_ids: Sequence[str]) -> None:
    """Say that these messages left the folder."""
    session.execute(update(arrivals).where(arrivals.c.arrival_id.in_(arrival_ids)).values(moved=True))


def find(session: Session, arrival_id: str) -> Arrival | None:
    """Give one arrival by its id."""
    row = session.execute(_ARRIVALS.where(arrivals.c.arrival_id == arrival_id)).one_or_none()
    return None if row is None else _arrival(row)


def every(session: Session, state: ArrivalState | None = None) -> Iterable[Arrival]:
    """Every arrival, oldest first, without its content."""
    query = _ARRIVALS.order_by(arrivals.c.received_at, arrivals.c.uid).execution_options(yield_per=500)
    if state is not None:
        query = query.where(arrivals.c.state == state.value)
    return (_arrival(row) for row in session.execute(query))


def counts(session: Session) -> dict[ArrivalState, int]:
    """How many arrivals are in each state."""
    rows = session.execute(select(arrivals.c.state, func.count()).group_by(arrivals.c.state))
    return {ArrivalState(row[0]): row[1] for row in rows}


def _arrival(row: object) -> Arrival:
    values = row._asdict()  # type: ignore[attr-defined]
    values["state"] = ArrivalState(values["state"])
    values["disposition"] = None if values["disposition"] is None else Disposition(values["disposition"])
    return Arrival(**values)
