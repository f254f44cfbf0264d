"""Comparisons of a letter's details with one student, each with its match weight.

A weight is log2(m/u): how often a detail agrees where the student did write the letter (m), against how often it agrees
where somebody else did (u). The u of names and of numbers with a slip are counted in the register; the others, and
every m, are stated priors (docs/decisions/0003-matching.md says each one's reason).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log2

from rapidfuzz.distance import DamerauLevenshtein

from intake.match.census import Census
from intake.match.details import Details
from intake.match.values import MatchEvidence
from intake.names import address_key, exact_key, given_names, name_key, name_parts, nickname_variants
from intake.store.students import Student

#: from which address a student writes
_M_REGISTERED, _M_ALTERNATE, _M_OTHER_ADDRESS = 0.8, 0.1, 0.1
#: a letter comes from somebody else's account
_U_ADDRESS = 1 / 5000
#: a letter gives its writer's number, rightly, with a slip; it gives somebody else's
_M_NUMBER, _M_NUMBER_SLIP, _U_NUMBER = 0.3, 0.02, 1 / 300
#: how a name in a letter stands to its writer's: the levels share one
_M_NAME, _M_NICKNAME, _M_SLIP, _M_INITIAL, _M_PART, _M_FAMILY, _M_ANOTHER = 0.75, 0.05, 0.04, 0.03, 0.02, 0.01, 0.1
_U_ANOTHER = 0.95
_M_BIRTH, _M_OTHER_BIRTH, _U_BIRTH = 0.9, 0.05, 1 / 2200
_M_COURSE, _U_COURSE, _U_SUBJECT = 0.3, 1 / 40, 1 / 12
#: at least so many names in a register are a slip, or a half of a double name, apart from one stated
_FEWEST = 4


@dataclass(frozen=True, slots=True)
class Field:
    """Everybody who was found, so that one candidate's detail can speak against another."""

    students: tuple[Student, ...]
    #: who has the originator's address on record, and whose numbers the letter gives exactly
    addressed: frozenset[str]
    numbered: frozenset[str]
    #: how many have a number one slip from a stated one, and a name at all like a stated one
    near_number: int
    near_name: int


def field(found: Sequence[Student], known: Details) -> Field:
    """Note whose address and number the letter has, and how many others are close to its number and names."""
    key = address_key(known.address)
    return Field(
        tuple(found),
        frozenset(one.student_id for one in found if key is not None and key in _addresses(one)),
        frozenset(one.student_id for one in found if one.student_id in known.numbers),
        sum(has_slip_of(one, known.numbers) for one in found),
        sum(_level(one, known) != "another name" for one in found),
    )


def compare(student: Student, known: Details, others: Field, census: Census) -> list[MatchEvidence]:
    """Give every comparison that says something, weightiest first."""
    found = [
        *_address(student, known, others, census),
        *_number(student, known, others, census),
        *_name(student, known, others, census),
        *_birth(student, known),
        *_course(student, known),
    ]
    return sorted(found, key=lambda one: -abs(one.weight))


def has_slip_of(student: Student, numbers: Sequence[str]) -> bool:
    """Say whether one of the numbers is this student's with one wrong digit or two swapped."""
    own = student.student_id
    return any(
        len(one) == len(own) and one != own and DamerauLevenshtein.distance(one, own, score_cutoff=1) == 1
        for one in numbers
    )


def named_otherwise(student: Student, known: Details) -> bool:
    """Say whether somebody else signs the letter: one of the same family, or, surely, one with no name in common."""
    level = _level(student, known)
    if level == "family name":
        return True
    givens = given_names(student.first_name, student.preferred_name)
    in_common = any(name in givens for pair in known.names for name in pair)
    return level == "another name" and known.says_own_name and not in_common


def _addresses(student: Student) -> set[str | None]:
    return {address_key(student.email), address_key(student.alternate_email)} - {None}


def _address(student: Student, known: Details, others: Field, census: Census) -> Iterator[MatchEvidence]:
    key = address_key(known.address)
    if key is None:
        return
    if key == address_key(student.email):
        yield MatchEvidence("registered address", log2(_M_REGISTERED / _U_ADDRESS * census.size))
    elif key == address_key(student.alternate_email):
        yield MatchEvidence("alternate address", log2(_M_ALTERNATE / _U_ADDRESS * census.size))
    elif others.addressed:
        yield MatchEvidence("another student's address", log2(_U_ADDRESS / (_M_REGISTERED + _M_ALTERNATE)))
    elif _addresses(student):
        yield MatchEvidence("unknown address", log2(_M_OTHER_ADDRESS))


def _number(student: Student, known: Details, others: Field, census: Census) -> Iterator[MatchEvidence]:
    if student.student_id in others.numbered:
        yield MatchEvidence("student number", log2(_M_NUMBER / _U_NUMBER * census.size))
    elif has_slip_of(student, known.numbers):
        yield MatchEvidence("student number (one slip)", log2(census.size / others.near_number))
    elif others.numbered:
        yield MatchEvidence("another student's number", log2(_U_NUMBER / _M_NUMBER))


def _name(student: Student, known: Details, others: Field, census: Census) -> Iterator[MatchEvidence]:
    if not known.names:
        return
    level = _level(student, known)
    # Who shares an account shares a family name: beside the address, it is no evidence of its own.
    if level == "another name" or (level == "family name" and student.student_id in others.addressed):
        if known.says_own_name:
            yield MatchEvidence("another name", log2(_M_ANOTHER / _U_ANOTHER))
        return
    weight = log2(_M_OF_LEVEL[level] * census.size / _alike(level, student, known, others, census))
    # A family name that many bear says little, and never speaks against its bearer.
    yield MatchEvidence(level, max(weight, 0.0))


_M_OF_LEVEL = {
    "name": _M_NAME,
    "nickname": _M_NICKNAME,
    "name (typing slip)": _M_SLIP,
    "initial and family name": _M_INITIAL,
    "part of a double name": _M_PART,
    "family name": _M_FAMILY,
}


def _level(student: Student, known: Details) -> str:
    """Say how closely the stated names agree with a student's; the closest of all counts."""
    family = name_key(student.last_name)
    givens = given_names(student.first_name, student.preferred_name)
    same_family = {given for given, other in known.names if other == family}
    if not same_family.isdisjoint(givens):
        return "name"
    if any(one in same_family for given in givens for one in nickname_variants(given)):
        return "nickname"
    if any(_close(given, family, *pair) for given in givens for pair in known.names):
        return "name (typing slip)"
    if any(len(one) == 1 and given.startswith(one) for one in same_family for given in givens):
        return "initial and family name"
    if any(given in givens and _share_a_part(family, other) for given, other in known.names):
        return "part of a double name"
    return "family name" if same_family else "another name"


def _alike(level: str, student: Student, known: Details, others: Field, census: Census) -> int:
    """Count the students whose names agree with those stated as closely as this one's."""
    family = name_key(student.last_name)
    givens = given_names(student.first_name, student.preferred_name)
    stated = [given for given, other in known.names if other == family]
    if level == "name":
        return census.bearers(*(exact_key(given, family) for given in givens if given in stated))
    if level == "nickname":
        alike = {one for given in stated for one in (given, *nickname_variants(given))}
        return census.bearers(*(exact_key(given, family) for given in sorted(alike)))
    if level == "initial and family name":
        return census.bearers_of(family, givens[0][0])
    if level == "family name":
        return census.bearers_of(family)
    return max(_FEWEST, others.near_name)


def _close(given: str, family: str, other_given: str, other_family: str) -> bool:
    """Say whether two names are a typing slip or two apart, by their length."""
    slips = 0
    for one, other in ((family, other_family), (given, other_given)):
        allowed = 0 if len(one) < 4 else 1 if len(one) < 8 else 2
        apart = DamerauLevenshtein.distance(one, other, score_cutoff=allowed)
        if apart > allowed:
            return False
        slips += apart
    return slips <= 2


def _share_a_part(family: str, other: str) -> bool:
    return other in name_parts(family) or family in name_parts(other)


def _birth(student: Student, known: Details) -> Iterator[MatchEvidence]:
    if student.date_of_birth is None or not known.birth_dates:
        return
    if student.date_of_birth in known.birth_dates:
        yield MatchEvidence("date of birth", log2(_M_BIRTH / _U_BIRTH))
    elif known.says_born:
        yield MatchEvidence("another date of birth", log2(_M_OTHER_BIRTH))


_DEGREES = frozenset(
    ("ba", "bsc", "beng", "llb", "ma", "msc", "meng", "mba", "mres", "mphil", "phd", "llm", "hons", "pgce", "pgdip")
)


def _course(student: Student, known: Details) -> Iterator[MatchEvidence]:
    course = name_key(student.course) if student.course else ""
    subject = " ".join(word for word in course.split() if word not in _DEGREES)
    text = f" {known.folded_text} "
    if len(subject) < 4 or f" {subject} " not in text:
        return
    u = _U_COURSE if subject != course and f" {course} " in text else _U_SUBJECT
    yield MatchEvidence("course", log2(_M_COURSE / u))
