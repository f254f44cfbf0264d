"""One row of a student register, whatever it comes from: a student, or the reason why there is none."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime

from intake.store.students import Student

NEEDED = ("student_id", "first_name", "last_name", "email")
OPTIONAL = ("preferred_name", "alternate_email", "date_of_birth", "course")
_LONGEST = 200
_LONGEST_ID = 64
#: control characters (PostgreSQL takes no NUL), and what stands for bytes that could not be decoded
_UNREADABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ufffd]")


def student_of(row: Mapping[str, str]) -> Student | str:
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
