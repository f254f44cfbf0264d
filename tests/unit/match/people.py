"""A small register of invented people, and letters to match with it."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime

from intake.match import Match
from intake.parse import Address, InboundMessage
from intake.store import Store, students
from intake.store.students import Student

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
UNKNOWN = "someone@elsewhere.example"

ALICE = Student(
    "22100001",
    "Alice",
    "Whitlock",
    None,
    "aw22abc@student.herts.example",
    "alice@post.example",
    date(2004, 5, 11),
    "BSc Psychology",
)
LUKASZ = Student(
    "22100452",
    "Łukasz",
    "Zieliński",
    None,
    "lz22abc@student.herts.example",
    None,
    date(2003, 3, 12),
    "BA Business Management",
)
MARY_ANN = Student(
    "22137890",
    "Mary Ann Theresa",
    "O'Driscoll",
    "Bee",
    "mo22abc@student.herts.example",
    None,
    date(2002, 12, 31),
    "MSc Data Analytics",
)
ELIZABETH = Student(
    "22155555", "Elizabeth", "Smith-Jones", None, "ej22abc@student.herts.example", None, date(2001, 9, 2)
)
JIAHAO = Student("22166060", "Jiahao", "Chen", None, "jc22abc@student.herts.example", None, date(2005, 1, 30))
#: brothers under one roof, born on one day, with one address on both records
TWINS = (
    Student("22200001", "Adam", "Farah", None, "af1@student.herts.example", "farahs@post.example", date(2004, 8, 8)),
    Student("22201742", "Idris", "Farah", None, "if1@student.herts.example", "farahs@post.example", date(2004, 8, 8)),
)
#: two who share name and birth date
NAMESAKES = (
    Student("22300001", "Daniel", "Kowalczyk", None, "dk1@student.herts.example", None, date(2003, 7, 1)),
    Student("22307777", "Daniel", "Kowalczyk", None, "dk2@student.herts.example", None, date(2003, 7, 1)),
)
#: a name that many have, each with another birth date
SMITHS = tuple(
    Student(
        f"2240{n:04d}",
        "John",
        "Smith",
        None,
        f"js{n}@student.herts.example",
        None,
        date(2000 + n % 5, 1 + n % 12, 1 + n % 28),
    )
    for n in range(80)
)
LEFT = Student("21100009", "Hodan", "Jama", None, "left@student.herts.example", left_on=date(2025, 7, 1))
EVERYBODY = (LEFT, ALICE, LUKASZ, MARY_ANN, ELIZABETH, JIAHAO, *TWINS, *NAMESAKES, *SMITHS)

Find = Callable[[InboundMessage], Match]


def letter(text: str = "", sender: str = UNKNOWN, display: str = "", **fields: str) -> InboundMessage:
    """A letter from one address."""
    return InboundMessage(from_addresses=(Address(sender, display),), from_fields=1, new_text=text, **fields)  # type: ignore[arg-type]


def register(store: Store, people: Iterable[Student]) -> None:
    """Put people in the register."""
    with store.writing() as session:
        students.add(session, list(people), NOW)
