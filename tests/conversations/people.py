"""Who writes in these stories, and what they say."""

from dataclasses import dataclass

from intake.store.students import Student
from intake.vocabulary import WITHDRAWABLE, Purpose


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who writes, and from where. `student` is None where no record knows them."""

    address: str
    student: Student | None = None


AMINA_RECORD = Student(
    "23529452", "Amina", "Okafor", None, "ab23xyz@student.herts.example", "amina.okafor@post.example", None, "Law"
)
BEN_RECORD = Student(
    "21884410", "Benedict", "Whitlow", "Ben", "bw21abc@student.herts.example", "ben.whitlow@post.example"
)
AMINA = Person("ab23xyz@student.herts.example", AMINA_RECORD)
AMINA_AT_HOME = Person("amina.okafor@post.example", AMINA_RECORD)
BEN = Person("bw21abc@student.herts.example", BEN_RECORD)
BEN_AT_HOME = Person("ben.whitlow@post.example", BEN_RECORD)
#: knows Amina's name and number, and is not on any record
STRANGER = Person("somebody.else@elsewhere.example")
MOTHER = Person("mrs.okafor@family.example")
DUTY = Person("duty@herts.example")

EVERYTHING = frozenset(WITHDRAWABLE)
STATISTICS = frozenset({Purpose.STATISTICS})
SUPERVISION = frozenset({Purpose.SUPERVISION})

ALL_OF_IT = (
    "Dear Student Wellbeing,\n\nI withdraw my consent to Student Wellbeing using my information, all of it, as set out "
    "in your policy.\n\n{signature}\n"
)
NOT_COUNTED = (
    "Good morning,\n\nI do not want what I told you to be counted in the university's statistics, even anonymously. "
    "Please take this as me withdrawing my consent to that part.\n\nThank you,\n{signature}\n"
)
NOT_SUPERVISED = (
    "Hello,\n\nMy counsellor explained that she sometimes talks about her work with an external supervisor. I have "
    "thought about it over the weekend. I withdraw my consent to my sessions being discussed in supervision. "
    "Everything else can stay as it is.\n\nBest wishes\n{signature}\n"
)
BY_AMINA = "Amina Okafor\n23529452"
BY_BEN = "Benedict Whitlow\n21884410"
WHO_SEES_IT = (
    "Hello,\n\nCould you tell me who can see the notes from my appointments, and how long are they kept?\n\n"
    "Thank you,\nAmina\n"
)
A_COPY = "Hello,\n\nCould you also send me a copy of everything you hold about me?\n\nAmina\n"
GIVE_AGAIN = (
    "Hello,\n\nIn the spring I withdrew my consent to you sharing information with my department. I have changed my "
    "mind: I give my consent again, please talk to my programme leader about the extension.\n\nThank you,\nAmina\n"
)
NOT_SAFE = "I can't do this any more. I don't want to be alive tomorrow. Sorry for everything.\n"
YES = "Yes, that was me.\n"
NO = "That was not me.\n"
THANKS = "Thank you, that was quick.\n\nAmina\n"
