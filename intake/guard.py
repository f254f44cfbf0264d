"""The guard: one verdict on every automatic message, stored with its reason whether yes or no (RULES D1, D3, D7)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from intake.decide import Facts, PlannedReply
from intake.settings import Replies
from intake.vocabulary import Assurance, RecipientKind, ReplyTemplate

#: a dot-atom at a domain (RFC 5322 section 3.4.1). What else an address may be, two programs may read as two recipients
_PLAIN = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_LONGEST_ADDRESS = 254


class GuardReason(StrEnum):
    """Why a message may not be sent; a screening's reason is given by its own slug."""

    ALLOWED = "allowed"
    URGENT = "urgent"
    UNAUTHENTICATED = "unauthenticated"
    NOT_THE_REGISTERED_ADDRESS = "not_the_registered_address"
    NO_ADDRESS = "no_address"
    RESTORED = "restored"
    TOO_OLD = "too_old"
    ALREADY_ANSWERED = "already_answered"
    PERSON_CAP = "person_cap"
    BREAKER = "breaker"


@dataclass(frozen=True, slots=True)
class Written:
    """What was written already: to this address and about this student in 24 hours, to everybody in the last hour."""

    to_address: int = 0
    about_student: int = 0
    to_everybody: int = 0
    #: the same template went out for the same student or address within the last 7 days and nothing changed since
    same_again: bool = False
    #: too many were written within an hour before, and no person has reset the breaker since
    breaker_open: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """Yes or no, and the slug that says why."""

    allowed: bool
    reason: str


def guard(planned: PlannedReply, recipient: str | None, facts: Facts, written: Written, limits: Replies) -> Verdict:
    """Judge whether `planned` may be sent to `recipient`; the first objection counts."""
    if planned.recipient in (RecipientKind.DUTY, RecipientKind.CONFIGURED):
        # Alerts and notices answer nobody: they have their own path and no cap.
        return Verdict(True, GuardReason.ALLOWED)
    case = _Question(planned, recipient, facts, written, limits)
    for reason, objects in _OBJECTIONS:
        if objects(case):
            return Verdict(False, reason)
    if not facts.screening.may_reply:
        return Verdict(False, facts.screening.reasons[0] if facts.screening.reasons else "screening")
    return Verdict(True, GuardReason.ALLOWED)


@dataclass(frozen=True, slots=True)
class _Question:
    planned: PlannedReply
    recipient: str | None
    facts: Facts
    written: Written
    limits: Replies


def _urgent(case: _Question) -> bool:
    # D8: a letter with risk in it is never answered automatically.
    return case.facts.classification is not None and case.facts.classification.urgent.flag


def _below_its_assurance(case: _Question) -> bool:
    return case.facts.assurance < Assurance.UNKNOWN_ADDRESS


def _acknowledges_a_stranger(case: _Question) -> bool:
    acknowledges = case.planned.template is ReplyTemplate.WITHDRAWAL_ACKNOWLEDGED
    return acknowledges and case.facts.assurance is not Assurance.REGISTERED_ADDRESS


def _has_no_plain_address(case: _Question) -> bool:
    return not case.recipient or len(case.recipient) > _LONGEST_ADDRESS or not _PLAIN.fullmatch(case.recipient)


def _over_the_person_cap(case: _Question) -> bool:
    return max(case.written.to_address, case.written.about_student) >= case.limits.per_person_a_day


def _stopped_by_the_breaker(case: _Question) -> bool:
    return case.written.breaker_open or case.written.to_everybody >= case.limits.all_an_hour


_OBJECTIONS: tuple[tuple[GuardReason, Callable[[_Question], bool]], ...] = (
    (GuardReason.URGENT, _urgent),
    (GuardReason.UNAUTHENTICATED, _below_its_assurance),
    (GuardReason.NOT_THE_REGISTERED_ADDRESS, _acknowledges_a_stranger),
    (GuardReason.NO_ADDRESS, _has_no_plain_address),
    (GuardReason.RESTORED, lambda case: case.facts.restored),
    (GuardReason.TOO_OLD, lambda case: case.facts.too_old),
    (GuardReason.ALREADY_ANSWERED, lambda case: case.written.same_again),
    (GuardReason.PERSON_CAP, _over_the_person_cap),
    (GuardReason.BREAKER, _stopped_by_the_breaker),
)
