"""Candidates by blocking, their match weights, and the decision: the student, or nobody.

Prior odds are one to the size of the register for each student, and even that it is nobody in it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from math import log2

from sqlalchemy.orm import Session

from intake.match.census import Census
from intake.match.comparisons import Field, compare, field, has_slip_of, named_otherwise
from intake.match.details import Details, details, neighbours
from intake.match.values import Candidate, Match
from intake.names import address_key, birth_key, exact_key, name_parts, nickname_variants, part_key, slip_keys
from intake.parse import InboundMessage
from intake.store import students
from intake.store.students import Student
from intake.vocabulary import AddressLink

#: what is needed to name a student: a posterior probability, and a margin in bits to the runner-up, nobody included
_ENOUGH_PROBABILITY, _ENOUGH_MARGIN = 0.99, 7.0
_SHOWN = 5
#: evidence by which a student can be meant
_POINTING = frozenset(
    {"registered address", "alternate address", "student number", "student number (one slip)", "name", "nickname"}
)


def match(session: Session, message: InboundMessage) -> Match:
    """Find the student by address, student number, name, birth date and course; candidates come by indexed look-ups."""
    known = details(message)
    found = _block(session, known)
    if not found:
        return Match()
    census, others = Census(session), field(found, known)
    weighed = [_weigh(student, known, others, census) for student in others.students]
    ranked = _with_probabilities([one for one in weighed if one.weight > 0], census.size)
    return _chosen(ranked, known, others, census.size)


def _block(session: Session, known: Details) -> list[Student]:
    """Fetch everybody whom an address, a number, a name or a birth date points to."""
    found = students.by_address(session, known.address) if known.address else []
    numbered = students.by_ids(session, known.numbers)
    if not numbered and known.numbers:
        close = [other for number in known.numbers[:4] if number.isdigit() for other in neighbours(number)]
        numbered = students.by_ids(session, close)
    named = students.by_keys(session, _name_keys(known))
    born = students.by_keys(session, _birth_keys(known)) if known.birth_dates else []
    if not (found or numbered or named):
        named = students.by_keys(session, [key for pair in known.names for key in slip_keys(*pair)])
    return _followed(session, (*found, *numbered, *born, *named))


def _followed(session: Session, found: Iterable[Student]) -> list[Student]:
    """Give each once; a doubled record gives way to the one under which it goes on."""
    once = {student.student_id: student for student in found}
    doubled = [student for student in once.values() if student.merged_into is not None]
    for student in doubled:
        del once[student.student_id]
    targets = sorted({one.merged_into for one in doubled if one.merged_into is not None} - set(once))
    return [*once.values(), *students.by_ids(session, targets)]


def _name_keys(known: Details) -> list[str]:
    keys = []
    for given, family in known.names:
        keys += [exact_key(one, family) for one in (given, *nickname_variants(given))]
        keys += [exact_key(given, part) for part in name_parts(family)]
        keys.append(part_key(given, family))
    return keys


def _birth_keys(known: Details) -> list[str]:
    return [birth_key(born, family) for born in known.birth_dates for _given, family in known.names]


def _weigh(student: Student, known: Details, others: Field, census: Census) -> Candidate:
    evidence = compare(student, known, others, census)
    return Candidate(
        student.student_id,
        0.0,
        sum(one.weight for one in evidence),
        tuple(evidence),
        _address_link(student, known, others),
        student.email,
        has_left=student.left_on is not None,
    )


def _address_link(student: Student, known: Details, others: Field) -> AddressLink:
    """Link the address only where it is on exactly one record."""
    if others.addressed != {student.student_id}:
        return AddressLink.NONE
    registered = address_key(known.address) == address_key(student.email)
    return AddressLink.REGISTERED if registered else AddressLink.ALTERNATE


def _with_probabilities(weighed: Sequence[Candidate], size: int) -> list[Candidate]:
    """Turn weights into posterior probabilities over every candidate and nobody, most probable first."""
    odds = {one.student_id: 2.0 ** (one.weight - log2(size)) for one in weighed}
    total = 1.0 + sum(odds.values())
    ranked = sorted(weighed, key=lambda one: (-one.weight, one.student_id))
    return [replace(one, probability=odds[one.student_id] / total) for one in ranked]


def _chosen(ranked: Sequence[Candidate], known: Details, others: Field, size: int) -> Match:
    """Choose only who stands apart from everybody else and from nobody, and whom no detail contradicts."""
    if not ranked:
        return Match()
    first, shown = ranked[0], tuple(ranked[:_SHOWN])
    weights = sorted((*(one.weight for one in ranked), log2(size)), reverse=True)
    margin = next(one - other for one, other in pairwise(weights))
    sure = first.probability >= _ENOUGH_PROBABILITY and margin >= _ENOUGH_MARGIN
    if sure and not _contradicted(first, known, others):
        return Match(first.student_id, first.probability, shown, margin)
    pointed_at = sum(any(one.comparison in _POINTING for one in candidate.evidence) for candidate in ranked)
    return Match(None, 0.0, shown, margin, ambiguous=pointed_at > 1)


def _contradicted(first: Candidate, known: Details, others: Field) -> bool:
    """Say whether the letter has somebody else's address, number or name: then its details are not one person's.

    Weights would add such details up as if they were independent, and they are not where one writes about another.
    """
    elsewhere = bool(others.addressed) and first.student_id not in others.addressed
    numbered_elsewhere = bool(others.numbered - {first.student_id})
    student = next(one for one in others.students if one.student_id == first.student_id)
    # The registered address is the student's account, whatever name it shows; another account can be a relative's.
    own_account = first.address_link is AddressLink.REGISTERED
    by_another = not own_account and named_otherwise(student, known)
    return elsewhere or (numbered_elsewhere and not has_slip_of(student, known.numbers)) or by_another
