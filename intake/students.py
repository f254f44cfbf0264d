"""The student register's import: a CSV in, students added or updated; each bad row named by line and reason."""

import csv
import io
import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from intake.errors import CallRefused
from intake.store import Store, audit, students
from intake.store.students import Student

NEEDED = ("student_id", "first_name", "last_name", "email")
OPTIONAL = ("preferred_name", "alternate_email", "date_of_birth", "course")
#: rows to a transaction: each writes to most pages of the index once, so that few large ones write far less than many
_BATCH = 20_000
_LONGEST = 200
_LONGEST_ID = 64
_DELIMITERS = ",;\t"
#: control characters (PostgreSQL takes no NUL), and what stands for bytes that could not be decoded
_UNREADABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ufffd]")


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that was not taken, by its line in the file (the header is line 1), and why."""

    line: int
    reason: str


@dataclass(slots=True)
class Imported:
    """What an import did."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: list[Rejected] = field(default_factory=list)


def import_csv(
    store: Store, path: Path, progress: Callable[[int], None] = lambda _rows: None, *, batch_size: int = _BATCH
) -> Imported:
    """Add or update students from `path`, `batch_size` rows to a transaction.

    UTF-8 (with or without BOM) or cp1252; commas, semicolons or tabs; dates as YYYY-MM-DD or DD/MM/YYYY. Memory holds
    one batch and the numbers seen so far. Raises `CallRefused` where a needed column is missing.
    """
    done, seen, batch = Imported(), set(), []
    with _opened(path) as file:
        for line, row in _rows(file, path):
            progress(1)
            student = row if isinstance(row, str) else _student(row)
            if isinstance(student, str):
                done.rejected.append(Rejected(line, student))
            elif student.student_id in seen:
                done.rejected.append(Rejected(line, f"student_id {student.student_id} stands twice in the file"))
            else:
                seen.add(student.student_id)
                batch.append(student)
            if len(batch) >= batch_size:
                _write(store, batch, done)
                batch = []
    _write(store, batch, done)
    with store.writing() as session:
        students.note_size(session, datetime.now(UTC))
        counts = {"added": done.added, "updated": done.updated, "rejected": len(done.rejected)}
        audit.append(session, datetime.now(UTC), "operator", "students_imported", "register", **counts)
    return done


def _write(store: Store, batch: list[Student], done: Imported) -> None:
    if not batch:
        return
    with store.writing() as session:
        students.expect_many(session)
        known = students.known_in_chunks(session, [student.student_id for student in batch])
        new = [student for student in batch if student.student_id not in known]
        changed = {known[one.student_id]: one for one in batch if known.get(one.student_id, one) != one}
        students.add(session, new, datetime.now(UTC))
        students.upsert(session, changed, datetime.now(UTC))
    done.added += len(new)
    done.updated += len(changed)
    done.unchanged += len(batch) - len(new) - len(changed)


def _opened(path: Path) -> io.TextIOWrapper:
    encoding = "utf-8-sig"
    with path.open("rb") as raw:
        decoder = io.TextIOWrapper(raw, encoding=encoding)
        try:
            while decoder.read(1 << 20):
                pass
        except UnicodeDecodeError:
            encoding = "cp1252"
        finally:
            decoder.detach()
    return path.open(encoding=encoding, newline="", errors="replace")


def _rows(file: io.TextIOWrapper, path: Path) -> Iterator[tuple[int, dict[str, str] | str]]:
    """Give each row, or why it is none, with the number of the line on which it begins."""
    header = file.readline()
    delimiter = max(_DELIMITERS, key=header.count)
    names = _column_names(header, delimiter, path)
    lines = _Lines(file)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        line = lines.begin_row() + 1
        try:
            cells = [cell.strip() for cell in next(reader)]
        except StopIteration:
            return
        except csv.Error as error:
            unclosed = lines.give_back()
            reason = "a quotation mark is opened and never closed" if unclosed else str(error)
            yield line, f"is not CSV: {reason}"
            continue
        if any(cells[len(names) :]):
            yield line, f"has more cells than the header: {len(cells)}, not {len(names)}"
        elif any(cells):
            yield line, dict(zip(names, cells, strict=False))


class _Lines:
    """The lines of a file, some of which can be read again: an unclosed quotation mark must not swallow good rows."""

    def __init__(self, file: io.TextIOWrapper) -> None:
        self._file = file
        self._again: deque[str] = deque()
        self._row: list[str] = []
        self._before = 1

    def begin_row(self) -> int:
        """Note that a row begins; give how many lines were read before it, the header's included."""
        self._before += len(self._row)
        self._row = []
        return self._before

    def give_back(self) -> bool:
        """Let every line of this row but its first be read again; say whether there was one."""
        self._again.extendleft(reversed(self._row[1:]))
        spread = len(self._row) > 1
        self._row = self._row[:1]
        return spread

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._file)
        self._row.append(line)
        return line


def _column_names(header: str, delimiter: str, path: Path) -> list[str]:
    names = [name.strip().casefold() for name in next(csv.reader([header], delimiter=delimiter), [])]
    for name in NEEDED:
        if name not in names:
            raise CallRefused(f"{path}: the column {name} is missing (needed: {', '.join(NEEDED)})")
    for name in (*NEEDED, *OPTIONAL):
        if names.count(name) > 1:
            raise CallRefused(f"{path}: the column {name} stands twice")
    return names


def _student(row: dict[str, str]) -> Student | str:
    """Give the student of a row, or the reason why there is none."""
    row = {name: " ".join(row.get(name, "").split()) for name in (*NEEDED, *OPTIONAL)}
    for name in ("student_id", "first_name", "last_name"):
        if not row[name]:
            return f"{name} is empty"
    for name, value in row.items():
        longest = _LONGEST_ID if name == "student_id" else _LONGEST
        if len(value) > longest:
            return f"{name} is longer than {longest} characters"
        if _UNREADABLE.search(value):
            return f"{name} has a character that cannot be read"
    for name in ("email", "alternate_email"):
        if row[name] and not _is_address(row[name]):
            return f"{name} is not an e-mail address"
    born = _date(row["date_of_birth"])
    if isinstance(born, str):
        return born
    return Student(
        row["student_id"],
        row["first_name"],
        row["last_name"],
        row["preferred_name"] or None,
        row["email"] or None,
        row["alternate_email"] or None,
        born,
        row["course"] or None,
    )


def _is_address(text: str) -> bool:
    local, at, domain = text.rpartition("@")
    return bool(local and at and "." in domain) and not any(one.isspace() or one in ",;<>" for one in text)


def _date(text: str) -> date | str | None:
    if not text:
        return None
    written = _DATE.fullmatch(text)
    if written is None:
        return _NO_DATE
    try:
        found = date(int(written["y"] or written[6]), int(written["m"] or written[5]), int(written["d"] or written[4]))
    except ValueError:
        return _NO_DATE
    return found if date(1900, 1, 1) <= found <= datetime.now(UTC).date() else "date_of_birth is impossible"


_NO_DATE = "date_of_birth is neither YYYY-MM-DD nor DD/MM/YYYY"
_DATE = re.compile(r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})|(\d{1,2})/(\d{1,2})/(\d{4})")
