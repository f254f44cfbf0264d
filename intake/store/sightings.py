"""Queries on places: which messages of a folder the ledger knows, and by what it recognises the others."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import and_, func, insert, select, update
from sqlalchemy.orm import Session

from intake.store import arrivals as ledger
from intake.store.schema import arrivals, mailboxes, sightings
from intake.vocabulary import ArrivalState


def baseline_at(session: Session, mailbox_id: str) -> datetime | None:
    """When this folder was seen first; None where it never was."""
    return session.scalar(select(mailboxes.c.baseline_at).where(mailboxes.c.mailbox_id == mailbox_id))


def first_polled_at(session: Session) -> datetime | None:
    """When a poll was completed last, of the folder that was polled longest ago; None where none was."""
    first: datetime | None = session.scalar(select(func.min(mailboxes.c.polled_at)))
    return first


def look_again_from(session: Session, mailbox_id: str, uid: int) -> None:
    """Let the next poll of this folder look at everything from `uid` on; what the ledger knows is passed over."""
    here = and_(mailboxes.c.mailbox_id == mailbox_id, mailboxes.c.last_uid >= uid)
    session.execute(update(mailboxes).where(here).values(last_uid=uid - 1))


def without_hash(session: Session, size: int, received_at: datetime) -> str | None:
    """Give a message whose bytes were never had (a stand-in, or only noted), known by its size and INTERNALDATE."""
    here = and_(arrivals.c.sha256.is_(None), arrivals.c.received_at == received_at, arrivals.c.size == size)
    return session.scalar(select(arrivals.c.arrival_id).where(here).limit(1))


def add(session: Session, mailbox_id: str, uidvalidity: int, seen: Mapping[int, str], now: datetime) -> None:
    """Enter UID to arrival id, for those that nobody entered meanwhile."""
    known = ledger.known_uids(session, mailbox_id, uidvalidity, list(seen))
    rows = [
        {"mailbox_id": mailbox_id, "uidvalidity": uidvalidity, "uid": uid, "arrival_id": arrival_id, "seen_at": now}
        for uid, arrival_id in seen.items()
        if uid not in known
    ]
    if rows:
        session.execute(insert(sightings), rows)


def note(
    session: Session, mailbox_id: str, uidvalidity: int, listed: Sequence[tuple[int, int, datetime]], now: datetime
) -> None:
    """Note messages (UID, size, INTERNALDATE) that were there before the start, unless they were noted meanwhile."""
    known = ledger.known_uids(session, mailbox_id, uidvalidity, [uid for uid, _size, _at in listed])
    new = [
        ledger.NewArrival(uidvalidity, uid, None, size, "noted", received_at, ArrivalState.NOTED)
        for uid, size, received_at in listed
        if uid not in known
    ]
    ledger.add(session, mailbox_id, new, now)
