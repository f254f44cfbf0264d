"""Deciding in a thread: who may answer our question, when, and what an answer changes; and what joins a known case."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers import Intent, Urgency
from classifiers.confirmation import Answer
from intake.decide import Confirmation, Decision, Facts, KnownCase, Waiting, decide
from intake.match import Match
from intake.parse import Defect
from intake.screen import Screening, ScreeningReason
from intake.vocabulary import (
    WITHDRAWABLE,
    Assurance,
    CaseState,
    Clock,
    ConfirmationState,
    ConsentEventKind,
    Disposition,
    Mode,
    Purpose,
    Reason,
)
from tests.unit.test_decide import NOW, RECEIPT, facts, reading, templates

LETTER_AT = NOW - timedelta(days=2)
ASKED = Confirmation(
    "d-1",
    "c-1",
    CaseState.WAITING,
    "23529452",
    WITHDRAWABLE,
    LETTER_AT,
    NOW + timedelta(days=12),
    ConfirmationState.ASKED,
    held=frozenset(WITHDRAWABLE),
    from_the_one_asked=True,
)
CASE = KnownCase("c-1", "23529452", CaseState.WAITING)
SETTLED = KnownCase("c-1", "23529452", CaseState.SETTLED)


def answered(answer: Answer = Answer.YES, question: Confirmation = ASKED, **changes: Any) -> Facts:
    known = facts(reading(Intent.OTHER), known_case=CASE, confirmation=question, answer=answer)
    return replace(known, **changes)


def decided(known: Facts, mode: Mode = Mode.AUTOMATIC) -> Decision:
    return decide(known, mode)


def events(decision: Decision) -> list[ConsentEventKind]:
    return [one.event for one in decision.consent]


def test_a_yes_withdraws_from_the_first_letter_on_and_settles_the_case() -> None:
    decision = decided(answered())
    assert (decision.disposition, decision.case_id, decision.settled) == (Disposition.APPLY, "c-1", True)
    assert events(decision) == [ConsentEventKind.WITHDRAWN]
    assert decision.effective_at == LETTER_AT
    assert decision.answers is ConfirmationState.CONFIRMED


def test_a_yes_leaves_open_what_a_person_must_see() -> None:
    assert not decided(answered(question=replace(ASKED, case_state=CaseState.OPEN))).settled


def test_what_was_stopped_meanwhile_is_not_stopped_again() -> None:
    decision = decided(answered(already_stopped=frozenset({Purpose.CONTACT})))
    assert Purpose.CONTACT not in decision.consent[0].purposes


def test_a_no_releases_and_opens_the_case_at_once() -> None:
    decision = decided(answered(Answer.NO))
    assert (decision.disposition, decision.case_id, decision.clock) == (Disposition.TRIAGE, "c-1", Clock.URGENT)
    assert events(decision) == [ConsentEventKind.RELEASED]
    assert decision.answers is ConfirmationState.DENIED
    assert templates(decision) == [RECEIPT]


def test_a_no_releases_only_what_its_own_case_holds() -> None:
    decision = decided(answered(Answer.NO, replace(ASKED, held=frozenset({Purpose.CONTACT}))))
    assert decision.consent[0].purposes == (Purpose.CONTACT,)
    assert decided(answered(Answer.NO, replace(ASKED, held=frozenset()))).consent == ()


@pytest.mark.parametrize("answer", [Answer.YES, Answer.NO])
@pytest.mark.parametrize(
    "changes",
    [
        {"assurance": Assurance.ALTERNATE_ADDRESS},
        {"assurance": Assurance.UNAUTHENTICATED},
        {"assurance": Assurance.FORGED},
        {"match": Match()},
        {"confirmation": replace(ASKED, from_the_one_asked=False)},
        {"confirmation": replace(ASKED, student_id="21884410")},
    ],
)
def test_from_anybody_else_an_answer_changes_nothing(answer: Answer, changes: dict[str, Any]) -> None:
    decision = decided(answered(answer, **changes))
    assert (decision.disposition, decision.consent, decision.answers) == (Disposition.TRIAGE, (), None)
    assert decision.reasons == (Reason.CONFIRMATION_REFUSED,)
    # It is shown in the waiting case, and joins it not.
    assert decision.case_id is None


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        (replace(ASKED, expires_at=NOW - timedelta(seconds=1)), Reason.CONFIRMATION_EXPIRED),
        (replace(ASKED, state=ConfirmationState.EXPIRED), Reason.CONFIRMATION_EXPIRED),
        (replace(ASKED, state=ConfirmationState.DENIED), Reason.CONFIRMATION_USED),
        (replace(ASKED, case_state=CaseState.SETTLED), Reason.CONFIRMATION_USED),
    ],
)
def test_a_token_counts_once_and_in_time(question: Confirmation, reason: Reason) -> None:
    decision = decided(answered(question=question))
    assert (decision.consent, decision.answers, decision.case_id) == ((), None, "c-1")
    assert decision.reasons == (reason,)


@pytest.mark.parametrize(
    ("answer", "state"), [(Answer.YES, ConfirmationState.CONFIRMED), (Answer.NO, ConfirmationState.DENIED)]
)
def test_the_same_answer_again_is_nothing_new(answer: Answer, state: ConfirmationState) -> None:
    decision = decided(answered(answer, replace(ASKED, state=state)))
    assert (decision.disposition, decision.replies) == (Disposition.FOLLOW_UP, ())


@pytest.mark.parametrize("answer", [Answer.REMARK, Answer.MORE])
def test_what_is_no_plain_answer_is_for_a_person(answer: Answer) -> None:
    decision = decided(answered(answer))
    assert (decision.disposition, decision.case_id, decision.consent) == (Disposition.TRIAGE, "c-1", ())
    assert Reason.CONFIRMATION_UNSURE in decision.reasons


@pytest.mark.parametrize("defect", [Defect.HIDDEN_TEXT, Defect.ALTERNATIVES_DISAGREE, Defect.CHARSET])
def test_a_yes_in_a_doubtful_form_is_for_a_person(defect: Defect) -> None:
    message = replace(facts(None).message, defects=frozenset({defect}))
    decision = decided(answered(message=message))
    assert (decision.disposition, decision.consent, decision.answers) == (Disposition.TRIAGE, (), None)


def test_a_whole_withdrawal_as_an_answer_is_applied_as_one() -> None:
    decision = decided(answered(Answer.MORE, classification=reading(Intent.CONSENT_WITHDRAWAL)))
    assert (decision.disposition, decision.effective_at, decision.answers) == (Disposition.APPLY, None, None)


def test_danger_beside_a_yes_is_a_persons() -> None:
    decision = decided(answered(classification=reading(urgent=Urgency(True, ("…",)))))
    assert (decision.disposition, decision.case_id, decision.answers) == (Disposition.ESCALATE, "c-1", None)


def test_a_machine_confirms_nothing() -> None:
    machine = Screening(automated=True, may_reply=False, reasons=(ScreeningReason.AUTO_SUBMITTED,))
    decision = decided(answered(screening=machine))
    assert (decision.disposition, decision.consent, decision.answers) == (Disposition.IGNORE, (), None)


@pytest.mark.parametrize("mode", [Mode.ASSIST, Mode.OBSERVE])
@pytest.mark.parametrize("answer", [Answer.YES, Answer.NO])
def test_below_automatic_a_person_acts_on_the_answer(mode: Mode, answer: Answer) -> None:
    decision = decided(answered(answer, already_held=frozenset(WITHDRAWABLE)), mode)
    assert (decision.disposition, decision.consent, decision.answers) == (Disposition.TRIAGE, (), None)
    assert decision.case_id == "c-1"


def test_not_me_under_an_acknowledgement_opens_its_case() -> None:
    decision = decided(facts(reading(Intent.CONSENT_WITHDRAWAL), known_case=SETTLED, answer=Answer.NO))
    assert (decision.disposition, decision.case_id, decision.consent) == (Disposition.TRIAGE, "c-1", ())
    assert (decision.reasons, decision.clock) == ((Reason.DISPUTED,), Clock.URGENT)


@pytest.mark.parametrize(
    ("state", "answer", "disposition"),
    [
        (CaseState.SETTLED, Answer.THANKS, Disposition.FOLLOW_UP),
        (CaseState.SETTLED, Answer.REMARK, Disposition.FOLLOW_UP),
        (CaseState.SETTLED, Answer.MORE, Disposition.TRIAGE),
        (CaseState.OPEN, Answer.MORE, Disposition.FOLLOW_UP),
        (CaseState.WAITING, Answer.THANKS, Disposition.FOLLOW_UP),
        # An officer asked something, and this is the answer.
        (CaseState.WAITING, Answer.YES, Disposition.TRIAGE),
        (CaseState.WAITING, Answer.REMARK, Disposition.TRIAGE),
    ],
)
def test_what_follows_in_a_known_case(state: CaseState, answer: Answer, disposition: Disposition) -> None:
    decision = decided(facts(reading(Intent.OTHER), known_case=KnownCase("c-1", None, state), answer=answer))
    assert (decision.disposition, decision.case_id) == (disposition, "c-1")


def test_a_withdrawal_read_only_in_what_is_quoted_is_no_new_one() -> None:
    quoted = reading(Intent.CONSENT_WITHDRAWAL, sure=False, vetoes=reading().vetoes)
    known = facts(quoted, known_case=SETTLED, answer=Answer.REMARK)
    assert decided(known).disposition is Disposition.FOLLOW_UP
    assert decided(replace(known, answer=Answer.MORE)).disposition is Disposition.TRIAGE


def test_something_new_for_a_person_opens_the_known_case_again() -> None:
    decision = decided(facts(reading(Intent.DATA_RIGHTS_REQUEST), known_case=SETTLED, answer=Answer.MORE))
    assert (decision.disposition, decision.case_id, decision.clock) == (Disposition.TRIAGE, "c-1", Clock.DATA_RIGHTS)


def test_two_people_are_never_joined() -> None:
    other = KnownCase("c-2", "21884410")
    decision = decided(facts(reading(Intent.DATA_RIGHTS_REQUEST), known_case=other, answer=Answer.MORE))
    assert decision.case_id is None


def test_the_same_letter_again_waits_with_the_first() -> None:
    withdrawal = reading(Intent.CONSENT_WITHDRAWAL)
    waiting = (Waiting("c-1", frozenset({Purpose.THIRD_PARTY_SHARING})),)
    again = facts(withdrawal, Assurance.ALTERNATE_ADDRESS, waiting=waiting)
    decision = decided(again)
    assert (decision.disposition, decision.case_id, templates(decision)) == (Disposition.FOLLOW_UP, "c-1", [RECEIPT])
    less = replace(again, waiting=(Waiting("c-1", frozenset({Purpose.CONTACT})),))
    assert decided(less).disposition is Disposition.CONFIRM


def test_what_is_stopped_already_is_not_asked_about() -> None:
    stopped = frozenset({Purpose.THIRD_PARTY_SHARING})
    decision = decided(facts(reading(Intent.CONSENT_WITHDRAWAL), Assurance.UNKNOWN_ADDRESS, already_stopped=stopped))
    assert (decision.disposition, decision.asks, templates(decision)) == (Disposition.TRIAGE, (), [RECEIPT])


def test_a_question_with_withdrawing_words_beside_it_is_not_just_answered() -> None:
    decision = decided(facts(reading(Intent.CONFIDENTIALITY_QUESTION, vetoes=())))
    assert (decision.disposition, decision.reasons[0]) == (Disposition.TRIAGE, Reason.QUESTION_UNSURE)


questions = st.builds(
    lambda state, case_state, late, asked_here, student: replace(
        ASKED,
        state=state,
        case_state=case_state,
        expires_at=NOW + timedelta(days=-1 if late else 1),
        from_the_one_asked=asked_here,
        student_id=student,
    ),
    st.sampled_from(ConfirmationState),
    st.sampled_from([CaseState.OPEN, CaseState.WAITING, CaseState.SETTLED]),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["23529452", "21884410"]),
)


@given(
    questions,
    st.sampled_from(Answer),
    st.sampled_from(Assurance),
    st.sampled_from([Match(), facts(None).match]),
    st.booleans(),
    st.frozensets(st.sampled_from(Defect), max_size=2),
    st.sampled_from(Mode),
)
def test_a_question_is_settled_only_by_the_one_asked_in_time_and_once(
    question: Confirmation,
    answer: Answer,
    assurance: Assurance,
    found: Match,
    automated: bool,
    defects: frozenset[Defect],
    mode: Mode,
) -> None:
    known = answered(
        answer,
        question,
        assurance=assurance,
        match=found,
        screening=Screening(automated=automated, may_reply=not automated),
        message=replace(facts(None).message, defects=defects),
    )
    decision = decide(known, mode)
    if decision.answers is None:
        assert decision.consent == ()
        return
    assert mode is Mode.AUTOMATIC
    assert answer in (Answer.YES, Answer.NO)
    assert assurance is Assurance.REGISTERED_ADDRESS
    assert question.from_the_one_asked
    assert found.student_id == question.student_id
    assert question.state is ConfirmationState.ASKED
    assert question.case_state is not CaseState.SETTLED
    assert question.expires_at >= NOW
    assert not automated
