"""The policy table: read it aloud; the first row that holds wins."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from classifiers import Intent
from intake.decide import conclusions as then
from intake.decide import conditions as when
from intake.decide import threads
from intake.decide.facts import ConsentChange, Decision, Facts, PlannedReply
from intake.vocabulary import (
    Assurance,
    Clock,
    ConsentEventKind,
    Disposition,
    Mode,
    Reason,
    ReplyTemplate,
)


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
    return threads.in_its_thread(_in_mode(_left_for_a_person(decision, facts), facts, mode), facts)


#: The policy table (docs/architecture.md): read it aloud; the first row that holds wins.
POLICY_TABLE: tuple[Row, ...] = (
    # A person of the duty wrote it, and has the case in hand: whatever words of it they repeat alert nobody again.
    Row("the duty answers an alert", when.answers_alert, then.acknowledge_alert),
    Row("urgent words from the duty's own address", when.urgent_from_the_duty, then.alert_nobody_again),
    Row("urgent, whatever else it is", when.urgent, then.escalate),
    Row(
        "a delivery failure of our own message",
        when.delivery_failure,
        then.ignore(Reason.DELIVERY_FAILURE),
    ),
    Row(
        "automated, nobody's own words ask anything",
        when.automated_without_request,
        then.ignore(Reason.AUTOMATED),
    ),
    Row(
        "automated, but carries a person's request",
        when.automated_with_request,
        then.triage_silently(Reason.AUTOMATED_WITH_REQUEST),
    ),
    Row("our question, answered with a yes by the address asked", threads.confirms, threads.confirmed),
    Row("our question, answered with a no by the address asked", threads.denies, threads.denied),
    Row("our question, answered the same again", threads.repeats_its_answer, threads.follow_up),
    Row("our question, answered too late or otherwise than before", threads.answers_in_vain, threads.answered_in_vain),
    Row("our question, answered by somebody who was not asked", threads.answered_by_another, threads.refused),
    Row("somebody whom we answered says it was not them", threads.disputes, threads.disputed),
    Row("belongs to a known case and asks nothing new", threads.nothing_new, threads.follow_up),
    Row("not wholly readable", when.not_readable, then.triage_unreadable),
    Row(
        "written by or for somebody else",
        when.not_the_student,
        then.triage_silently(Reason.NOT_THE_STUDENT),
    ),
    Row("our question, answered, but not plainly", threads.answers_unsurely, threads.answered_unsurely),
    Row("says more in the thread of a known case", threads.says_more, threads.said_more),
    Row(
        "withdrawal, nobody vouches for the writer",
        when.withdrawal_unauthenticated,
        then.triage_unsure_withdrawal,
    ),
    Row(
        "withdrawal and reinstatement in one",
        when.withdraws_and_gives,
        then.triage_and_hold(Reason.WITHDRAWAL_AND_REINSTATEMENT),
    ),
    Row(
        "withdrawal, sure, registered address",
        when.clear_withdrawal_at(Assurance.REGISTERED_ADDRESS),
        then.apply,
    ),
    Row(
        "withdrawal of what is stopped already, personal or unknown address",
        when.nothing_left_to_stop,
        then.triage_with_receipt(Reason.ALREADY_STOPPED, clock=Clock.TRIAGE),
    ),
    Row("the same withdrawal again, while our question waits", when.waits_already, then.wait_on),
    Row("withdrawal, sure, personal or unknown address", when.withdrawal_by_another_address, then.confirm),
    Row("withdrawal likely but unsure", when.withdrawal, then.triage_unsure_withdrawal),
    Row("question, sure, answered by the published policy", when.sure_question, then.answer),
    Row(
        "data-rights request",
        lambda facts: when.asks(facts, Intent.DATA_RIGHTS_REQUEST),
        then.triage_with_receipt(Reason.DATA_RIGHTS, clock=Clock.DATA_RIGHTS),
    ),
    Row(
        "reinstatement",
        lambda facts: when.asks(facts, Intent.CONSENT_REINSTATEMENT),
        then.triage_with_receipt(Reason.REINSTATEMENT, clock=Clock.TRIAGE),
    ),
    Row("complaint", when.complains, then.triage_with_receipt(Reason.COMPLAINT, clock=Clock.COMPLAINT)),
    Row(
        "question, not sure",
        lambda facts: when.asks(facts, Intent.CONFIDENTIALITY_QUESTION),
        then.triage_with_receipt(Reason.QUESTION_UNSURE, clock=Clock.TRIAGE),
    ),
    Row("the classifier abstained", when.abstained, then.triage_silently(Reason.ABSTAINED)),
    Row("anything else", lambda _facts: True, then.leave),
)


def _also_asked(facts: Facts, decision: Decision) -> tuple[Reason, ...]:
    """Name what else the letter asks, so that it is never lost."""
    reading = facts.classification
    if reading is None or facts.plain_answer or decision.disposition in (Disposition.IGNORE, Disposition.LEAVE):
        return ()
    withdrawal_named = set(decision.reasons) & {
        Reason.WITHDRAWAL_SURE,
        Reason.WITHDRAWAL_AND_REINSTATEMENT,
        Reason.ALREADY_STOPPED,
        Reason.REPEATED,
    }
    unsure_named = set(decision.reasons) & {
        Reason.SCOPE_UNCLEAR,
        Reason.LIMITS_STATED,
        Reason.ENCLOSES,
        Reason.COMPLAINT,
        Reason.WRITTEN_LONG_AGO,
        Reason.QUESTION_UNSURE,
    }
    complaint = (Reason.COMPLAINT,) if when.complains(facts) else ()
    return complaint + tuple(
        _INTENT_REASONS[one.intent]
        for one in reading.intents
        if one.intent in _INTENT_REASONS
        and not (one.intent is Intent.CONSENT_WITHDRAWAL and (withdrawal_named or unsure_named))
        and not (one.intent is Intent.CONFIDENTIALITY_QUESTION and Reason.QUESTION_UNSURE in decision.reasons)
    )


def _left_for_a_person(decision: Decision, facts: Facts) -> Decision:
    """An old message, or one from before a restore, is decided as usual; an officer sends the reply."""
    why = Reason.RESTORED if facts.restored else Reason.TOO_OLD if facts.too_old else None
    if why is None or not any(one.template is not ReplyTemplate.DUTY_ALERT for one in decision.replies):
        return decision
    return replace(decision, settled=False, reasons=(*decision.reasons, why))


def _in_mode(decision: Decision, facts: Facts, mode: Mode) -> Decision:
    """Let `mode` turn what would be done alone into a proposal. Urgent letters alert in every mode."""
    alone = decision.disposition in (Disposition.APPLY, Disposition.CONFIRM, Disposition.ANSWER)
    if mode is Mode.AUTOMATIC:
        return decision
    # Holds may be set without a person, never ended; and a question stays open until one acts on its answer.
    kept = tuple(one for one in decision.consent if one.event is not ConsentEventKind.RELEASED)
    decision = replace(decision, consent=kept, answers=None, asks=())
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
        consent=_held_instead(decision, facts),
        replies=tuple(PlannedReply(ReplyTemplate.NEUTRAL_RECEIPT, one.recipient) for one in decision.replies[-1:]),
        settled=False,
    )


def _held_instead(decision: Decision, facts: Facts) -> tuple[ConsentChange, ...]:
    named = [purpose for one in decision.consent for purpose in one.purposes]
    purposes = tuple(one for one in named if one not in facts.already_held)
    return (ConsentChange(ConsentEventKind.HELD, purposes),) if purposes else ()


def _unique(reasons: tuple[Reason, ...]) -> tuple[Reason, ...]:
    return tuple(dict.fromkeys(reasons))


_INTENT_REASONS = {
    Intent.CONFIDENTIALITY_QUESTION: Reason.QUESTION,
    Intent.DATA_RIGHTS_REQUEST: Reason.DATA_RIGHTS,
    Intent.CONSENT_REINSTATEMENT: Reason.REINSTATEMENT,
    Intent.CONSENT_WITHDRAWAL: Reason.WITHDRAWAL_UNSURE,
    Intent.THIRD_PARTY_ENQUIRY: Reason.NOT_THE_STUDENT,
}
