"""What a message means in the thread of a known case: answers to our question, thanks, and more to say.

A question to a registered address (RULES D3) is answered by replying from that very address, authenticated, with its
token. From anybody else, too late or a second time, an answer changes nothing and is shown.
"""

from dataclasses import replace

from classifiers.confirmation import Answer
from intake.decide.conclusions import triage_silently, triage_with_receipt
from intake.decide.conditions import (
    asks_anything,
    asks_beside_withdrawing,
    clear_withdrawal_at,
    no_act_heard,
    readable,
)
from intake.decide.facts import Confirmation, ConsentChange, Decision, Facts, PlannedReply
from intake.parse import Defect
from intake.vocabulary import (
    Assurance,
    CaseState,
    Clock,
    ConfirmationState,
    ConsentEventKind,
    Disposition,
    Reason,
    RecipientKind,
    ReplyTemplate,
)


def confirms(facts: Facts) -> bool:
    return _live(facts) and facts.answer is Answer.YES and _plain(facts)


def confirmed(facts: Facts) -> Decision:
    question = _question(facts)
    purposes = tuple(one for one in question.purposes if one not in facts.already_stopped)
    return Decision(
        Disposition.APPLY,
        (Reason.CONFIRMED, Reason.REGISTERED_ADDRESS),
        question.student_id,
        consent=(ConsentChange(ConsentEventKind.WITHDRAWN, purposes),) if purposes else (),
        replies=(PlannedReply(ReplyTemplate.WITHDRAWAL_ACKNOWLEDGED, RecipientKind.ORIGINATOR),),
        clock=Clock.WITHDRAWAL,
        # Where a person must see something else in the case, it stays open.
        settled=question.case_state is CaseState.WAITING,
        case_id=question.case_id,
        # UK GDPR Article 7(3): it was withdrawn when the first letter came, not when we were sure of it.
        effective_at=question.received_at,
        answers=ConfirmationState.CONFIRMED,
    )


def denies(facts: Facts) -> bool:
    return _live(facts) and facts.answer is Answer.NO and _plain(facts)


def denied(facts: Facts) -> Decision:
    question = _question(facts)
    released = tuple(one for one in question.purposes if one in question.held)
    return replace(
        # Somebody may write in the student's name: a person looks at once.
        triage_with_receipt(Reason.CONFIRMATION_DENIED, clock=Clock.URGENT)(facts),
        clock=Clock.URGENT,
        consent=(ConsentChange(ConsentEventKind.RELEASED, released),) if released else (),
        case_id=question.case_id,
        answers=ConfirmationState.DENIED,
    )


def repeats_its_answer(facts: Facts) -> bool:
    if not _by_the_one_asked(facts) or _live(facts):
        return False
    question = _question(facts)
    if facts.answer is Answer.YES:
        return question.state is ConfirmationState.CONFIRMED or set(question.purposes) <= facts.already_stopped
    return facts.answer is Answer.NO and question.state is ConfirmationState.DENIED


def answers_in_vain(facts: Facts) -> bool:
    return _by_the_one_asked(facts) and not _live(facts) and facts.answer in (Answer.YES, Answer.NO)


def answered_in_vain(facts: Facts) -> Decision:
    question = _question(facts)
    late = question.state is ConfirmationState.EXPIRED or _late(facts)
    reason = Reason.CONFIRMATION_EXPIRED if late else Reason.CONFIRMATION_USED
    return replace(triage_with_receipt(reason, clock=Clock.WITHDRAWAL)(facts), case_id=question.case_id)


def answered_by_another(facts: Facts) -> bool:
    carried = facts.confirmation is not None and not _by_the_one_asked(facts)
    return carried and facts.answer in (Answer.YES, Answer.NO)


def refused(facts: Facts) -> Decision:
    return triage_with_receipt(Reason.CONFIRMATION_REFUSED, clock=Clock.TRIAGE)(facts)


def answers_unsurely(facts: Facts) -> bool:
    # A whole withdrawal from the registered address needs no yes beside it: it is applied as one.
    return _live(facts) and not clear_withdrawal_at(Assurance.REGISTERED_ADDRESS)(facts)


def answered_unsurely(facts: Facts) -> Decision:
    return triage_with_receipt(Reason.CONFIRMATION_UNSURE, clock=Clock.WITHDRAWAL)(facts)


def disputes(facts: Facts) -> bool:
    return facts.known_case is not None and facts.answer is Answer.NO and _plain(facts)


def disputed(facts: Facts) -> Decision:
    return replace(triage_with_receipt(Reason.DISPUTED, clock=Clock.URGENT)(facts), clock=Clock.URGENT)


def nothing_new(facts: Facts) -> bool:
    case, reading = facts.known_case, facts.classification
    if case is None or reading is None or not readable(facts) or _asks(facts):
        return False
    if _live(facts) or case.state is CaseState.WAITING:
        return facts.answer is Answer.THANKS
    # An open case is read by a person, with everything in it.
    return case.state is CaseState.OPEN or (
        bool(reading.intents) and facts.answer in (Answer.THANKS, Answer.REMARK, Answer.YES)
    )


def follow_up(facts: Facts) -> Decision:
    case = facts.known_case
    assert case is not None  # noqa: S101 - the rows that lead here hold only with one
    return Decision(
        Disposition.FOLLOW_UP, (Reason.KNOWN_CASE,), case.student_id, clock=None, settled=True, case_id=case.case_id
    )


def says_more(facts: Facts) -> bool:
    return facts.known_case is not None and not _asks(facts)


def said_more(facts: Facts) -> Decision:
    return triage_silently(Reason.MORE_IN_THREAD)(facts)


def in_its_thread(decision: Decision, facts: Facts) -> Decision:
    """Let what a person must decide join the known case, which opens again. Two people are never joined."""
    case = facts.known_case
    if case is None or decision.case_id is not None or Reason.CONFIRMATION_REFUSED in decision.reasons:
        return decision
    if decision.disposition not in (Disposition.TRIAGE, Disposition.ESCALATE) or _tells_by_its_reference(
        decision, facts
    ):
        return decision
    two_people = None not in (case.student_id, decision.student_id) and case.student_id != decision.student_id
    return decision if two_people else replace(decision, case_id=case.case_id)


def _tells_by_its_reference(decision: Decision, facts: Facts) -> bool:
    """Say whether a stranger is answered: whether the reference is a new one must not hang on what is known here.

    Whose case it is decides whether a letter joins it or another is opened, and so does what the student was asked.
    """
    receipt = any(one.template is ReplyTemplate.NEUTRAL_RECEIPT for one in decision.replies)
    stranger = facts.assurance is Assurance.UNKNOWN_ADDRESS
    return stranger and receipt and Reason.DISPUTED not in decision.reasons


def _asks(facts: Facts) -> bool:
    """Say whether the own words ask anything.

    Our own letter, quoted below them, is about withdrawing: where a remark has no withdrawing words of its own, a
    withdrawal was read into it from there.
    """
    if facts.answer in (Answer.THANKS, Answer.REMARK) and no_act_heard(facts):
        return asks_beside_withdrawing(facts)
    return asks_anything(facts)


def _question(facts: Facts) -> Confirmation:
    assert facts.confirmation is not None  # noqa: S101 - asked by every row above
    return facts.confirmation


def _by_the_one_asked(facts: Facts) -> bool:
    question = facts.confirmation
    return (
        question is not None
        and question.from_the_one_asked
        and facts.assurance is Assurance.REGISTERED_ADDRESS
        and facts.match.student_id == question.student_id
    )


def _live(facts: Facts) -> bool:
    """Say whether the one asked answers a question that still waits; in its time, and before a person settled it."""
    return (
        _by_the_one_asked(facts)
        and _question(facts).state is ConfirmationState.ASKED
        and _question(facts).case_state in (CaseState.WAITING, CaseState.OPEN)
        and not _late(facts)
    )


def _late(facts: Facts) -> bool:
    return facts.received_at > _question(facts).expires_at


def _plain(facts: Facts) -> bool:
    return not _NOT_PLAIN & facts.message.defects


#: a form in which words may not be what they seem, or not all of them
_NOT_PLAIN = frozenset(
    {
        Defect.NO_TEXT,
        Defect.OVERSIZE,
        Defect.PLACEHOLDER,
        Defect.UNREADABLE,
        Defect.CHARSET,
        Defect.ALTERNATIVES_DISAGREE,
        Defect.HIDDEN_TEXT,
        Defect.INVISIBLE_CHARACTERS,
        Defect.FROM_COUNT,
    }
)
