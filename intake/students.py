"""The student register's import: a CSV in, students added or updated; each bad row named by line and reason."""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from intake.errors import CallRefused
from intake.store import Store, audit, students
from intake.store.students import Student

NEEDED = ("student_id", "first_name", "last_name", "email")
OPTIONAL = ("preferred_name", "alternate_email", "date_of_birth", "course")
_BATCH = 2000
_LONGEST = 200


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


def import_csv(store: Store, path: Path, progress: Callable[[int], None] = lambda _rows: None) -> Imported:
    """Add or update students from `path`, in batches of one transaction each, in bounded memory.

    UTF-8 (with or without BOM) or cp1252; commas or semicolons; dates as YYYY-MM-DD or DD/MM/YYYY. Raises `CallRefused`
    where a needed column is missing or the file is no CSV.
    """
    done, seen, batch = Imported(), set(), []
    with _opened(path) as file:
        for line, row in _rows(file, path):
            progress(1)
            student = _student(row)
            if isinstance(student, str):
                done.rejected.append(Rejected(line, student))
            elif student.student_id in seen:
                done.rejected.append(Rejected(line, f"student_id {student.student_id} stands twice in the file"))
            else:
                seen.add(student.student_id)
                batch.append(student)
            if len(batch) >= _BATCH:
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
        known = students.known_in_chunks(session, [student.student_id for student in batch])
        new = [student for student in batch if student.student_id not in known]
        changed = [one for one in batch if one.student_id in known and known[one.student_id] != one]
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


def _rows(file: io.TextIOWrapper, path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    header = file.readline()
    delimiter = ";" if header.count(";") > header.count(",") else ","
    names = [name.strip().casefold() for name in next(csv.reader([header], delimiter=delimiter), [])]
    missing = [name for name in NEEDED if name not in names]
    if missing:
        raise CallRefused(f"{path}: the column {missing[0]} is missing (needed: {', '.join(NEEDED)})")
    reader = csv.reader(file, delimiter=delimiter)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num + 1, dict(zip(names, (cell.strip() for cell in cells), strict=False))
    except csv.Error as error:
        raise CallRefused(f"{path}, line {reader.line_num + 1}: not CSV ({error})") from error


def _student(row: dict[str, str]) -> Student | str:
    """Give the student of a row, or the reason why there is none."""
    for name in ("student_id", "first_name", "last_name"):
        if not row.get(name):
            return f"{name} is empty"
    for name in (*NEEDED, *OPTIONAL):
        if len(row.get(name, "")) > _LONGEST:
            return f"{name} is longer than {_LONGEST} characters"
    for name in ("email", "alternate_email"):
        if row.get(name) and not _is_address(row[name]):
            return f"{name} is not an e-mail address"
    born = _date(row.get("date_of_birth", ""))
    if isinstance(born, str):
        return born
    return Student(
        row["student_id"],
        row["first_name"],
        row["last_name"],
        row.get("preferred_name") or None,
        row.get("email") or None,
        row.get("alternate_email") or None,
        born,
        row.get("course") or None,
    )


def _is_address(text: str) -> bool:
    local, at, domain = text.rpartition("@")
    return bool(local and at and "." in domain) and not any(one.isspace() or one in ",;<>" for one in text)


def _date(text: str) -> date | str | None:
    if not text:
        return None
    for pattern in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            found = datetime.strptime(text, pattern).replace(tzinfo=UTC).date()
        except ValueError:
            continue
        return found if date(1900, 1, 1) <= found <= datetime.now(UTC).date() else "date_of_birth is impossible"
    return "date_of_birth is neither YYYY-MM-DD nor DD/MM/YYYY"
