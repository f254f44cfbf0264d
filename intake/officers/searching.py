"""Searching: a case by its reference, cases by student number or name; every search is audited, never its words."""

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from intake.match.stated_names import given_and_family
from intake.names import exact_key, exact_range, name_key, nickname_variants, part_key
from intake.officers.values import Office
from intake.store import audit, cases, queue, students
from intake.store.cases import Case
from intake.store.students import Student

_REFERENCE = re.compile(r"W-[0-9A-HJKMNP-TV-Z]{12}", re.IGNORECASE)
_NUMBER = re.compile(r"[A-Za-z]{0,3}\d{5,10}")
#: so many cases are shown
_MOST = 100
_LONGEST = 120


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found: cases, and the students by whom they were found. `kind`: what was searched for."""

    kind: str
    cases: tuple[Case, ...]
    students: tuple[Student, ...] = ()


def search(office: Office, account_id: str, text: str, now: datetime) -> Found:
    """Search by reference, student number or name; write down that somebody did."""
    with office.store.writing() as session:
        found = _search(session, " ".join(text.split())[:_LONGEST])
        subject = found.cases[0].case_id if found.kind == "reference" and found.cases else "register"
        counts = {"kind": found.kind, "cases": len(found.cases), "students": len(found.students)}
        audit.append(session, now, account_id, "cases_searched", subject, **counts)
    return found


def people(session: Session, text: str) -> list[Student]:
    """Students by number, e-mail address, or name: given and family name in either order, or a family name alone."""
    text = " ".join(text.split())[:_LONGEST]
    if _NUMBER.fullmatch(text):
        return students.by_ids(session, [text, text.upper(), text.lower()])
    if "@" in text:
        return students.by_address(session, text)
    pairs = given_and_family(text)
    if not pairs:
        family = name_key(text)
        return students.between(session, *exact_range(family)) if family else []
    keys = []
    for given, family in pairs:
        keys += [exact_key(one, family) for one in (given, *nickname_variants(given))]
        keys.append(part_key(given, family))
    return students.by_keys(session, keys)


def _search(session: Session, text: str) -> Found:
    if _REFERENCE.fullmatch(text):
        case = cases.find(session, text)
        return Found("reference", () if case is None else (case,))
    found = people(session, text)
    ids = [one.student_id for one in found]
    kind = "number" if _NUMBER.fullmatch(text) else "address" if "@" in text else "name"
    return Found(kind, tuple(queue.of_students(session, ids, _MOST)) if ids else (), tuple(found))
