"""Candidates by blocking, their match weights, and the decision: the student, or nobody.

A weight is log2(m/u): how often a detail agrees where the student did write the letter (m), against how often it agrees
by chance where somebody else did (u). The probabilities u of names are counted in the register; the others, and every
m, are stated priors (docs/decisions/0003-matching.md). Prior odds are one to the size of the register.
"""

import math
from collections.abc import Sequence

from rapidfuzz.distance import DamerauLevenshtein
from sqlalchemy.orm import Session

from intake.match.details import Details, details, neighbours
from intake.match.values import Candidate, Match, MatchEvidence
from intake.names import address_key, name_key
from intake.parse import InboundMessage
from intake.store import students
from intake.store.students import Student
from intake.vocabulary import AddressLink

#: what is needed to name a student: a posterior probability, and a margin to the runner-up in bits
_ENOUGH_PROBABILITY, _ENOUGH_MARGIN = 0.99, 7.0

# Stated priors. A letter comes from somebody else's account once in 5,000; it names somebody else's number once in 300.
_M_REGISTERED, _M_ALTERNATE, _U_ADDRESS = 0.9, 0.5, 1 / 5000
_M_NUMBER, _U_NUMBER = 0.3, 1 / 300
_M_NUMBER_SLIP = 0.02
_M_NAME, _M_NAME_SLIP, _M_SURNAME = 0.85, 0.04, 0.1
#: a name is given, and it is not this student's: a nickname, a relative's account, or somebody else
_NAME_DISAGREES = math.log2(0.1 / 0.95)
_M_BIRTH_DATE, _U_BIRTH_DATE = 0.9, 1 / 2200
_BIRTH_DATE_DISAGREES = math.log2(0.05 / 0.999)
_M_COURSE, _U_COURSE = 0.3, 1 / 40
#: a first name inside the typing slips that count as one
_SLIPS = 2


def match(session: Session, message: InboundMessage) -> Match:
    """Find the student by address, student number, name, birth date and course; candidates come by indexed look-ups."""
    size = max(students.size(session), 1)
    known = details(message)
    found = _block(session, known)
    weighed = [_weigh(session, student, known, found, size) for student in found]
    return _chosen([one for one in weighed if one.weight > 0], size)


def _block(session: Session, known: Details) -> list[Student]:
    """Fetch everybody whom an address, a number or a name points to."""
    found = students.by_address(session, known.address) if known.address else []
    numbered = students.by_ids(session, known.numbers)
    if not numbered and known.numbers:
        close = [other for number in known.numbers[:4] if number.isdigit() for other in neighbours(number)]
        numbered = students.by_ids(session, close)
    named = students.by_names(session, known.names)
    if not found and not named:
        named = students.by_sound(session, known.names)
    return list({student.student_id: student for student in (*found, *numbered, *named)}.values())


def _weigh(session: Session, student: Student, known: Details, others: Sequence[Student], size: int) -> Candidate:
    evidence = [
        *_address_evidence(student, known, size),
        *_number_evidence(student, known, size),
        *_name_evidence(session, student, known, others, size),
        *_birth_date_evidence(student, known),
        *_course_evidence(student, known),
    ]
    return Candidate(
        student.student_id,
        0.0,
        sum(one.weight for one in evidence),
        tuple(sorted(evidence, key=lambda one: -abs(one.weight))),
        _address_link(student, known, others),
        student.email,
        has_left=student.left_on is not None,
    )


def _address_evidence(student: Student, known: Details, size: int) -> list[MatchEvidence]:
    key = address_key(known.address)
    if key is None:
        return []
    if key == address_key(student.email):
        return [MatchEvidence("registered address", math.log2(_M_REGISTERED / _U_ADDRESS * size))]
    if key == address_key(student.alternate_email):
        return [MatchEvidence("alternate address", math.log2(_M_ALTERNATE / _U_ADDRESS * size))]
    return []


def _address_link(student: Student, known: Details, others: Sequence[Student]) -> AddressLink:
    """Link the address only where it is on exactly one record."""
    key = address_key(known.address)
    owners = [one for one in others if key in (address_key(one.email), address_key(one.alternate_email))]
    if key is None or owners != [student]:
        return AddressLink.NONE
    return AddressLink.REGISTERED if key == address_key(student.email) else AddressLink.ALTERNATE


def _number_evidence(student: Student, known: Details, size: int) -> list[MatchEvidence]:
    if student.student_id in known.numbers:
        return [MatchEvidence("student number", math.log2(_M_NUMBER / _U_NUMBER * size))]
    for number in known.numbers:
        same_length = number.isdigit() and len(number) == len(student.student_id)
        if same_length and DamerauLevenshtein.distance(number, student.student_id, score_cutoff=1) == 1:
            # By chance a number of this length is one slip from this student's so often.
            chance = len(neighbours(number)) / 10 ** len(number)
            return [MatchEvidence("student number (one slip)", math.log2(_M_NUMBER_SLIP / chance))]
    return []


def _name_evidence(
    session: Session, student: Student, known: Details, others: Sequence[Student], size: int
) -> list[MatchEvidence]:
    if not known.names:
        return []
    last = name_key(student.last_name)
    firsts = {name_key(one): slug for one, slug in _first_names(student)}
    for first, slug in firsts.items():
        if (first, last) in known.names:
            same = sum(name_key(one.last_name) == last and first in dict(_folded_first_names(one)) for one in others)
            return [MatchEvidence(slug, math.log2(_M_NAME * size / max(same, 1)))]
    for first in firsts:
        if any(_close(first, one) and _close(last, other) for one, other in known.names):
            return [MatchEvidence("name (typing slip)", math.log2(_M_NAME_SLIP * size / 4))]
    if any(last == other for _first, other in known.names):
        bearers = max(students.name_frequency(session, last), 1)
        return [MatchEvidence("surname", math.log2(max(_M_SURNAME * size / bearers, 0.5)))]
    return [MatchEvidence("another name", _NAME_DISAGREES)]


def _first_names(student: Student) -> list[tuple[str, str]]:
    preferred = [(student.preferred_name, "preferred name")] if student.preferred_name else []
    first = student.first_name.split()
    short = [(first[0], "name")] if len(first) > 1 else []
    return [(student.first_name, "name"), *short, *preferred]


def _folded_first_names(student: Student) -> list[tuple[str, str]]:
    return [(name_key(name), slug) for name, slug in _first_names(student)]


def _close(one: str, other: str) -> bool:
    allowed = 0 if len(one) < 4 else 1 if len(one) < 8 else _SLIPS
    return DamerauLevenshtein.distance(one, other, score_cutoff=allowed) <= allowed


def _birth_date_evidence(student: Student, known: Details) -> list[MatchEvidence]:
    if student.date_of_birth is None or not known.birth_dates:
        return []
    if student.date_of_birth in known.birth_dates:
        return [MatchEvidence("date of birth", math.log2(_M_BIRTH_DATE / _U_BIRTH_DATE))]
    return [MatchEvidence("another date of birth", _BIRTH_DATE_DISAGREES)]


def _course_evidence(student: Student, known: Details) -> list[MatchEvidence]:
    course = name_key(student.course) if student.course else ""
    if len(course) < 4 or f" {course} " not in f" {known.folded_text} ":
        return []
    return [MatchEvidence("course", math.log2(_M_COURSE / _U_COURSE))]


def _chosen(weighed: Sequence[Candidate], size: int) -> Match:
    """Turn weights into posterior probabilities over every candidate and nobody; choose only what stands apart."""
    if not weighed:
        return Match()
    odds = {one.student_id: 2.0 ** min(one.weight - math.log2(size), 60.0) for one in weighed}
    total = 1.0 + sum(odds.values())
    ranked = sorted(
        (
            Candidate(
                one.student_id,
                odds[one.student_id] / total,
                one.weight,
                one.evidence,
                one.address_link,
                one.registered_address,
                has_left=one.has_left,
            )
            for one in weighed
        ),
        key=lambda one: -one.weight,
    )[:5]
    first = ranked[0]
    margin = first.weight - (ranked[1].weight if len(ranked) > 1 else 0.0)
    # Against nobody else the posterior speaks alone; against a runner-up the margin must be wide too.
    apart = len(ranked) == 1 or margin >= _ENOUGH_MARGIN
    if first.probability >= _ENOUGH_PROBABILITY and apart:
        return Match(first.student_id, first.probability, tuple(ranked), margin)
    enough_together = sum(one.probability for one in ranked) >= _ENOUGH_PROBABILITY
    return Match(None, 0.0, tuple(ranked), margin, ambiguous=enough_together and len(ranked) > 1)
