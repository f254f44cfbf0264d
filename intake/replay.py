"""Replaying: what would be done with messages in files; nothing is stored, sent or changed."""

import mailbox as mailboxes
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from intake.opening import open_house
from intake.pipeline import House, rehearse
from intake.result import result_of
from intake.settings import Settings
from intake.store import Store
from intake.store.engine import exists
from intake.unlocking import opened_store, passing_vault


def replay(settings: Settings, messages: Iterable[tuple[str, bytes]]) -> Iterator[dict[str, Any]]:
    """Give each message's result; students and cases are known as they stand in the database, if there is one."""
    if not exists(settings.database.url):
        house = open_house(settings, passing_vault())
        for source, content in messages:
            yield _rehearsed(house, None, source, content)
        return
    with opened_store(settings) as (store, vault):
        house = open_house(settings, vault)
        for source, content in messages:
            yield _rehearsed(house, store, source, content)


def sources(paths: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    """Find the messages in .eml files, folders of them, Maildirs and mbox files, each with its name."""
    for path in paths:
        if path.is_dir() and (path / "cur").is_dir():
            here = sorted([*(path / "new").glob("*"), *(path / "cur").glob("*")])
            yield from _files(one for one in here if one.is_file())
        elif path.is_dir():
            yield from _files(sorted(one for one in path.rglob("*.eml") if one.is_file()))
        elif _is_mbox(path):
            yield from _mbox(path)
        else:
            yield from _files([path])


def _rehearsed(house: House, store: Store | None, source: str, content: bytes) -> dict[str, Any]:
    with store.reading() if store is not None else nullcontext() as session:
        facts, decision, outgoing = rehearse(house, session, content, datetime.now(UTC))
    return {"source": source, **result_of(facts, decision, outgoing)}


def _files(paths: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    for path in paths:
        yield str(path), path.read_bytes()


def _is_mbox(path: Path) -> bool:
    with path.open("rb") as file:
        start = file.read(5)
    # An mbox file without messages is empty; an .eml file without bytes is an empty message.
    return (start == b"From " and path.suffix != ".eml") or (start == b"" and path.suffix == ".mbox")


def _mbox(path: Path) -> Iterator[tuple[str, bytes]]:
    box = mailboxes.mbox(path, create=False)
    try:
        for number, key in enumerate(box.iterkeys(), start=1):
            yield f"{path}#{number}", box.get_bytes(key)
    finally:
        box.close()
