"""Consents: what an officer changes in the ledger. Each is one function, one transaction, one audit entry."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from intake.clocks import due
from intake.decide import ConsentChange
from intake.evidence import Evidence
from intake.officers.carry_out import carry_out, write
from intake.officers.case_file import CaseFile, case_file
from intake.officers.letters_out import address_of, already_sent, preview
from intake.officers.values import (
    Action,
    Channel,
    Done,
    Entry,
    Ground,
    Hand,
    NoteKind,
    Office,
    Refusal,
    RefusalReason,
    Resolution,
    Words,
)
from intake.reply import Reply
from intake.store import cases, consent, students
from intake.store.cases import NewCase
from intake.vocabulary import (
    WITHDRAWABLE,
    CaseState,
    Clock,
    ConsentEventKind,
    Disposition,
    Purpose,
    Reason,
    RecipientKind,
    ReplyTemplate,
    Standing,
)

#: the reason slug of a case that an officer opened for what was said otherwise than by mail
RECORDED = "recorded_by_officer"
_EARLIEST = datetime(2018, 5, 25, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Said:
    """What a student said otherwise than by mail: how, when, and what the officer notes of it."""

    channel: Channel
    at: datetime
    words: str


def apply(office: Office, hand: Hand, purposes: Sequence[Purpose], *, acknowledge: bool = True) -> Done | Refusal:
    """Withdraw consent as the letter asks, from its receipt on; acknowledge it to the registered address; settle."""

    def decide(_session: Session, file: CaseFile) -> Resolution | Refusal:
        letter = file.letter
        objection = _objection(file, purposes)
        if objection is not None or letter is None or file.case.state is CaseState.SETTLED:
            return Refusal(objection or RefusalReason.DOES_NOT_FIT)
        done = file.standing(Standing.WITHDRAWN)
        new = tuple(one for one in WITHDRAWABLE if one in purposes and one not in done)
        # What is held because of this case and is not withdrawn is released: the officer has seen it.
        rest = tuple(one for one in WITHDRAWABLE if one in file.held_here and one not in purposes)
        replies = _acknowledgement(office, file, new, hand.now) if acknowledge else ()
        return Resolution(
            Action.APPLY,
            {"state": CaseState.SETTLED.value, "closed_as": "applied"},
            _entries(file, hand, ConsentEventKind.WITHDRAWN, new) + _released(file, hand, rest),
            replies,
            detail={"purposes": [one.value for one in new], "acknowledged": bool(replies)},
        )

    return carry_out(office, hand, decide)


def hold(office: Office, hand: Hand, purposes: Sequence[Purpose]) -> Done | Refusal:
    """Hold consent while the case is open: nothing is used or shared meanwhile."""

    def decide(_session: Session, file: CaseFile) -> Resolution | Refusal:
        objection = _objection(file, purposes)
        if objection is not None:
            return Refusal(objection)
        stands = file.standing(Standing.WITHDRAWN) | file.standing(Standing.RESTRICTED)
        new = tuple(one for one in WITHDRAWABLE if one in purposes and one not in stands)
        if not new or file.case.state is CaseState.SETTLED:
            return Refusal(RefusalReason.DOES_NOT_FIT)
        entries = _entries(file, hand, ConsentEventKind.HELD, new)
        return Resolution(Action.HOLD, {}, entries, detail={"purposes": [one.value for one in new]})

    return carry_out(office, hand, decide)


def release(office: Office, hand: Hand, ground: Ground, words: str) -> Done | Refusal:
    """Release what is held because of this case. Without an answer or a recorded call a second person must look."""

    def decide(_session: Session, file: CaseFile) -> Resolution | Refusal:
        if not file.held_here:
            return Refusal(RefusalReason.DOES_NOT_FIT)
        if ground is Ground.ADDRESS_ANSWERED and not file.address_answered:
            return Refusal(RefusalReason.NOT_ANSWERED)
        if ground is not Ground.ADDRESS_ANSWERED and not words.strip():
            return Refusal(RefusalReason.WORDS_NEEDED)
        if ground is Ground.OVERRIDE:
            return Refusal(RefusalReason.SECOND_PERSON)
        return release_of(file, hand, ground, words)

    return carry_out(office, hand, decide)


def release_of(file: CaseFile, hand: Hand, ground: Ground, words: str = "") -> Resolution:
    """Give what follows where a hold is released."""
    held = tuple(one for one in WITHDRAWABLE if one in file.held_here)
    said = Words(NoteKind.CALL if ground is Ground.RECORDED_CALL else NoteKind.REASON, {"words": words.strip()})
    return Resolution(
        Action.RELEASE,
        {},
        _released(file, hand, held),
        words=said if words.strip() else None,
        detail={"purposes": [one.value for one in held], "ground": ground.value},
    )


def record_withdrawal(office: Office, hand: Hand, purposes: Sequence[Purpose], said: Said) -> Done | Refusal:
    """Record that the student withdrew by telephone, on paper or in person; it counts from when it was said."""
    return _record(office, hand, Action.RECORD_WITHDRAWAL, purposes, said)


def record_reinstatement(office: Office, hand: Hand, purposes: Sequence[Purpose], said: Said) -> Done | Refusal:
    """Record that the student gave consent again: a positive act of theirs, in the officer's words."""
    return _record(office, hand, Action.RECORD_REINSTATEMENT, purposes, said)


def open_record(
    office: Office, hand: Hand, student_id: str, action: Action, purposes: Sequence[Purpose], said: Said
) -> Done | Refusal:
    """Open a case for what a student said otherwise than by mail, and record it there. `hand` names no case yet."""
    with office.store.writing() as session:
        if not students.exists(session, student_id):
            return Refusal(RefusalReason.UNKNOWN)
        consent.lock(session, student_id)
        clock = due(Clock.WITHDRAWAL, min(said.at, hand.now), office.holidays)
        withdraws = action is Action.RECORD_WITHDRAWAL
        intent = "consent_withdrawal" if withdraws else "consent_reinstatement"
        new = NewCase(
            state=CaseState.OPEN,
            disposition=Disposition.TRIAGE,
            student_id=student_id,
            originator_hash=None,
            urgent=False,
            intents=(intent,),
            reasons=(Reason.WITHDRAWAL_SURE.value if withdraws else Reason.REINSTATEMENT.value, RECORDED),
            opened_at=hand.now,
            due_at=clock.at,
            due_reason=clock.working,
            clock=Clock.WITHDRAWAL,
        )
        # Nothing is written before it is known that it can be recorded.
        refused = _said_objection(said, purposes, hand.now)
        if refused is not None:
            return Refusal(refused)
        case = cases.open_case(session, new)
        hand = replace(hand, case_id=case.case_id, version=case.version)
        file = case_file(session, office.desk.vault, case)
        return write(session, office, hand, file, _recorded(office, file, hand, action, purposes, said))


def _record(office: Office, hand: Hand, action: Action, purposes: Sequence[Purpose], said: Said) -> Done | Refusal:
    def decide(_session: Session, file: CaseFile) -> Resolution | Refusal:
        objection = _objection(file, purposes) or _said_objection(said, purposes, hand.now)
        if objection is not None:
            return Refusal(objection)
        return _recorded(office, file, hand, action, purposes, said)

    return carry_out(office, hand, decide)


def _recorded(
    office: Office, file: CaseFile, hand: Hand, action: Action, purposes: Sequence[Purpose], said: Said
) -> Resolution:
    withdraws = action is Action.RECORD_WITHDRAWAL
    stands = file.standing(Standing.WITHDRAWN if withdraws else Standing.GIVEN)
    new = tuple(one for one in WITHDRAWABLE if one in purposes and one not in stands)
    rest = tuple(one for one in WITHDRAWABLE if one in file.held_here and one not in purposes)
    # Giving one consent says nothing of the others: what else is held stays so, and the case stays open for it.
    settled = withdraws or not rest
    event = ConsentEventKind.WITHDRAWN if withdraws else ConsentEventKind.REINSTATED
    evidence = replace(evidence_of(file, hand), received_at=said.at, effective_at=said.at, arrival_id=None, sha256=None)
    entries = (Entry(evidence, (ConsentChange(event, new),)),) if new else ()
    return Resolution(
        action,
        {"state": CaseState.SETTLED.value, "closed_as": "recorded"} if settled else {},
        entries + (_released(file, hand, rest) if withdraws else ()),
        _acknowledgement(office, file, new, hand.now) if withdraws and file.letter is None else (),
        Words(NoteKind.CALL, {"channel": said.channel.value, "words": said.words.strip()}),
        detail={"purposes": [one.value for one in new], "channel": said.channel.value},
    )


def _objection(file: CaseFile, purposes: Sequence[Purpose]) -> RefusalReason | None:
    if file.student is None:
        return RefusalReason.NO_STUDENT
    if file.case.urgent and file.case.acknowledged_at is None:
        return RefusalReason.NOT_ACKNOWLEDGED
    return _unchosen(purposes)


def _unchosen(purposes: Sequence[Purpose]) -> RefusalReason | None:
    return None if purposes and set(purposes) <= set(WITHDRAWABLE) else RefusalReason.NO_PURPOSE


def _said_objection(said: Said, purposes: Sequence[Purpose], now: datetime) -> RefusalReason | None:
    if not said.words.strip():
        return RefusalReason.WORDS_NEEDED
    if not _EARLIEST <= said.at <= now:
        return RefusalReason.IMPOSSIBLE_TIME
    return _unchosen(purposes)


def _acknowledgement(office: Office, file: CaseFile, purposes: Sequence[Purpose], now: datetime) -> tuple[Reply, ...]:
    to = RecipientKind.REGISTERED_ADDRESS
    if not address_of(file, to) or already_sent(file, ReplyTemplate.WITHDRAWAL_ACKNOWLEDGED):
        return ()
    written = preview(office, file, ReplyTemplate.WITHDRAWAL_ACKNOWLEDGED, to, now, purposes)
    return () if isinstance(written, RefusalReason) else (written.reply,)


def _entries(file: CaseFile, hand: Hand, event: ConsentEventKind, purposes: tuple[Purpose, ...]) -> tuple[Entry, ...]:
    return (Entry(evidence_of(file, hand), (ConsentChange(event, purposes),)),) if purposes else ()


def _released(file: CaseFile, hand: Hand, purposes: tuple[Purpose, ...]) -> tuple[Entry, ...]:
    if not purposes:
        return ()
    # A release counts from now: what was not used while it was held was rightly not used.
    evidence = replace(evidence_of(file, hand), effective_at=hand.now)
    return (Entry(evidence, (ConsentChange(ConsentEventKind.RELEASED, purposes),)),)


def evidence_of(file: CaseFile, hand: Hand) -> Evidence:
    """Give what a change to this case's student rests on: its letter, where it has one."""
    letter, case = file.letter, file.case
    if letter is None:
        return Evidence(case.student_id or "", hand.name, hand.now, hand.now, case.case_id)
    matched_so = letter.matched == case.student_id
    received = letter.arrival.received_at
    return Evidence(
        case.student_id or "",
        hand.name,
        received,
        received,
        case.case_id,
        letter.arrival.arrival_id,
        letter.arrival.sha256,
        int(letter.assurance) if matched_so else None,
        _match(letter.findings or {}) if matched_so else None,
    )


def _match(findings: object) -> dict[str, object] | None:
    match = findings.get("match", {}) if isinstance(findings, dict) else {}
    chosen = [one for one in match.get("candidates", []) if one["student_id"] == match.get("student_id")]
    return {"probability": chosen[0]["probability"], "weights": chosen[0].get("weights", {})} if chosen else None
