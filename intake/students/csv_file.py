"""The student register's import: a CSV in, students added or updated; each bad row named by line and reason."""

import csv
import io
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from intake.errors import CallRefused
from intake.store import Store, audit, students
from intake.students.rows import NEEDED, OPTIONAL, student_of
from intake.students.writing import BATCH, Imported, Rejected, write

_DELIMITERS = ",;\t"


def import_csv(
    store: Store,
    path: Path,
    progress: Callable[[int], None] = lambda _rows: None,
    *,
    columns: Mapping[str, str] | None = None,
    batch_size: int = BATCH,
) -> Imported:
    """Add or update students from `path`, `batch_size` rows to a transaction.

    UTF-8 (with or without BOM) or cp1252; commas, semicolons or tabs; dates as YYYY-MM-DD or DD/MM/YYYY. `columns`:
    what a column of ours is called in the file. Memory holds one batch and the numbers seen so far. Raises
    `CallRefused` where a needed column is missing.
    """
    done, seen, batch = Imported(), set(), []
    with _opened(path) as file:
        for line, row in _rows(file, path, columns or {}):
            progress(1)
            student = row if isinstance(row, str) else student_of(row)
            if isinstance(student, str):
                done.rejected.append(Rejected(line, student))
            elif student.student_id in seen:
                done.rejected.append(Rejected(line, f"student_id {student.student_id} stands twice in the file"))
            else:
                seen.add(student.student_id)
                batch.append(student)
            if len(batch) >= batch_size:
                write(store, batch, done)
                batch = []
    write(store, batch, done)
    with store.writing() as session:
        students.note_size(session, datetime.now(UTC))
        counts = {"added": done.added, "updated": done.updated, "rejected": len(done.rejected)}
        audit.append(session, datetime.now(UTC), "operator", "students_imported", "register", **counts)
    return done


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


def _rows(file: io.TextIOWrapper, path: Path, columns: Mapping[str, str]) -> Iterator[tuple[int, dict[str, str] | str]]:
    """Give each row, or why it is none, with the number of the line on which it begins."""
    header = file.readline()
    delimiter = max(_DELIMITERS, key=header.count)
    names = _column_names(header, delimiter, path, columns)
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


def _column_names(header: str, delimiter: str, path: Path, columns: Mapping[str, str]) -> list[str]:
    ours = {theirs.strip().casefold(): name for name, theirs in columns.items()}
    found = [name.strip().casefold() for name in next(csv.reader([header], delimiter=delimiter), [])]
    for theirs, name in ours.items():
        if theirs not in found:
            raise CallRefused(f"{path}: the column {theirs} ({name}) is missing; it has {', '.join(found)}")
    names = [ours.get(name, name) for name in found]
    for name in NEEDED:
        if name not in names:
            there = ", ".join(one for one in found if one) or "nothing"
            raise CallRefused(
                f"{path}: the column {name} is missing (needed: {', '.join(NEEDED)}); the first line has {there}. "
                f"One that is called otherwise is named by --column {name}=THEIRS"
            )
    for name in (*NEEDED, *OPTIONAL):
        if names.count(name) > 1:
            raise CallRefused(f"{path}: the column {name} stands twice")
    return names
