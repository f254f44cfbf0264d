"""The demo's students: the cast whose letters are read, and invented others around them. Nobody in it exists."""

import csv
import random
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

#: the same students each time
_SEED = 20261127
_COLUMNS = (
    "student_id",
    "first_name",
    "last_name",
    "preferred_name",
    "email",
    "alternate_email",
    "date_of_birth",
    "course",
)


def write_register(path: Path, count: int) -> None:
    """Write a CSV of `count` students, such as a student record system would export."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, _COLUMNS)
        writer.writeheader()
        cast = list(_cast())
        writer.writerows(cast)
        writer.writerows(_others(count - len(cast), {row["student_id"] for row in cast}))


def _cast() -> Iterator[dict[str, str]]:
    text = (files(__package__) / "cast.csv").read_text(encoding="utf-8")
    yield from csv.DictReader(text.splitlines())


def _others(count: int, taken: set[str]) -> Iterator[dict[str, str]]:
    draw = random.Random(_SEED)  # noqa: S311 - invented students, not secrets
    while count > 0:
        number = f"{draw.randint(19, 25)}{draw.randint(0, 999_999):06d}"
        if number in taken:
            continue
        taken.add(number)
        yield _student(draw, number)
        count -= 1


def _student(draw: random.Random, number: str) -> dict[str, str]:
    first_names, last_names = draw.choice(_NAMES)
    first, last = draw.choice(first_names), draw.choice(last_names)
    year = number[:2]
    mark = "".join(draw.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(3))
    initials = f"{_plain(first)}{_plain(last)}"
    return {
        "student_id": number,
        "first_name": first,
        "last_name": last,
        "preferred_name": draw.choice(_PREFERRED) if draw.random() < 0.12 else "",
        "email": f"{initials}{year}{mark}@student.herts.example",
        "alternate_email": f"{initials}.{number[-4:]}@post.example" if draw.random() < 0.3 else "",
        "date_of_birth": f"{2000 + int(year) - draw.choice(_AGES)}-{draw.randint(1, 12):02d}-{draw.randint(1, 28):02d}",
        "course": draw.choice(_COURSES),
    }


def _plain(name: str) -> str:
    first = name[0].lower()
    return first if first.isascii() and first.isalpha() else "x"


_NAMES: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("Alice", "Thomas", "Eleanor", "Jack", "Megan", "Rhys"), ("Whitlock", "Ashdown", "Pryce", "Hargreaves", "Tolley")),
    (("Aisha", "Bilal", "Zainab", "Hamza", "Maryam"), ("Siddiqui", "Qureshi", "Malik", "Rahman", "Butt")),
    (("Ananya", "Rohan", "Kavya", "Arjun", "Lakshmi"), ("Iyer", "Deshpande", "Menon", "Patel", "Bhattacharya")),
    (("Chidi", "Ngozi", "Tunde", "Folake", "Emeka"), ("Okonkwo", "Balogun", "Eze", "Adebayo", "Uche")),
    (("Akosua", "Kofi", "Abena", "Yaw"), ("Mensah", "Owusu", "Boateng", "Agyeman")),
    (("Xin Yi", "Jiahao", "Mei", "Zixuan", "Lan"), ("Chen", "Liang", "Wu", "Huang", "Ng")),
    (("Minh", "Thuy", "Duc", "Linh"), ("Nguyễn", "Trần", "Phạm", "Lê")),
    (("Ji-ho", "Soo-jin", "Min-seo"), ("Kim", "Park", "Seo", "Yoon")),
    (("Katarzyna", "Piotr", "Łukasz", "Agnieszka"), ("Nowak", "Zieliński", "Wójcik", "Dąbrowska")),
    (("Ioana", "Andrei", "Ștefan"), ("Popescu", "Ionescu", "Munteanu")),
    (("Sofía", "Mateo", "Inés", "Álvaro"), ("García Ruiz", "Muñoz", "Herrera", "Castaño")),
    (("Leïla", "Étienne", "Manon", "Youssef"), ("Benali", "Lefèvre", "Moreau", "El Amrani")),
    (("Yasmin", "Omar", "Nour", "Karim"), ("al-Masri", "Haddad", "Khalil", "Nasser")),
    (("Dmytro", "Olena", "Kateryna"), ("Kovalenko", "Shevchuk", "Bondar")),
    (("Ayşe", "Emre", "Defne"), ("Yılmaz", "Öztürk", "Şahin")),
    (("Niamh", "Cian", "Saoirse"), ("O'Driscoll", "Mac Cormack", "Ó Briain", "Keane")),
    (("Tariro", "Tendai", "Rudo"), ("Moyo", "Ncube", "Chikwanha")),
    (("Hodan", "Abdi", "Ifrah"), ("Warsame", "Farah", "Jama")),
    (("Björn", "Astrid", "Søren"), ("Ångström", "Nygård", "Østergaard")),
    (("Thandiwe", "Sipho", "Lerato"), ("Dlamini", "Mokoena", "van der Merwe")),
)
#: at the start of the course
_AGES = (18, 18, 18, 19, 19, 20, 22, 26, 33, 41)
_PREFERRED = ("Alex", "Sam", "Kit", "Robin", "Ash", "Charlie", "Noor", "Max", "Ellie", "Bee", "Vi", "Jules")
_COURSES = (
    "BA Business Management",
    "BA Early Childhood Education",
    "BA Fashion Design",
    "BEng Civil Engineering",
    "BSc Astrophysics",
    "BSc Cyber Security",
    "BSc Diagnostic Radiography",
    "BSc Mental Health Nursing",
    "BSc Psychology",
    "LLB Law with Criminology",
    "MA Animation",
    "MEng Automotive Engineering",
    "MSc Data Analytics",
    "MSc International Business",
    "PhD Chemistry",
)
