"""Handling: what an officer does with a case itself."""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.orm import Session

from classifiers import Intent
from intake.clocks import due
from intake.decide import ConsentChange
from intake.officers import consents
from intake.officers.carry_out import carry_out
from intake.officers.case_file import CaseFile
from intake.officers.corrections import differences
from intake.officers.values import (
    Action,
    CloseReason,
    Correction,
    Done,
    Entry,
    Hand,
    NoteKind,
    Office,
    Refusal,
    RefusalReason,
    Resolution,
    Words,
)
from intake.store import accounts, consent, students
from intake.vocabulary import (
    WITHDRAWABLE,
    Assurance,
    CaseState,
    Clock,
    ConsentEventKind,
    Purpose,
    Role,
    Standing,
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What the letter says, as the officer reads it; `student_id` None: nobody who is known."""

    intents: tuple[Intent, ...]
    scope: tuple[Purpose, ...]
    student_id: str | None
    urgent: bool


@dataclass(frozen=True, slots=True)
class Disclosure:
    """An emergency disclosure (UK GDPR Articles 6(1)(d) and 9(2)(c)): who was told what, and why."""

    told: str
    facts: str
    why: str
    discussed: bool
    #: what the student said, or why it was not discussed first
    discussion: str
    authoriser: str


def correct(office: Office, hand: Hand, reading: Reading) -> Done | Refusal:
    """Correct intent, scope, student or urgency; due date and proposal follow, and nothing is settled by it."""

    def decide(session: Session, file: CaseFile) -> Resolution | Refusal:
        case = file.case
        if reading.student_id is not None and not students.exists(session, reading.student_id):
            return Refusal(RefusalReason.UNKNOWN)
        intents = tuple(one.value for one in reading.intents)
        scope = tuple(one.value for one in reading.scope if Intent.CONSENT_WITHDRAWAL in reading.intents)
        other_student = reading.student_id != case.student_id
        objection = _not_to_move(file, reading.student_id) if other_student else None
        if objection is not None:
            return Refusal(objection)
        differs = [] if file.letter is None else differences(file.letter, intents, scope, urgent=reading.urgent)
        changes: dict[str, Any] = {
            "intents": intents,
            "scope": scope if scope else None,
            "student_id": reading.student_id,
            "urgent": reading.urgent,
        }
        if intents != case.intents or reading.urgent != case.urgent:
            clock = due(_clock(reading), _received(file), office.holidays, file.clock_events)
            changes |= {"clock": _clock(reading).value, "due_at": clock.at, "due_reason": clock.working}
        return Resolution(
            Action.CORRECT,
            changes,
            _hold_follows(session, file, hand, reading.student_id) if other_student else (),
            correction=Correction(intents, scope, reading.urgent, tuple(differs)) if differs else None,
            detail={"differs": differs + (["student"] if other_student else [])},
        )

    return carry_out(office, hand, decide)


def acknowledge(office: Office, hand: Hand) -> Done | Refusal:
    """Say that a person has the urgent letter. It stays on top until it is settled."""

    def decide(_session: Session, file: CaseFile) -> Resolution | Refusal:
        if not file.case.urgent or file.case.acknowledged_at is not None:
            return Refusal(RefusalReason.DOES_NOT_FIT)
        return Resolution(Action.ACKNOWLEDGE, {"acknowledged_at": hand.now})

    return carry_out(office, hand, decide)


def disclose(office: Office, hand: Hand, disclosure: Disclosure) -> Done | Refusal:
    """Record an emergency disclosure that was made; this sends nothing."""

    def decide(_session: Session, _file: CaseFile) -> Resolution | Refusal:
        fields = {
            "told": disclosure.told.strip(),
            "facts": disclosure.facts.strip(),
            "why": disclosure.why.strip(),
            "discussed": "yes" if disclosure.discussed else "no",
            "discussion": disclosure.discussion.strip(),
            "authoriser": disclosure.authoriser.strip(),
        }
        if not all(fields.values()):
            return Refusal(RefusalReason.WORDS_NEEDED)
        words = Words(NoteKind.DISCLOSURE, fields)
        return Resolution(Action.DISCLOSE, {}, words=words, detail={"discussed": disclosure.discussed})

    return carry_out(office, hand, decide)


def note(office: Office, hand: Hand, words: str) -> Done | Refusal:
    """Write a note into the case, sealed."""

    def decide(_session: Session, _file: CaseFile) -> Resolution | Refusal:
        if not words.strip():
            return Refusal(RefusalReason.WORDS_NEEDED)
        return Resolution(Action.NOTE, {}, words=Words(NoteKind.NOTE, {"words": words.strip()}))

    return carry_out(office, hand, decide)


def reassign(office: Office, hand: Hand, officer: str) -> Done | Refusal:
    """Give the case to another officer, and let go of it."""

    def decide(session: Session, file: CaseFile) -> Resolution | Refusal:
        row = accounts.named(session, officer)
        if row is None or row.disabled_at is not None or row.role not in (Role.OFFICER, Role.LEAD):
            return Refusal(RefusalReason.UNKNOWN)
        if row.account_id == file.case.officer:
            return Refusal(RefusalReason.DOES_NOT_FIT)
        free = {"officer": row.account_id, "claimed_by": None, "claimed_until": None}
        return Resolution(Action.REASSIGN, free, detail={"to": row.account_id})

    return carry_out(office, hand, decide)


def not_ours(office: Office, hand: Hand) -> Done | Refusal:
    """Say that the letter is not this service's business, and settle the case."""

    def decide(_session: Session, file: CaseFile) -> Resolution | Refusal:
        objection = _not_to_close(file)
        if objection is not None:
            return Refusal(objection)
        letter, nothing = file.letter, (Intent.OTHER.value,)
        differs = [] if letter is None else differences(letter, nothing, (), urgent=file.case.urgent)
        return Resolution(
            Action.NOT_OURS,
            {"state": CaseState.SETTLED.value, "closed_as": "not_ours"},
            correction=Correction(nothing, (), file.case.urgent, tuple(differs)) if differs else None,
        )

    return carry_out(office, hand, decide)


def close(office: Office, hand: Hand, reason: CloseReason, words: str = "") -> Done | Refusal:
    """Close the case without more; never over a hold, nor over an urgent letter that nobody has."""

    def decide(_session: Session, file: CaseFile) -> Resolution | Refusal:
        objection = _not_to_close(file)
        if objection is not None:
            return Refusal(objection)
        settled = {"state": CaseState.SETTLED.value, "closed_as": reason.value}
        said = Words(NoteKind.REASON, {"words": words.strip()}) if words.strip() else None
        return Resolution(Action.CLOSE, settled, words=said, detail={"reason": reason.value})

    return carry_out(office, hand, decide)


def reopen(office: Office, hand: Hand) -> Done | Refusal:
    """Open a settled case again."""

    def decide(_session: Session, file: CaseFile) -> Resolution | Refusal:
        if file.case.state is not CaseState.SETTLED:
            return Refusal(RefusalReason.DOES_NOT_FIT)
        return Resolution(Action.REOPEN, {"state": CaseState.OPEN.value, "closed_as": None})

    return carry_out(office, hand, decide)


def _not_to_close(file: CaseFile) -> RefusalReason | None:
    if file.case.state is CaseState.SETTLED:
        return RefusalReason.DOES_NOT_FIT
    if file.case.urgent and file.case.acknowledged_at is None:
        return RefusalReason.NOT_ACKNOWLEDGED
    return RefusalReason.HOLD_STANDS if file.held_here else None


def _clock(reading: Reading) -> Clock:
    if reading.urgent:
        return Clock.URGENT
    if Intent.CONSENT_WITHDRAWAL in reading.intents:
        return Clock.WITHDRAWAL
    return Clock.DATA_RIGHTS if Intent.DATA_RIGHTS_REQUEST in reading.intents else Clock.TRIAGE


def _received(file: CaseFile) -> Any:
    return file.letter.arrival.received_at if file.letter is not None else file.case.opened_at


def _not_to_move(file: CaseFile, student_id: str | None) -> RefusalReason | None:
    """Say why a hold may not leave its student: no correction goes round what a release needs."""
    if not file.held_here:
        return None
    if student_id is None:
        return RefusalReason.HOLD_STANDS
    by_address = any(
        one.matched == file.case.student_id and one.assurance >= Assurance.ALTERNATE_ADDRESS for one in file.letters
    )
    return RefusalReason.HOLD_STANDS if by_address else None


def _hold_follows(session: Session, file: CaseFile, hand: Hand, student_id: str | None) -> tuple[Entry, ...]:
    """What this case holds for the wrong student is released, and held for the right one."""
    held = tuple(one for one in WITHDRAWABLE if one in file.held_here)
    if not held:
        return ()
    wrong = consents.evidence_of(file, hand)
    entries = [Entry(replace(wrong, effective_at=hand.now), (ConsentChange(ConsentEventKind.RELEASED, held),))]
    if student_id is not None:
        consent.lock(session, student_id)
        done = consent.purposes_standing(session, student_id, Standing.WITHDRAWN)
        right = replace(wrong, student_id=student_id, assurance=None, match=None)
        kept = tuple(one for one in held if one not in done)
        entries += [Entry(right, (ConsentChange(ConsentEventKind.HELD, kept),))] if kept else []
    return tuple(entries)
