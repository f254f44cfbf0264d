"""The same letters by two other ways: rapidfuzz over every row, and Splink with DuckDB.

Each is given what a letter states, already taken out of its text, and the threshold at which it links just none of the
training letters wrongly (a margin to the second too, where both are as good as each other).
"""

import csv
import json
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler

from intake.names import address_key, name_key
from intake.store.students import Student
from tests.bench.letters import Letter, Stated

#: the Python that `make bench` puts splink into
SPLINK_PYTHON = Path(__file__).parents[2] / ".bench" / "bin" / "python"
_GET_SPLINK = (
    "splink is left out: `make bench` puts it into .bench "
    "(or: python -m venv .bench; .bench/bin/pip install 'splink>=5,<6')"
)

_EMAIL, _ALTERNATE = attrgetter("email"), attrgetter("alternate_email")
#: the best two students, best first, with their scores
Scored = Sequence[tuple[str, float]]


@dataclass(frozen=True, slots=True)
class Linked:
    """Whom a rival links a letter to at its threshold, if anybody, and how long it took."""

    student: str | None
    took_ms: float


class Scan:
    """Compare what a letter states with every student: the mean similarity over the stated fields."""

    def __init__(self, students: Iterable[Student]) -> None:
        """Fold every row beforehand."""
        rows = list(students)
        self._ids = [one.student_id for one in rows]
        self._names = [f"{name_key(one.first_name)} {name_key(one.last_name)}" for one in rows]
        self._born = [str(one.date_of_birth or "") for one in rows]
        self._addresses = tuple([address_key(of(one)) or "" for one in rows] for of in (_EMAIL, _ALTERNATE))

    def best(self, stated: Stated) -> Scored:
        """Give the two most similar students."""
        found = []
        if stated.family:
            found.append(
                _similar(
                    f"{name_key(stated.given)} {name_key(stated.family)}",
                    self._names,
                    JaroWinkler.normalized_similarity,
                )
            )
        if stated.number:
            found.append(_similar(stated.number, self._ids, OSA.normalized_similarity))
        if stated.born is not None:
            found.append(_similar(date.isoformat(stated.born), self._born, OSA.normalized_similarity))
        address = stated.address.casefold()
        known = np.maximum(*(_similar(address, column, OSA.normalized_similarity) for column in self._addresses)) == 1
        # An address on nobody's record says nothing; one on a record is compared as it is.
        if known.any() or not found:
            found.append(known.astype(np.float32))
        mean = np.mean(found, axis=0)
        best = np.argpartition(mean, -2)[-2:]
        return sorted(((self._ids[at], float(mean[at])) for at in best), key=lambda one: -one[1])


def _similar(text: str, rows: list[str], scorer: Callable[..., float]) -> NDArray[np.float32]:
    measured = process.cdist([text], rows, scorer=scorer, dtype=np.float32, workers=1)
    return np.asarray(measured[0], dtype=np.float32)


def by_scan(students: Iterable[Student], training: Sequence[Letter], letters: Sequence[Letter]) -> list[Linked]:
    """Link each letter by rapidfuzz over all rows."""
    scan = Scan(students)
    threshold = _threshold((one, scan.best(one.stated)) for one in training)
    done = []
    for one in letters:
        started = time.perf_counter()
        best = scan.best(one.stated)
        done.append(Linked(_above(best, threshold), (time.perf_counter() - started) * 1000))
    return done


def by_splink(register: Path, training: Sequence[Letter], letters: Sequence[Letter]) -> list[Linked] | None:
    """Link each letter by Splink; None where it is not installed."""
    if not SPLINK_PYTHON.exists():
        print(_GET_SPLINK)
        return None
    for name, some in (("training", training), ("letters", letters)):
        _write(register.with_name(f"{name}.csv"), some)
    script = Path(__file__).with_name("splink_link.py")
    ran = subprocess.run([SPLINK_PYTHON, script, register.parent], check=True, stdout=subprocess.PIPE, text=True)
    told = json.loads(ran.stdout.splitlines()[-1])
    print(f"splink {told['version']}: loaded and trained in {told['seconds']:.0f} s")
    threshold = _threshold((one, told["training"].get(str(number), ())) for number, one in enumerate(training))
    answers: Mapping[str, tuple[Scored, float]] = told["letters"]
    return [Linked(_above(best, threshold), took) for best, took in (answers[str(n)] for n in range(len(letters)))]


def _write(path: Path, letters: Sequence[Letter]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("letter", "writer", "given", "family", "number", "born", "address"))
        for number, one in enumerate(letters):
            said = one.stated
            born = said.born.isoformat() if said.born is not None else ""
            writer.writerow((number, one.writer or "", said.given, said.family, said.number, born, said.address))


def _threshold(scored: Iterable[tuple[Letter, Scored]]) -> float:
    """Give the highest score at which a letter is linked wrongly: one must lie above it."""
    wrong = (best[0][1] for letter, best in scored if _above(best, float("-inf")) not in (None, letter.writer))
    return max(wrong, default=float("-inf"))


def _above(best: Scored, threshold: float) -> str | None:
    alone = len(best) == 1 or (len(best) > 1 and best[0][1] > best[1][1])
    return best[0][0] if alone and best[0][1] > threshold else None
