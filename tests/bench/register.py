"""An invented student register of any size, always the same: names as unevenly spread as real ones, and families."""

import csv
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import accumulate, islice
from pathlib import Path
from typing import Any

from intake.names import address_key, name_key
from intake.store.students import Student
from intake.students import NEEDED, OPTIONAL

SEED = 20261127
_SYLLABLES = [
    "ba",
    "be",
    "bo",
    "cha",
    "da",
    "den",
    "dra",
    "el",
    "er",
    "fa",
    "fi",
    "gar",
    "ha",
    "hol",
    "in",
    "jo",
    "ka",
    "kel",
    "ko",
    "la",
    "lin",
    "lo",
    "ma",
    "mer",
    "mi",
    "na",
    "ni",
    "o",
    "pa",
    "per",
    "pra",
    "ra",
    "ri",
    "ro",
    "sa",
    "shi",
    "so",
    "sta",
    "ta",
    "ter",
    "tho",
    "tom",
    "ul",
    "va",
    "vel",
    "wa",
    "wen",
    "wor",
    "ya",
    "yu",
    "za",
    "zi",
]
_COURSES = tuple(f"BSc Subject {word.title()}" for word in _SYLLABLES)
#: names that have short forms, among the invented ones
_WITH_NICKNAMES = [
    "Abigail",
    "Alexander",
    "Andrew",
    "Anthony",
    "Benjamin",
    "Bethany",
    "Charlotte",
    "Christopher",
    "Daniel",
    "Edward",
    "Eleanor",
    "Elizabeth",
    "Emily",
    "James",
    "Jessica",
    "Jonathan",
    "Joseph",
    "Joshua",
    "Katherine",
    "Margaret",
    "Matthew",
    "Michael",
    "Mohammed",
    "Natalie",
    "Nicholas",
    "Oliver",
    "Patricia",
    "Philip",
    "Rebecca",
    "Robert",
    "Samuel",
    "Stephen",
    "Susan",
    "Thomas",
    "Victoria",
    "William",
    "Zachary",
]
_ACCENTED = str.maketrans("aeouilns", "áéöüíłñš")


@dataclass(frozen=True, slots=True)
class Register:
    """Everybody, and how many share a name (folded given and family name, the preferred one too) or an address."""

    students: list[Student]
    bearers: Counter[tuple[str, str]]
    addresses: Counter[str]
    born_alike: Counter[tuple[str, str, date | None]]

    def bearers_of(self, one: Student) -> int:
        """How many students bear this one's name, this one included."""
        return self.bearers[name_key(one.first_name), name_key(one.last_name)]

    def namesakes_of_one_day(self, one: Student) -> int:
        """How many students bear this one's name and were born on the same day, this one included."""
        return self.born_alike[name_key(one.first_name), name_key(one.last_name), one.date_of_birth]


def invent(count: int) -> Register:
    """Invent `count` students."""
    students = list(islice(_students(count), count))
    bearers: Counter[tuple[str, str]] = Counter()
    for one in students:
        givens = {name_key(one.first_name), name_key(one.preferred_name or "")} - {""}
        bearers.update((given, name_key(one.last_name)) for given in givens)
    addresses = Counter(key for one in students if (key := address_key(one.alternate_email)))
    born = Counter((name_key(one.first_name), name_key(one.last_name), one.date_of_birth) for one in students)
    return Register(students, bearers, addresses, born)


def write_csv(students: Iterable[Student], path: Path) -> None:
    """Write the register as a university would hand it over."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow((*NEEDED, *OPTIONAL))
        for one in students:
            writer.writerow(getattr(one, name) or "" for name in (*NEEDED, *OPTIONAL))


def _students(count: int) -> Iterator[Student]:
    """One in a hundred has the commonest family name; one in two hundred has a sibling at the same address."""
    draw = random.Random(SEED)
    families, givens = _names(draw, 60_000, (2, 3, 3, 4), ()), _names(draw, 6_000, (1, 2, 2, 3), _WITH_NICKNAMES)
    family_weights = list(accumulate(1 / (rank + 8) for rank in range(len(families))))
    given_weights = list(accumulate(1 / (rank + 8) for rank in range(len(givens))))
    for number in draw.sample(range(19_000_000, 27_000_000), count):
        first = draw.choices(givens, cum_weights=given_weights)[0]
        last = draw.choices(families, cum_weights=family_weights)[0]
        if draw.random() < 0.04:
            last = f"{last}-{draw.choices(families, cum_weights=family_weights)[0]}"
        one = Student(
            str(number),
            first,
            last,
            draw.choice(givens) if draw.random() < 0.1 else None,
            f"s{number}@student.herts.example",
            f"{name_key(first)}.{number}@post.example" if draw.random() < 0.3 else None,
            date(1996, 1, 1) + timedelta(days=draw.randrange(4000)),
            draw.choice(_COURSES),
        )
        yield one
        if draw.random() < 0.005:
            yield _sibling(one, draw.choice(givens), draw)
        elif draw.random() < 0.002:
            yield replace(one, **_own(number), alternate_email=None)


def _sibling(one: Student, given: str, draw: random.Random) -> Student:
    """Half of them twins; the address of both is the older one's, or each has only their own."""
    born = (one.date_of_birth or date(2000, 1, 1)) + timedelta(days=draw.choice((0, draw.randrange(400, 1200))))
    return replace(one, **_own(int(one.student_id)), first_name=given, preferred_name=None, date_of_birth=born)


def _own(number: int) -> dict[str, Any]:
    # Outside the range of the others' numbers, which are a sample without doubles, and no slip away from them.
    other = number + 31_234_567
    return {"student_id": str(other), "email": f"s{other}@student.herts.example"}


def _names(draw: random.Random, count: int, lengths: tuple[int, ...], real: Iterable[str]) -> list[str]:
    made = {"".join(draw.choices(_SYLLABLES, k=draw.choice(lengths))).title() for _ in range(count)}
    names = sorted(made | set(real))
    draw.shuffle(names)
    return [_with_accent(name, draw) if draw.random() < 0.06 else name for name in names]


def _with_accent(name: str, draw: random.Random) -> str:
    at = draw.randrange(1, len(name))
    return name[:at] + name[at:].translate(_ACCENTED)
