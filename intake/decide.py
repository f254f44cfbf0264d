"""Deciding: the facts and the policy table, first row that holds wins. Pure: no session, no clock, no log."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from classifiers import AuthorRole, Classification, Intent
from intake.authenticate import Authentication
from intake.match import Match
from intake.parse import Defect, InboundMessage
from intake.screen import Screening
from intake.vocabulary import (
    WITHDRAWABLE,
    Assurance,
    Clock,
    ConsentEventKind,
    Disposition,
    Mode,
    Purpose,
    Reason,
    RecipientKind,
    ReplyTemplate,
)


@dataclass(frozen=True, slots=True)
class KnownCase:
    """The case a message belongs to, found by our signed token and the same sender."""

    case_id: str
    student_id: str | None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a decision rests on. `classification` is None where the message was not classified at all."""

    message: InboundMessage
    screening: Screening
    authentication: Authentication
    classification: Classification | None
    match: Match
    assurance: Assurance
    received_at: datetime
    #: older than a day at first sight, or a replayed epoch: decided as usual, replies withheld
    too_old: bool = False
    known_case: KnownCase | None = None
    #: what is already withdrawn or held, so that a repeat changes nothing
    already_stopped: frozenset[Purpose] = frozenset()


@dataclass(frozen=True, slots=True)
class ConsentChange:
    """One event to record, for each of `purposes`."""

    event: ConsentEventKind
    purposes: tuple[Purpose, ...]


@dataclass(frozen=True, slots=True)
class PlannedReply:
    """A message to write, if the guard allows."""

    template: ReplyTemplate
    recipient: RecipientKind


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to happen, and why; `reasons` first is the row that held."""

    disposition: Disposition
    reasons: tuple[Reason, ...]
    student_id: str | None = None
    consent: tuple[ConsentChange, ...] = ()
    replies: tuple[PlannedReply, ...] = ()
    #: which clock runs; None without a case
    clock: Clock | None = None
    #: case state at the start: settled where nothing is left for a person
    settled: bool = False
    #: the case it joins
    case_id: str | None = None
    #: what would have happened in automatic mode, where `mode` held it back
    proposed: Disposition | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the policy table: when it holds, what follows."""

    name: str
    holds: Callable[[Facts], bool]
    decision: Callable[[Facts], Decision]


def decide(facts: Facts, mode: Mode) -> Decision:
    """Decide `facts` by the policy table: the first row that holds wins, then `mode` says how much is done alone."""
    row = next(row for row in POLICY_TABLE if row.holds(facts))
    decision = row.decision(facts)
    decision = replace(decision, reasons=_unique(decision.reasons + _also_asked(facts, decision)))
    return _in_mode(_left_for_a_person(decision, facts), mode)


# ---------------------------------------------------------------------------------------------- what the rows look at


def _urgent(facts: Facts) -> bool:
    return facts.classification is not None and facts.classification.urgent.flag


def _asks(facts: Facts, *intents: Intent) -> bool:
    reading = facts.classification
    return reading is not None and any(reading.has(intent) for intent in intents)


def _asks_anything(facts: Facts) -> bool:
    return _asks(facts, *(intent for intent in Intent if intent is not Intent.OTHER))


def _sure(facts: Facts, intent: Intent) -> bool:
    return facts.classification is not None and intent in facts.classification.sure


def _delivery_failure(facts: Facts) -> bool:
    return facts.screening.automated and bool(facts.screening.failed_message_ids)


def _automated_without_request(facts: Facts) -> bool:
    return facts.screening.automated and not _asks_anything(facts)


def _automated_with_request(facts: Facts) -> bool:
    return facts.screening.automated


def _known_and_nothing_new(facts: Facts) -> bool:
    reading = facts.classification
    return facts.known_case is not None and reading is not None and _readable(facts) and not _asks_anything(facts)


def _readable(facts: Facts) -> bool:
    reading = facts.classification
    return reading is not None and reading.wholly_english and not _UNREADABLE & facts.message.defects


def _not_readable(facts: Facts) -> bool:
    return not _readable(facts) or (Defect.HIDDEN_TEXT in facts.message.defects and _asks_anything(facts))


def _not_the_student(facts: Facts) -> bool:
    reading = facts.classification
    elsewhere = reading is not None and reading.author_role is not AuthorRole.STUDENT
    return _asks(facts, Intent.THIRD_PARTY_ENQUIRY) or (elsewhere and _asks_anything(facts))


def _withdraws_and_gives(facts: Facts) -> bool:
    return _asks(facts, Intent.CONSENT_WITHDRAWAL) and _asks(facts, Intent.CONSENT_REINSTATEMENT)


def _withdrawal(facts: Facts) -> bool:
    return _asks(facts, Intent.CONSENT_WITHDRAWAL)


def _clear_withdrawal(facts: Facts) -> bool:
    reading = facts.classification
    return (
        reading is not None
        and Intent.CONSENT_WITHDRAWAL in reading.sure
        and bool(reading.scope)
        and reading.scope_sure
        and not reading.limits
        and facts.match.student_id is not None
    )


def _clear_withdrawal_at(*levels: Assurance) -> Callable[[Facts], bool]:
    return lambda facts: _clear_withdrawal(facts) and facts.assurance in levels


def _withdrawal_unauthenticated(facts: Facts) -> bool:
    return _withdrawal(facts) and facts.assurance <= Assurance.UNAUTHENTICATED


def _sure_question(facts: Facts) -> bool:
    return (
        _sure(facts, Intent.CONFIDENTIALITY_QUESTION)
        and not _asks(facts, Intent.DATA_RIGHTS_REQUEST, Intent.CONSENT_REINSTATEMENT)
        and facts.assurance >= Assurance.UNKNOWN_ADDRESS
    )


def _abstained(facts: Facts) -> bool:
    return facts.classification is not None and not facts.classification.intents


# ---------------------------------------------------------------------------------------------- what the rows conclude


def _escalate(facts: Facts) -> Decision:
    return Decision(
        Disposition.ESCALATE,
        (Reason.URGENT,),
        facts.match.student_id,
        consent=_hold(facts),
        replies=(PlannedReply(ReplyTemplate.DUTY_ALERT, RecipientKind.DUTY),),
        clock=Clock.URGENT,
    )


def _ignore(reason: Reason) -> Callable[[Facts], Decision]:
    return lambda _facts: Decision(Disposition.IGNORE, (reason,))


def _follow_up(facts: Facts) -> Decision:
    case = facts.known_case
    assert case is not None  # noqa: S101 - the row above holds only with one
    return Decision(
        Disposition.FOLLOW_UP, (Reason.KNOWN_CASE,), case.student_id, clock=None, settled=True, case_id=case.case_id
    )


def _triage_silently(*reasons: Reason) -> Callable[[Facts], Decision]:
    return lambda facts: Decision(
        Disposition.TRIAGE, reasons, facts.match.student_id, clock=_strictest_clock(facts, Clock.TRIAGE)
    )


def _triage_unreadable(facts: Facts) -> Decision:
    return Decision(
        Disposition.TRIAGE,
        _why_unreadable(facts),
        facts.match.student_id,
        clock=_strictest_clock(facts, Clock.TRIAGE),
    )


def _triage_with_receipt(*reasons: Reason, clock: Clock) -> Callable[[Facts], Decision]:
    return lambda facts: Decision(
        Disposition.TRIAGE,
        reasons,
        facts.match.student_id,
        replies=_receipt(facts),
        clock=_strictest_clock(facts, clock),
    )


def _triage_and_hold(*reasons: Reason) -> Callable[[Facts], Decision]:
    return lambda facts: Decision(
        Disposition.TRIAGE,
        reasons,
        facts.match.student_id,
        consent=_hold(facts),
        replies=_receipt(facts),
        clock=_strictest_clock(facts, Clock.WITHDRAWAL),
    )


def _triage_unsure_withdrawal(facts: Facts) -> Decision:
    return replace(_triage_and_hold(Reason.WITHDRAWAL_UNSURE)(facts), reasons=_why_unsure(facts))


def _apply(facts: Facts) -> Decision:
    other_request = _asks(facts, Intent.DATA_RIGHTS_REQUEST)
    return Decision(
        Disposition.APPLY,
        (Reason.WITHDRAWAL_SURE, Reason.REGISTERED_ADDRESS),
        facts.match.student_id,
        consent=_change(ConsentEventKind.WITHDRAWN, facts),
        replies=(PlannedReply(ReplyTemplate.WITHDRAWAL_ACKNOWLEDGED, RecipientKind.ORIGINATOR),),
        clock=_strictest_clock(facts, Clock.WITHDRAWAL),
        settled=not other_request,
    )


def _confirm(facts: Facts) -> Decision:
    known_address = facts.assurance is Assurance.ALTERNATE_ADDRESS
    return Decision(
        Disposition.CONFIRM,
        (Reason.WITHDRAWAL_SURE, Reason.ALTERNATE_ADDRESS if known_address else Reason.UNKNOWN_ADDRESS),
        facts.match.student_id,
        # A stranger must not be able to stop somebody's support: no hold from an unknown address.
        consent=_hold(facts),
        replies=(
            PlannedReply(ReplyTemplate.WITHDRAWAL_CONFIRMATION, RecipientKind.REGISTERED_ADDRESS),
            *_receipt(facts),
        ),
        clock=_strictest_clock(facts, Clock.WITHDRAWAL),
    )


def _answer(facts: Facts) -> Decision:
    return Decision(
        Disposition.ANSWER,
        (Reason.QUESTION,),
        facts.match.student_id,
        replies=(PlannedReply(ReplyTemplate.QUESTION_ANSWERED, RecipientKind.ORIGINATOR),),
        clock=Clock.TRIAGE,
        settled=True,
    )


def _leave(_facts: Facts) -> Decision:
    return Decision(Disposition.LEAVE, (Reason.NOT_OURS,))


#: The policy table (docs/architecture.md): read it aloud; the first row that holds wins.
POLICY_TABLE: tuple[Row, ...] = (
    Row("urgent, whatever else it is", _urgent, _escalate),
    Row("a delivery failure of our own message", _delivery_failure, _ignore(Reason.DELIVERY_FAILURE)),
    Row("automated, nobody's own words ask anything", _automated_without_request, _ignore(Reason.AUTOMATED)),
    Row(
        "automated, but carries a person's request",
        _automated_with_request,
        _triage_silently(Reason.AUTOMATED_WITH_REQUEST),
    ),
    Row("belongs to a known case and asks nothing new", _known_and_nothing_new, _follow_up),
    Row("not wholly readable", _not_readable, _triage_unreadable),
    Row("written by or for somebody else", _not_the_student, _triage_silently(Reason.NOT_THE_STUDENT)),
    Row("withdrawal, nobody vouches for the writer", _withdrawal_unauthenticated, _triage_unsure_withdrawal),
    Row(
        "withdrawal and reinstatement in one",
        _withdraws_and_gives,
        _triage_and_hold(Reason.WITHDRAWAL_AND_REINSTATEMENT),
    ),
    Row("withdrawal, sure, registered address", _clear_withdrawal_at(Assurance.REGISTERED_ADDRESS), _apply),
    Row(
        "withdrawal, sure, personal or unknown address",
        _clear_withdrawal_at(Assurance.ALTERNATE_ADDRESS, Assurance.UNKNOWN_ADDRESS),
        _confirm,
    ),
    Row("withdrawal likely but unsure", _withdrawal, _triage_unsure_withdrawal),
    Row("question, sure, answered by the published policy", _sure_question, _answer),
    Row(
        "data-rights request",
        lambda facts: _asks(facts, Intent.DATA_RIGHTS_REQUEST),
        _triage_with_receipt(Reason.DATA_RIGHTS, clock=Clock.DATA_RIGHTS),
    ),
    Row(
        "reinstatement",
        lambda facts: _asks(facts, Intent.CONSENT_REINSTATEMENT),
        _triage_with_receipt(Reason.REINSTATEMENT, clock=Clock.TRIAGE),
    ),
    Row(
        "question, not sure",
        lambda facts: _asks(facts, Intent.CONFIDENTIALITY_QUESTION),
        _triage_with_receipt(Reason.QUESTION_UNSURE, clock=Clock.TRIAGE),
    ),
    Row("the classifier abstained", _abstained, _triage_silently(Reason.ABSTAINED)),
    Row("anything else", lambda _facts: True, _leave),
)

# ---------------------------------------------------------------------------------------------- what the rows share

_UNREADABLE = frozenset(
    {
        Defect.NO_TEXT,
        Defect.OVERSIZE,
        Defect.PLACEHOLDER,
        Defect.UNREADABLE,
        Defect.CHARSET,
        Defect.ALTERNATIVES_DISAGREE,
    }
)
_DEFECT_REASONS = {
    Defect.NO_TEXT: Reason.EMPTY,
    Defect.OVERSIZE: Reason.OVERSIZE,
    Defect.PLACEHOLDER: Reason.PLACEHOLDER,
    Defect.UNREADABLE: Reason.UNREADABLE,
    Defect.CHARSET: Reason.UNREADABLE,
    Defect.ALTERNATIVES_DISAGREE: Reason.CONTRADICTORY,
    Defect.HIDDEN_TEXT: Reason.CONTRADICTORY,
}
_INTENT_REASONS = {
    Intent.CONFIDENTIALITY_QUESTION: Reason.QUESTION,
    Intent.DATA_RIGHTS_REQUEST: Reason.DATA_RIGHTS,
    Intent.CONSENT_REINSTATEMENT: Reason.REINSTATEMENT,
    Intent.CONSENT_WITHDRAWAL: Reason.WITHDRAWAL_UNSURE,
    Intent.THIRD_PARTY_ENQUIRY: Reason.NOT_THE_STUDENT,
}


def _why_unreadable(facts: Facts) -> tuple[Reason, ...]:
    reasons = [_DEFECT_REASONS[defect] for defect in sorted(facts.message.defects & _DEFECT_REASONS.keys())]
    if facts.classification is not None and not facts.classification.wholly_english:
        reasons.insert(0, Reason.NOT_ENGLISH)
    return _unique(tuple(reasons)) or (Reason.UNREADABLE,)


def _why_unsure(facts: Facts) -> tuple[Reason, ...]:
    reading, reasons = facts.classification, []
    assert reading is not None  # noqa: S101 - a withdrawal was read in it
    if Intent.CONSENT_WITHDRAWAL not in reading.sure:
        reasons.append(Reason.WITHDRAWAL_UNSURE)
    if not reading.scope or not reading.scope_sure:
        reasons.append(Reason.SCOPE_UNCLEAR)
    if reading.limits:
        reasons.append(Reason.LIMITS_STATED)
    if facts.assurance <= Assurance.UNAUTHENTICATED:
        reasons.append(Reason.FORGED if facts.assurance is Assurance.FORGED else Reason.UNAUTHENTICATED)
    if facts.match.student_id is None:
        reasons.append(Reason.AMBIGUOUS_STUDENT if facts.match.ambiguous else Reason.NO_STUDENT)
    return tuple(reasons) or (Reason.WITHDRAWAL_UNSURE,)


def _also_asked(facts: Facts, decision: Decision) -> tuple[Reason, ...]:
    """Name what else the letter asks, so that it is never lost."""
    reading = facts.classification
    if reading is None or decision.disposition in (Disposition.IGNORE, Disposition.LEAVE):
        return ()
    withdrawal_named = {Reason.WITHDRAWAL_SURE, Reason.WITHDRAWAL_AND_REINSTATEMENT} & set(decision.reasons)
    unsure_named = set(decision.reasons) & {Reason.SCOPE_UNCLEAR, Reason.LIMITS_STATED, Reason.QUESTION_UNSURE}
    return tuple(
        _INTENT_REASONS[one.intent]
        for one in reading.intents
        if one.intent in _INTENT_REASONS
        and not (one.intent is Intent.CONSENT_WITHDRAWAL and (withdrawal_named or unsure_named))
        and not (one.intent is Intent.CONFIDENTIALITY_QUESTION and Reason.QUESTION_UNSURE in decision.reasons)
    )


def _strictest_clock(facts: Facts, clock: Clock) -> Clock:
    """A statutory request keeps its own due date, whatever row held."""
    if _asks(facts, Intent.DATA_RIGHTS_REQUEST) and clock is not Clock.WITHDRAWAL:
        return Clock.DATA_RIGHTS
    return Clock.WITHDRAWAL if _withdrawal(facts) and clock is Clock.TRIAGE else clock


def _receipt(facts: Facts) -> tuple[PlannedReply, ...]:
    # The same bytes for everyone, and never to an address that nobody vouches for.
    if facts.assurance < Assurance.UNKNOWN_ADDRESS:
        return ()
    return (PlannedReply(ReplyTemplate.NEUTRAL_RECEIPT, RecipientKind.ORIGINATOR),)


def _hold(facts: Facts) -> tuple[ConsentChange, ...]:
    """Stop first, confirm second: hold the named scope where person and assurance are sure."""
    sure_person = facts.match.student_id is not None and facts.assurance >= Assurance.ALTERNATE_ADDRESS
    if not (sure_person and _withdrawal(facts)):
        return ()
    return _change(ConsentEventKind.HELD, facts)


def _change(event: ConsentEventKind, facts: Facts) -> tuple[ConsentChange, ...]:
    reading = facts.classification
    assert reading is not None  # noqa: S101 - a withdrawal was read in it
    # Where it is not clear what is withdrawn, everything that can be withdrawn is held.
    named = [Purpose(scope.value) for scope in reading.scope] or list(WITHDRAWABLE)
    purposes = tuple(one for one in named if one not in facts.already_stopped)
    return (ConsentChange(event, purposes),) if purposes else ()


def _left_for_a_person(decision: Decision, facts: Facts) -> Decision:
    """An old message is decided as usual; an officer sends the reply."""
    if not (facts.too_old and any(one.template is not ReplyTemplate.DUTY_ALERT for one in decision.replies)):
        return decision
    return replace(decision, settled=False, reasons=(*decision.reasons, Reason.TOO_OLD))


def _in_mode(decision: Decision, mode: Mode) -> Decision:
    """Let `mode` turn what would be done alone into a proposal. Urgent letters alert in every mode."""
    alone = decision.disposition in (Disposition.APPLY, Disposition.CONFIRM, Disposition.ANSWER)
    if mode is Mode.AUTOMATIC:
        return decision
    if mode is Mode.OBSERVE:
        alerts = tuple(one for one in decision.replies if one.template is ReplyTemplate.DUTY_ALERT)
        decision = replace(decision, consent=(), replies=alerts)
    if not alone:
        return decision
    return replace(
        decision,
        disposition=Disposition.TRIAGE,
        proposed=decision.disposition,
        reasons=(*decision.reasons, Reason.OBSERVE_MODE if mode is Mode.OBSERVE else Reason.ASSIST_MODE),
        consent=tuple(ConsentChange(ConsentEventKind.HELD, one.purposes) for one in decision.consent),
        replies=tuple(PlannedReply(ReplyTemplate.NEUTRAL_RECEIPT, one.recipient) for one in decision.replies[-1:]),
        settled=False,
    )


def _unique(reasons: tuple[Reason, ...]) -> tuple[Reason, ...]:
    return tuple(dict.fromkeys(reasons))
