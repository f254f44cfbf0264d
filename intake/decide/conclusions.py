"""What follows where a row of the policy table holds."""

from collections.abc import Callable
from dataclasses import replace

from classifiers import Intent, Veto
from intake.decide.conditions import asks, complains, withdrawal
from intake.decide.facts import ConsentChange, Decision, Facts, PlannedReply
from intake.parse import Defect
from intake.vocabulary import (
    WITHDRAWABLE,
    Assurance,
    Clock,
    ConsentEventKind,
    Disposition,
    Purpose,
    Reason,
    RecipientKind,
    ReplyTemplate,
)

#: from this calibrated probability on a withdrawal is held at once. Of 178 withdrawals in four natural weeks 6 were
#: below it, of 776 other letters 44 were held; from .05 on, where a withdrawal is named, 2 and 79.
_HOLD_FROM = 0.15


def escalate(facts: Facts) -> Decision:
    return Decision(
        Disposition.ESCALATE,
        (Reason.URGENT,),
        facts.match.student_id,
        consent=_hold(facts),
        replies=(PlannedReply(ReplyTemplate.DUTY_ALERT, RecipientKind.DUTY),),
        clock=Clock.URGENT,
    )


def ignore(reason: Reason) -> Callable[[Facts], Decision]:
    return lambda _facts: Decision(Disposition.IGNORE, (reason,))


def acknowledge_alert(facts: Facts) -> Decision:
    case = facts.known_case
    assert case is not None  # noqa: S101 - the row above holds only with one
    return Decision(
        Disposition.FOLLOW_UP,
        (Reason.ALERT_ACKNOWLEDGED,),
        case.student_id,
        clock=None,
        settled=True,
        case_id=case.case_id,
    )


def alert_nobody_again(facts: Facts) -> Decision:
    """Whoever gets the alerts has this already. An alert would be answered by the machine that wrote it, for ever."""
    if facts.screening.automated and facts.known_case is not None:
        return Decision(Disposition.IGNORE, (Reason.AUTOMATED,))
    return replace(triage_silently(Reason.NOT_THE_STUDENT)(facts), clock=Clock.URGENT)


def triage_silently(*reasons: Reason) -> Callable[[Facts], Decision]:
    return lambda facts: Decision(
        Disposition.TRIAGE, reasons, facts.match.student_id, clock=_strictest_clock(facts, Clock.TRIAGE)
    )


def triage_unreadable(facts: Facts) -> Decision:
    return Decision(
        Disposition.TRIAGE,
        _why_unreadable(facts),
        facts.match.student_id,
        clock=_strictest_clock(facts, Clock.TRIAGE),
    )


def triage_with_receipt(*reasons: Reason, clock: Clock) -> Callable[[Facts], Decision]:
    return lambda facts: Decision(
        Disposition.TRIAGE,
        reasons,
        facts.match.student_id,
        replies=_receipt(facts),
        clock=_strictest_clock(facts, clock),
    )


def triage_and_hold(*reasons: Reason) -> Callable[[Facts], Decision]:
    return lambda facts: Decision(
        Disposition.TRIAGE,
        reasons,
        facts.match.student_id,
        consent=_hold(facts),
        replies=_receipt(facts),
        clock=_strictest_clock(facts, Clock.WITHDRAWAL),
    )


def triage_unsure_withdrawal(facts: Facts) -> Decision:
    return replace(triage_and_hold(Reason.WITHDRAWAL_UNSURE)(facts), reasons=_why_unsure(facts))


def apply(facts: Facts) -> Decision:
    other_request = asks(facts, Intent.DATA_RIGHTS_REQUEST) or complains(facts)
    return Decision(
        Disposition.APPLY,
        (Reason.WITHDRAWAL_SURE, Reason.REGISTERED_ADDRESS),
        facts.match.student_id,
        consent=_change(ConsentEventKind.WITHDRAWN, facts),
        replies=(PlannedReply(ReplyTemplate.WITHDRAWAL_ACKNOWLEDGED, RecipientKind.ORIGINATOR),),
        clock=_strictest_clock(facts, Clock.WITHDRAWAL),
        settled=not other_request,
    )


def confirm(facts: Facts) -> Decision:
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
        asks=_named(facts, facts.already_stopped),
    )


def wait_on(facts: Facts) -> Decision:
    if facts.assurance is Assurance.UNKNOWN_ADDRESS:
        # In the case that waits, the reference would come again: a stranger would learn that somebody was asked.
        return triage_with_receipt(Reason.REPEATED, clock=Clock.WITHDRAWAL)(facts)
    named = frozenset(_named(facts, facts.already_stopped))
    case_id = next(one.case_id for one in facts.waiting if named <= one.purposes)
    return Decision(
        Disposition.FOLLOW_UP,
        (Reason.REPEATED,),
        facts.match.student_id,
        # As for a letter about somebody who is not known: else its absence would tell.
        replies=_receipt(facts),
        settled=True,
        case_id=case_id,
    )


def answer(facts: Facts) -> Decision:
    return Decision(
        Disposition.ANSWER,
        (Reason.QUESTION,),
        facts.match.student_id,
        replies=(PlannedReply(ReplyTemplate.QUESTION_ANSWERED, RecipientKind.ORIGINATOR),),
        clock=Clock.TRIAGE,
        settled=True,
    )


def leave(_facts: Facts) -> Decision:
    return Decision(Disposition.LEAVE, (Reason.NOT_OURS,))


_DEFECT_REASONS = {
    Defect.NO_TEXT: Reason.EMPTY,
    Defect.OVERSIZE: Reason.OVERSIZE,
    Defect.PLACEHOLDER: Reason.PLACEHOLDER,
    Defect.UNREADABLE: Reason.UNREADABLE,
    Defect.CHARSET: Reason.UNREADABLE,
    Defect.ALTERNATIVES_DISAGREE: Reason.CONTRADICTORY,
    Defect.HIDDEN_TEXT: Reason.CONTRADICTORY,
}


def _why_unreadable(facts: Facts) -> tuple[Reason, ...]:
    reasons = [_DEFECT_REASONS[defect] for defect in sorted(facts.message.defects & _DEFECT_REASONS.keys())]
    if facts.classification is not None and not facts.classification.wholly_english:
        reasons.insert(0, Reason.NOT_ENGLISH)
    return tuple(dict.fromkeys(reasons)) or (Reason.UNREADABLE,)


def _why_unsure(facts: Facts) -> tuple[Reason, ...]:
    reading, reasons = facts.classification, []
    assert reading is not None  # noqa: S101 - a withdrawal was read in it
    if Intent.CONSENT_WITHDRAWAL not in reading.sure:
        reasons.append(Reason.WITHDRAWAL_UNSURE)
    if not reading.scope or not reading.scope_sure:
        reasons.append(Reason.SCOPE_UNCLEAR)
    if reading.limits:
        reasons.append(Reason.LIMITS_STATED)
    if complains(facts):
        reasons.append(Reason.COMPLAINT)
    if facts.message.encloses:
        reasons.append(Reason.ENCLOSES)
    if facts.written_long_ago:
        reasons.append(Reason.WRITTEN_LONG_AGO)
    if facts.assurance <= Assurance.UNAUTHENTICATED:
        reasons.append(Reason.FORGED if facts.assurance is Assurance.FORGED else Reason.UNAUTHENTICATED)
    if facts.match.student_id is None:
        reasons.append(Reason.AMBIGUOUS_STUDENT if facts.match.ambiguous else Reason.NO_STUDENT)
    return tuple(reasons) or (Reason.WITHDRAWAL_UNSURE,)


def _strictest_clock(facts: Facts, clock: Clock) -> Clock:
    """A statutory request keeps its own due date, whatever row held."""
    if asks(facts, Intent.DATA_RIGHTS_REQUEST) and clock is not Clock.WITHDRAWAL:
        return Clock.DATA_RIGHTS
    return Clock.WITHDRAWAL if withdrawal(facts) and clock is Clock.TRIAGE else clock


def _receipt(facts: Facts) -> tuple[PlannedReply, ...]:
    # The same bytes for everyone, and never to an address that nobody vouches for.
    if facts.assurance < Assurance.UNKNOWN_ADDRESS:
        return ()
    return (PlannedReply(ReplyTemplate.NEUTRAL_RECEIPT, RecipientKind.ORIGINATOR),)


def _hold(facts: Facts) -> tuple[ConsentChange, ...]:
    """Stop first, confirm second: hold the named scope where person and assurance are sure."""
    sure_person = facts.match.student_id is not None and facts.assurance >= Assurance.ALTERNATE_ADDRESS
    if not (sure_person and _likely_withdrawal(facts)):
        return ()
    return _change(ConsentEventKind.HELD, facts)


def _likely_withdrawal(facts: Facts) -> bool:
    """Say whether a withdrawal is likely enough to stop first. One less likely waits for the person who reads it.

    Plain withdrawing words beside another request are enough: the other request takes the probability away.
    """
    reading = facts.classification
    if reading is None or not withdrawal(facts):
        return False
    probability = next(one.probability for one in reading.intents if one.intent is Intent.CONSENT_WITHDRAWAL)
    beside = Veto.SECOND_INTENT in reading.vetoes and Veto.NO_EXPLICIT_CUE not in reading.vetoes
    return probability >= _HOLD_FROM or beside


def _change(event: ConsentEventKind, facts: Facts) -> tuple[ConsentChange, ...]:
    done = facts.already_stopped | (facts.already_held if event is ConsentEventKind.HELD else frozenset())
    purposes = _named(facts, done)
    return (ConsentChange(event, purposes),) if purposes else ()


def _named(facts: Facts, done: frozenset[Purpose]) -> tuple[Purpose, ...]:
    reading = facts.classification
    assert reading is not None  # noqa: S101 - a withdrawal was read in it
    # Where it is not clear what is withdrawn, everything that can be withdrawn is held.
    named = [Purpose(scope.value) for scope in reading.scope] or list(WITHDRAWABLE)
    return tuple(one for one in named if one not in done)
