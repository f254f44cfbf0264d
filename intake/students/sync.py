"""Keeping the register in step with the university's own database: adds, changes, leavers, merges; a large change asks.

The source is read twice: once to count what would change, once to write it. Where more would change than is stated,
nothing is written: a broken query or an empty view must not turn a university into leavers.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from intake.errors import CallRefused, SourceRefused
from intake.settings import Students as Source
from intake.store import Store, audit, consent, students
from intake.store.students import Student
from intake.students.rows import NEEDED, OPTIONAL, student_of
from intake.students.writing import BATCH, Imported, Rejected, compared, count, write
from intake.vocabulary import ConsentEventKind, Standing

#: an optional column: the student_id under which a doubled record goes on
MERGED_INTO = "merged_into"
#: who changed something, in ledger and audit trail
_ACTOR = "register"
_RESTRICTIVE = {Standing.WITHDRAWN: ConsentEventKind.WITHDRAWN, Standing.RESTRICTED: ConsentEventKind.HELD}
#: below so many students a share says nothing: a register in its first days may change as it likes
_FEW = 50


@dataclass(slots=True)
class Synchronised(Imported):
    """What a synchronisation did, or would do."""

    left: int = 0
    returned: int = 0
    merged: int = 0
    #: numbers that were in the source
    seen: set[str] = field(default_factory=set)


def synchronise(
    store: Store,
    source: Source,
    progress: Callable[[int], None] = lambda _rows: None,
    *,
    allow_large: bool = False,
    today: date | None = None,
) -> Synchronised:
    """Bring the register to what `source` says.

    Who is no longer there has left (their record stays, with the date); who is there again has returned. Raises
    `CallRefused` where the source is not configured or lacks a column, `SourceRefused` where it cannot be read or where
    a larger share than `source.most_changed` would change.
    """
    if not (source.url.get_secret_value() and source.query):
        raise CallRefused("students.url and students.query are not configured: there is nothing to synchronise with")
    with _opened(source) as engine:
        planned = _passed(store, source, engine, progress, writing=False)
        _check_share(store, source, planned, allow_large=allow_large)
        done = _passed(store, source, engine, progress, writing=True)
    today = today or datetime.now(UTC).date()
    with store.writing() as session:
        done.left = students.mark_left(session, _absent(session, done.seen), today)
        students.note_size(session, datetime.now(UTC))
        audit.append(session, datetime.now(UTC), _ACTOR, "students_synchronised", "register", **figures(done))
    return done


def figures(done: Synchronised) -> dict[str, int]:
    """Give the counts, for audit trail and output."""
    return {
        "added": done.added,
        "updated": done.updated,
        "unchanged": done.unchanged,
        "left": done.left,
        "returned": done.returned,
        "merged": done.merged,
        "rejected": len(done.rejected),
    }


def _passed(
    store: Store, source: Source, engine: Engine, progress: Callable[[int], None], *, writing: bool
) -> Synchronised:
    """Go through the source once, `BATCH` rows at a time; count, and write if asked to."""
    done = Synchronised()
    batch: list[Student] = []
    merges: dict[str, str] = {}
    for place, row in enumerate(_rows(engine, source), start=1):
        progress(1)
        student = student_of(row)
        number = row["student_id"]
        if number in done.seen:
            done.rejected.append(Rejected(place, f"student_id {number} stands twice in the source"))
            continue
        # A row that cannot be taken is still no leaver.
        done.seen.add(number)
        if isinstance(student, str):
            done.rejected.append(Rejected(place, student))
            continue
        batch.append(student)
        if row[MERGED_INTO]:
            merges[number] = row[MERGED_INTO]
        if len(batch) >= BATCH:
            _take(store, batch, done, writing=writing)
            batch = []
    _take(store, batch, done, writing=writing)
    _merge(store, merges, done, writing=writing)
    return done


def _take(store: Store, batch: list[Student], done: Synchronised, *, writing: bool) -> None:
    with store.reading() as session:
        new, changed = compared(session, batch)
    done.returned += sum(old.left_on is not None for old in changed)
    if writing:
        write(store, batch, done)
    else:
        count(batch, new, changed, done)


def _merge(store: Store, merges: Mapping[str, str], done: Synchronised, *, writing: bool) -> None:
    """Let doubled records go on under one number; what stands withdrawn or held for the old one does for the new."""
    with store.reading() as session:
        known = students.redirects(session)
    fresh = {old: new for old, new in merges.items() if known.get(old) != new and new in done.seen and old != new}
    done.merged = len(fresh)
    if not (writing and fresh):
        return
    now = datetime.now(UTC)
    with store.writing() as session:
        for old, new in sorted(fresh.items()):
            students.redirect(session, old, new, now)
            events = []
            for standing, event in _RESTRICTIVE.items():
                wanted = consent.purposes_standing(session, old, standing)
                stands = consent.purposes_standing(session, new, Standing.WITHDRAWN)
                events += [_event(new, purpose.value, event, now) for purpose in sorted(wanted - stands)]
            consent.append(session, events)
            audit.append(session, now, _ACTOR, "students_merged", new, merged=old, events=len(events))


def _event(student_id: str, purpose: str, event: ConsentEventKind, now: datetime) -> dict[str, Any]:
    moments = {"received_at": now, "effective_at": now, "recorded_at": now}
    return {"student_id": student_id, "purpose": purpose, "event": event.value, **moments, "actor": _ACTOR}


def _absent(session: Any, seen: set[str]) -> list[str]:
    return [number for number in students.present(session) if number not in seen]


def _check_share(store: Store, source: Source, planned: Synchronised, *, allow_large: bool) -> None:
    with store.reading() as session:
        size = students.size(session)
        left = len(_absent(session, planned.seen))
    changing = planned.updated + planned.merged + left
    if allow_large or size < _FEW or changing <= source.most_changed * size:
        return
    raise SourceRefused(
        f"nothing was changed: {changing} of {size} students would change ({planned.updated} updated, {left} left, "
        f"{planned.merged} merged), more than students.most_changed = {source.most_changed:g} allows; look at the "
        "source, then run `wellbeing-intake students sync --allow-large`"
    )


def _rows(engine: Engine, source: Source) -> Iterator[dict[str, str]]:
    """Give each row under our own column names, values as text."""
    try:
        with engine.connect() as connection:
            result = connection.execution_options(stream_results=True, yield_per=2000).execute(text(source.query))
            places = _places(list(result.keys()), source)
            for row in result:
                yield {name: _text(row[at]) if at is not None else "" for name, at in places.items()}
    except SQLAlchemyError as error:
        # The driver's sentence can hold the statement and what it found: only its kind is told.
        kind = type(getattr(error, "orig", None) or error).__name__
        raise SourceRefused(f"students.url: the student source cannot be read ({kind})") from None


def _places(found: list[str], source: Source) -> dict[str, int | None]:
    given = {name.casefold(): at for at, name in enumerate(found)}
    places: dict[str, int | None] = {}
    for name in (*NEEDED, *OPTIONAL, MERGED_INTO):
        wanted = source.columns.get(name, name)
        places[name] = given.get(wanted.casefold())
        if places[name] is None and (name in NEEDED or name in source.columns):
            raise CallRefused(f"students.query: the column {wanted} ({name}) is missing; it gives {', '.join(found)}")
    return places


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = value.date()
    return value.isoformat() if isinstance(value, date) else " ".join(str(value).split())


@contextmanager
def _opened(source: Source) -> Iterator[Engine]:
    try:
        engine = create_engine(make_url(source.url.get_secret_value()), pool_pre_ping=True)
    except (ArgumentError, ImportError, SQLAlchemyError) as error:
        raise CallRefused(f"students.url is not a database that can be opened here ({type(error).__name__})") from None
    try:
        yield engine
    finally:
        engine.dispose()
