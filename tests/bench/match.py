"""Measure the register's import and matching among many invented students: `python -m tests.bench.match [STUDENTS]`."""

import csv
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from pathlib import Path

from intake.match import match
from intake.parse import Address, InboundMessage
from intake.store import Store, open_store
from intake.students import NEEDED, OPTIONAL, import_csv

_SEED = 20261127
_LETTERS = 400
_SYLLABLES = (
    "ba be bo cha da den dra el er fa fi gar ha hol in jo ka kel ko la lin "
    "lo ma mer mi na ni o pa per pra ra ri ro sa shi so sta ta ter tho tom ul va vel wa wen wor ya yu za zi"
)
_COURSES = tuple(f"BSc Subject {word.title()}" for word in _SYLLABLES.split())

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Measured:
    """One kind of letter: milliseconds; how often the right or a wrong student was linked, or the right one first."""

    kind: str
    median_ms: float
    p99_ms: float
    right: int
    wrong: int
    first: int


def main(count: int = 1_000_000, url: str | None = None) -> None:
    """Import `count` invented students, then match letters of each kind among them."""
    with tempfile.TemporaryDirectory(prefix="bench-match-") as folder:
        register = Path(folder) / "students.csv"
        some = write_register(register, count)
        store = open_store(url or f"sqlite:///{folder}/bench.db", create=True)
        try:
            started = time.perf_counter()
            done = import_csv(store, register)
            print(f"import: {done.added} students in {time.perf_counter() - started:.0f} s")
            for one in measure(store, some):
                print(
                    f"{one.kind:28} median {one.median_ms:6.2f} ms  p99 {one.p99_ms:6.2f} ms  "
                    f"linked {one.right}, wrongly {one.wrong}, first {one.first} of {len(some)}"
                )
        finally:
            store.close()


def write_register(path: Path, count: int) -> Sequence[Row]:
    """Write the register; give some of its rows, evenly spread."""
    some = []
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, (*NEEDED, *OPTIONAL))
        writer.writeheader()
        for number, row in enumerate(_students(count)):
            writer.writerow(row)
            if number % max(count // _LETTERS, 1) == 0:
                some.append(row)
    return some


def measure(store: Store, some: Sequence[Row]) -> Iterator[Measured]:
    """Match one letter of each kind for each of these students."""
    draw = random.Random(_SEED)
    for kind, write in _KINDS.items():
        taken, right, wrong, first = [], 0, 0, 0
        for row in some:
            message = write(row, draw)
            with store.reading() as session:
                started = time.perf_counter()
                found = match(session, message)
                taken.append((time.perf_counter() - started) * 1000)
            right += found.student_id == row["student_id"]
            wrong += found.student_id not in (None, row["student_id"])
            first += bool(found.candidates) and found.candidates[0].student_id == row["student_id"]
        yield Measured(kind, statistics.median(taken), statistics.quantiles(taken, n=100)[98], right, wrong, first)


def _letter(text: str, sender: str = "someone@elsewhere.example", display: str = "") -> InboundMessage:
    body = f"Hello,\n\nI no longer want you to share what I told you with anybody.\n\n{text}\n\nThank you"
    return InboundMessage(from_addresses=(Address(sender, display),), from_fields=1, new_text=body)


def _name(row: Row) -> str:
    return f"{row['first_name']} {row['last_name']}"


def _born(row: Row) -> str:
    return f"{date.fromisoformat(row['date_of_birth']):%d %B %Y}"


def _swapped(text: str, draw: random.Random) -> str:
    at = draw.randrange(1, len(text) - 1)
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def _one_wrong(text: str, letters: str, draw: random.Random) -> str:
    at = draw.randrange(1, len(text))
    return text[:at] + draw.choice(letters) + text[at + 1 :]


def _slip(row: Row, draw: random.Random) -> str:
    family = _one_wrong(row["last_name"], "abcdefghijklmnopqrstuvwxyz", draw)
    return f"{row['first_name']} {family if draw.random() < 0.5 else _swapped(row['last_name'], draw)}"


_KINDS: dict[str, Callable[[Row, random.Random], InboundMessage]] = {
    "registered address": lambda row, _draw: _letter("", row["email"], _name(row)),
    "number and name": lambda row, _draw: _letter(f"{_name(row)}\n{row['student_id']}", display=_name(row)),
    "number with a slip, and name": lambda row, draw: _letter(
        f"{_name(row)}\n{_one_wrong(row['student_id'], '0123456789', draw)}", display=_name(row)
    ),
    "name and birth date": lambda row, _draw: _letter(f"{_name(row)}\nborn {_born(row)}", display=_name(row)),
    "slip in name, birth date": lambda row, draw: _letter(f"{_slip(row, draw)}\nborn {_born(row)}"),
    "name alone": lambda row, _draw: _letter(_name(row), display=_name(row)),
    "slip in name alone": lambda row, draw: _letter(_slip(row, draw)),
    "family first, five lines": lambda row, draw: _letter(
        f"{row['last_name']} {row['first_name']}\nBa Bedra\nHolin Jo\nKel Dalinmer\nSolo Pami", display=_slip(row, draw)
    ),
    "a stranger": lambda _row, draw: _letter("Quentin Ixworth", display=f"Quentin Xy{draw.randrange(10**6)}"),
}


def _students(count: int) -> Iterator[Row]:
    """Invent students with names as unevenly spread as real ones: one in a hundred has the commonest family name."""
    draw = random.Random(_SEED)
    syllables = _SYLLABLES.split()
    families = sorted({"".join(draw.choices(syllables, k=draw.choice((2, 3, 3, 4)))).title() for _ in range(60_000)})
    givens = sorted({"".join(draw.choices(syllables, k=draw.choice((1, 2, 2, 3)))).title() for _ in range(6_000)})
    draw.shuffle(families)
    draw.shuffle(givens)
    family_weights = list(accumulate(1 / (rank + 8) for rank in range(len(families))))
    given_weights = list(accumulate(1 / (rank + 8) for rank in range(len(givens))))
    numbers = draw.sample(range(19_000_000, 27_000_000), count)
    for number in numbers:
        first, last = (
            draw.choices(givens, cum_weights=given_weights)[0],
            draw.choices(families, cum_weights=family_weights)[0],
        )
        yield {
            "student_id": str(number),
            "first_name": first,
            "last_name": last,
            "preferred_name": draw.choice(givens) if draw.random() < 0.1 else "",
            "email": f"s{number}@student.herts.example",
            "alternate_email": f"{first}.{number}@post.example".lower() if draw.random() < 0.3 else "",
            "date_of_birth": (date(1996, 1, 1) + timedelta(days=draw.randrange(4000))).isoformat(),
            "course": draw.choice(_COURSES),
        }


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
