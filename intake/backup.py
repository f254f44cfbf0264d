"""Backing up: a consistent copy of the database while the service runs. The copy says that it is one.

The mark in it is what lets a restored database know that letters newer than itself may have been answered already
(`intake.restoring`).
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from sqlalchemy import create_engine, make_url
from sqlalchemy.orm import Session

from intake.errors import CallRefused, DatabaseUnavailable
from intake.store import facts
from intake.store.facts import COPIED

_BUSY_TIMEOUT_S = 30


def backup(url: str, file: Path, now: datetime) -> int:
    """Copy the SQLite database at `url` to `file`, in place of an older copy; give its size in bytes.

    The copy is checked before it takes its name, so that a failure leaves the older one. Raises `CallRefused` for
    PostgreSQL, which has its own tool, `DatabaseUnavailable` where a disk or the database does not do its part.
    """
    if not url.startswith("sqlite"):
        raise CallRefused(
            "`db backup` copies SQLite databases; for PostgreSQL use pg_dump, and `wellbeing-intake db restored` after "
            "pg_restore"
        )
    source = Path(make_url(url).database or "")
    if not source.is_file():
        raise DatabaseUnavailable(f"the database {source} is not there")
    if not file.parent.is_dir():
        raise CallRefused(f"the folder {file.parent} is not there")
    if file.exists() and file.samefile(source):
        raise CallRefused(f"{file} is the database itself: name another file")
    part = file.with_name(f"{file.name}.part")
    try:
        _copy(source, part)
        _mark(part, now)
        _write_through(part)
        part.replace(file)
        _write_through(file.parent)
    except (sqlite3.Error, OSError) as error:
        raise DatabaseUnavailable(f"the copy was not made: {error}") from error
    finally:
        part.unlink(missing_ok=True)
    return file.stat().st_size


def _copy(source: Path, part: Path) -> None:
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    with _opened(source) as original, _opened(part) as copy:
        # In WAL mode a reader sees one moment and holds up no writer: all pages in one step are consistent.
        original.backup(copy, pages=-1)
        # One file, without a -wal beside it.
        copy.execute("PRAGMA journal_mode = DELETE")
        (verdict,) = copy.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise sqlite3.DatabaseError(f"it is damaged ({verdict})")


def _mark(part: Path, now: datetime) -> None:
    engine = create_engine(f"sqlite:///{part}")
    try:
        with Session(engine) as session, session.begin():
            facts.put(session, COPIED, now)
    finally:
        engine.dispose()


def _write_through(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(path, timeout=_BUSY_TIMEOUT_S, isolation_level=None)
    try:
        yield connection
    finally:
        connection.close()
