"""Queries on the audit trail: a hash chain over every change and every read, append-only."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from intake.store.schema import audit_entries

_START = b"\x00" * 32
# Any number will do, as long as every process uses the same: the chain has one end.
_CHAIN_LOCK = 7_264_001


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether the chain is whole; `first_broken` is the sequence of the first entry that does not fit."""

    ok: bool
    entries: int
    first_broken: int | None


def append(session: Session, now: datetime, actor: str, action: str, subject: str, **detail: Any) -> None:
    """Append one entry. `detail` holds ids, slugs and numbers only."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _CHAIN_LOCK})
    last = session.execute(_LAST).one_or_none()
    entry = {
        "sequence": 1 if last is None else last.sequence + 1,
        "at": now,
        "actor": actor,
        "action": action,
        "subject": subject,
        "detail": json.dumps(detail, sort_keys=True, separators=(",", ":")),
        "previous_hash": _START if last is None else last.hash,
    }
    session.execute(insert(audit_entries).values(**entry, hash=_hash(entry)))


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the trail; `detail` is JSON of ids, slugs and numbers."""

    sequence: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: str


@dataclass(frozen=True, slots=True)
class Sought:
    """Which entries are looked for; None: whatever it is. `before`: only those with a lower sequence."""

    actor: str | None = None
    action: str | None = None
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None


def search(session: Session, sought: Sought, limit: int) -> list[Entry]:
    """The newest entries that are looked for, newest first."""
    table = audit_entries.c
    query = select(*(table[name] for name in Entry.__slots__))
    for name in ("actor", "action", "subject"):
        if getattr(sought, name) is not None:
            query = query.where(table[name] == getattr(sought, name))
    if sought.since is not None:
        query = query.where(table.at >= sought.since)
    if sought.until is not None:
        query = query.where(table.at < sought.until)
    if sought.before is not None:
        query = query.where(table.sequence < sought.before)
    return [Entry(*row) for row in session.execute(query.order_by(table.sequence.desc()).limit(limit))]


def verify(session: Session) -> Verification:
    """Walk the whole chain."""
    count, previous, first_broken = 0, _START, None
    for row in _entries(session):
        count += 1
        entry = row._asdict()
        fits = entry["sequence"] == count and entry["previous_hash"] == previous and entry["hash"] == _hash(entry)
        if first_broken is None and not fits:
            first_broken = entry["sequence"]
        previous = entry["hash"]
    return Verification(first_broken is None, count, first_broken)


def _entries(session: Session) -> Iterable[Any]:
    return session.execute(select(audit_entries).order_by(audit_entries.c.sequence).execution_options(yield_per=1000))


def _hash(entry: dict[str, Any]) -> bytes:
    fields = [
        entry["sequence"],
        entry["at"].isoformat(),
        *(entry[one] for one in ("actor", "action", "subject", "detail")),
    ]
    return hashlib.sha256(entry["previous_hash"] + json.dumps(fields, separators=(",", ":")).encode()).digest()


_LAST = select(audit_entries.c.sequence, audit_entries.c.hash).order_by(audit_entries.c.sequence.desc()).limit(1)
