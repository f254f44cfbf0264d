"""Deciding: every row of the policy table, and what must never happen."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers import AuthorRole, Classification, Intent, IntentReading, Scope, Urgency, Veto
from intake.authenticate import Authentication, AuthenticationVerdict
from intake.decide import Decision, Facts, KnownCase, decide
from intake.match import Candidate, Match
from intake.parse import Address, Attachment, Defect, InboundMessage
from intake.screen import Screening, ScreeningReason
from intake.vocabulary import (
    WITHDRAWABLE,
    AddressLink,
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

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
AMINA = Candidate("23529452", 0.999, 20.0, (), AddressLink.REGISTERED, "ab23xyz@student.herts.example")


def reading(*intents: Intent, sure: bool = True, **changes: Any) -> Classification:
    withdraws = Intent.CONSENT_WITHDRAWAL in intents
    scope = (Scope.THIRD_PARTY_SHARING,) if withdraws else ()
    found = Classification(
        vetoes=() if withdraws else (Veto.NO_EXPLICIT_CUE,),
        intents=tuple(IntentReading(intent, 0.9) for intent in intents or (Intent.OTHER,)),
        sure=frozenset(intents) if sure else frozenset(),
        scope=scope,
        scope_sure=sure,
        language="en",
    )
    return replace(found, **changes)


def facts(
    classification: Classification | None, assurance: Assurance = Assurance.REGISTERED_ADDRESS, **changes: Any
) -> Facts:
    known = Facts(
        message=InboundMessage(from_addresses=(Address("ab23xyz@student.herts.example"),), from_fields=1, new_text="x"),
        screening=Screening(),
        authentication=Authentication(AuthenticationVerdict.PASS),
        classification=classification,
        match=Match("23529452", 0.999, (AMINA,), 12.0),
        assurance=assurance,
        received_at=NOW,
    )
    return replace(known, **changes)


def decided(known: Facts) -> Decision:
    return decide(known, Mode.AUTOMATIC)


def templates(decision: Decision) -> list[tuple[ReplyTemplate, RecipientKind]]:
    return [(one.template, one.recipient) for one in decision.replies]


RECEIPT = (ReplyTemplate.NEUTRAL_RECEIPT, RecipientKind.ORIGINATOR)
WITHDRAWAL = reading(Intent.CONSENT_WITHDRAWAL)
UNSURE_WITHDRAWAL = reading(Intent.CONSENT_WITHDRAWAL, sure=False)


def test_a_sure_withdrawal_from_the_registered_address_is_applied_and_acknowledged() -> None:
    decision = decided(facts(WITHDRAWAL))
    assert decision.disposition is Disposition.APPLY
    assert decision.settled
    assert [(one.event, one.purposes) for one in decision.consent] == [
        (ConsentEventKind.WITHDRAWN, (Purpose.THIRD_PARTY_SHARING,))
    ]
    assert templates(decision) == [(ReplyTemplate.WITHDRAWAL_ACKNOWLEDGED, RecipientKind.ORIGINATOR)]


def test_a_sure_withdrawal_from_a_personal_address_is_held_and_confirmed() -> None:
    decision = decided(facts(WITHDRAWAL, Assurance.ALTERNATE_ADDRESS))
    assert decision.disposition is Disposition.CONFIRM
    assert [one.event for one in decision.consent] == [ConsentEventKind.HELD]
    assert templates(decision) == [
        (ReplyTemplate.WITHDRAWAL_CONFIRMATION, RecipientKind.REGISTERED_ADDRESS),
        RECEIPT,
    ]


def test_a_stranger_cannot_stop_somebodys_support() -> None:
    decision = decided(facts(WITHDRAWAL, Assurance.UNKNOWN_ADDRESS))
    assert decision.disposition is Disposition.CONFIRM
    assert decision.consent == ()
    assert not decision.settled


@pytest.mark.parametrize("assurance", [Assurance.UNAUTHENTICATED, Assurance.FORGED])
def test_an_unauthenticated_withdrawal_changes_nothing_and_is_not_answered(assurance: Assurance) -> None:
    decision = decided(facts(WITHDRAWAL, assurance))
    assert decision.disposition is Disposition.TRIAGE
    assert (decision.consent, decision.replies) == ((), ())
    assert {Reason.FORGED, Reason.UNAUTHENTICATED} & set(decision.reasons)


def test_an_unsure_withdrawal_is_held_at_once_and_waits_for_a_person() -> None:
    decision = decided(facts(UNSURE_WITHDRAWAL))
    assert decision.disposition is Disposition.TRIAGE
    assert [one.event for one in decision.consent] == [ConsentEventKind.HELD]
    assert templates(decision) == [RECEIPT]
    assert decision.clock is Clock.WITHDRAWAL


COMPLAINS = ("I wish to complain.",)


def test_a_complaint_has_its_own_due_date_and_is_never_left() -> None:
    decision = decided(facts(reading(complaints=COMPLAINS)))
    assert (decision.disposition, decision.clock) == (Disposition.TRIAGE, Clock.COMPLAINT)
    assert decision.reasons == (Reason.COMPLAINT,)
    assert templates(decision) == [RECEIPT]


def test_a_complaint_beside_a_question_is_not_answered_away() -> None:
    decision = decided(facts(reading(Intent.CONFIDENTIALITY_QUESTION, complaints=COMPLAINS)))
    assert decision.disposition is Disposition.TRIAGE
    assert {Reason.COMPLAINT, Reason.QUESTION} <= set(decision.reasons)


def test_a_complaint_beside_a_withdrawal_stops_nothing_from_stopping_and_stays_open() -> None:
    both = replace(WITHDRAWAL, complaints=COMPLAINS)
    decision = decided(facts(both))
    assert (decision.disposition, decision.settled) == (Disposition.APPLY, False)
    assert Reason.COMPLAINT in decision.reasons
    asked = decided(facts(both, Assurance.ALTERNATE_ADDRESS))
    assert (asked.disposition, asked.reasons) == (Disposition.TRIAGE, (Reason.COMPLAINT,))
    assert [one.event for one in asked.consent] == [ConsentEventKind.HELD]


def test_a_complaint_for_a_student_by_another_is_answered_by_a_person_alone() -> None:
    decision = decided(facts(reading(complaints=COMPLAINS, author_role=AuthorRole.ON_BEHALF)))
    assert (decision.disposition, templates(decision)) == (Disposition.TRIAGE, [])
    assert set(decision.reasons) == {Reason.NOT_THE_STUDENT, Reason.COMPLAINT}


def test_where_the_scope_is_unclear_everything_withdrawable_is_held() -> None:
    decision = decided(facts(reading(Intent.CONSENT_WITHDRAWAL, scope=(), scope_sure=False)))
    assert decision.consent[0].purposes == WITHDRAWABLE
    assert Reason.SCOPE_UNCLEAR in decision.reasons


def test_stated_limits_are_for_a_person_to_read() -> None:
    decision = decided(facts(reading(Intent.CONSENT_WITHDRAWAL, limits=("except my GP",))))
    assert decision.disposition is Disposition.TRIAGE
    assert Reason.LIMITS_STATED in decision.reasons


def test_a_withdrawal_by_somebody_who_is_not_found_is_triaged_without_a_hold() -> None:
    decision = decided(facts(WITHDRAWAL, Assurance.UNKNOWN_ADDRESS, match=Match()))
    assert decision.disposition is Disposition.TRIAGE
    assert decision.consent == ()
    assert Reason.NO_STUDENT in decision.reasons


def test_two_students_who_fit_are_never_guessed() -> None:
    decision = decided(facts(WITHDRAWAL, Assurance.UNKNOWN_ADDRESS, match=Match(ambiguous=True, candidates=(AMINA,))))
    assert Reason.AMBIGUOUS_STUDENT in decision.reasons
    assert decision.consent == ()


def test_what_is_already_withdrawn_is_not_withdrawn_again() -> None:
    decision = decided(facts(WITHDRAWAL, already_stopped=frozenset({Purpose.THIRD_PARTY_SHARING})))
    assert decision.disposition is Disposition.APPLY
    assert decision.consent == ()


@pytest.mark.parametrize("assurance", list(Assurance))
def test_an_urgent_letter_is_escalated_and_never_answered(assurance: Assurance) -> None:
    decision = decided(facts(reading(Intent.CONSENT_WITHDRAWAL, urgent=Urgency(True, ("…",))), assurance))
    assert decision.disposition is Disposition.ESCALATE
    assert templates(decision) == [(ReplyTemplate.DUTY_ALERT, RecipientKind.DUTY)]
    held = assurance >= Assurance.ALTERNATE_ADDRESS
    assert [one.event for one in decision.consent] == ([ConsentEventKind.HELD] if held else [])
    assert not decision.settled


@pytest.mark.parametrize("mode", list(Mode))
def test_urgent_letters_alert_in_every_mode(mode: Mode) -> None:
    decision = decide(facts(reading(urgent=Urgency(True, ("…",)))), mode)
    assert templates(decision) == [(ReplyTemplate.DUTY_ALERT, RecipientKind.DUTY)]


def test_urgent_words_in_automated_mail_are_escalated_too() -> None:
    automated = Screening(automated=True, may_reply=False, reasons=(ScreeningReason.AUTO_SUBMITTED,))
    assert decided(facts(reading(urgent=Urgency(True)), screening=automated)).disposition is Disposition.ESCALATE


def test_automated_mail_in_which_nobody_asks_anything_is_ignored() -> None:
    automated = Screening(automated=True, may_reply=False, reasons=(ScreeningReason.OUT_OF_OFFICE,))
    decision = decided(facts(reading(Intent.OTHER), screening=automated))
    assert (decision.disposition, decision.replies) == (Disposition.IGNORE, ())


def test_automated_mail_that_carries_a_request_is_for_a_person() -> None:
    automated = Screening(automated=True, may_reply=False, reasons=(ScreeningReason.AUTO_SUBMITTED,))
    decision = decided(facts(WITHDRAWAL, screening=automated))
    assert (decision.disposition, decision.replies, decision.consent) == (Disposition.TRIAGE, (), ())


def test_a_machines_mail_that_the_reader_is_not_sure_of_is_for_a_person() -> None:
    form = Screening(automated=True, may_reply=False, reasons=(ScreeningReason.AUTO_SUBMITTED,))
    out_of_office = Screening(automated=True, may_reply=False, reasons=(ScreeningReason.OUT_OF_OFFICE,))
    abstained = reading(Intent.OTHER, intents=())
    assert decided(facts(abstained, screening=form)).disposition is Disposition.TRIAGE
    assert decided(facts(abstained, screening=out_of_office)).disposition is Disposition.IGNORE


def test_a_document_that_a_machine_brings_is_for_a_person() -> None:
    scan = Screening(automated=True, may_reply=False, reasons=(ScreeningReason.AUTOMATED_WORDS,))
    form = Attachment("form.pdf", "application/pdf", 2_000)
    message = replace(facts(None).message, attachments=(form,))
    decision = decided(facts(reading(Intent.OTHER), screening=scan, message=message))
    assert decision.disposition is Disposition.TRIAGE


def test_thanks_in_a_known_case_joins_it() -> None:
    decision = decided(facts(reading(Intent.OTHER), known_case=KnownCase("c-1", "23529452")))
    assert (decision.disposition, decision.case_id, decision.replies) == (Disposition.FOLLOW_UP, "c-1", ())


def test_something_new_in_a_known_case_is_decided_by_itself() -> None:
    assert decided(facts(WITHDRAWAL, known_case=KnownCase("c-1", None))).disposition is Disposition.APPLY


@pytest.mark.parametrize(
    ("defect", "reason"),
    [
        (Defect.NO_TEXT, Reason.EMPTY),
        (Defect.OVERSIZE, Reason.OVERSIZE),
        (Defect.PLACEHOLDER, Reason.PLACEHOLDER),
        (Defect.UNREADABLE, Reason.UNREADABLE),
        (Defect.CHARSET, Reason.UNREADABLE),
        (Defect.ALTERNATIVES_DISAGREE, Reason.CONTRADICTORY),
    ],
)
def test_what_cannot_be_read_becomes_a_case_that_says_why(defect: Defect, reason: Reason) -> None:
    message = replace(facts(None).message, defects=frozenset({defect}))
    decision = decided(facts(reading(Intent.CONSENT_WITHDRAWAL), message=message))
    assert (decision.disposition, decision.consent, decision.replies) == (Disposition.TRIAGE, (), ())
    assert reason in decision.reasons


def test_a_letter_that_is_not_wholly_english_is_for_a_person() -> None:
    decision = decided(facts(reading(Intent.CONSENT_WITHDRAWAL, wholly_english=False)))
    assert decision.disposition is Disposition.TRIAGE
    assert decision.reasons[0] is Reason.NOT_ENGLISH


@pytest.mark.parametrize(
    "classification",
    [
        reading(Intent.THIRD_PARTY_ENQUIRY),
        reading(Intent.THIRD_PARTY_ENQUIRY, Intent.CONSENT_WITHDRAWAL),
        reading(Intent.CONSENT_WITHDRAWAL, author_role=AuthorRole.ON_BEHALF),
        reading(Intent.DATA_RIGHTS_REQUEST, author_role=AuthorRole.PROFESSIONAL),
    ],
)
def test_somebody_elses_letter_is_neither_confirmed_nor_denied(classification: Classification) -> None:
    decision = decided(facts(classification))
    assert (decision.disposition, decision.consent, decision.replies) == (Disposition.TRIAGE, (), ())
    assert Reason.NOT_THE_STUDENT in decision.reasons


def test_withdrawing_and_giving_in_one_letter_is_held_for_a_person() -> None:
    decision = decided(facts(reading(Intent.CONSENT_WITHDRAWAL, Intent.CONSENT_REINSTATEMENT)))
    assert decision.reasons[0] is Reason.WITHDRAWAL_AND_REINSTATEMENT
    assert [one.event for one in decision.consent] == [ConsentEventKind.HELD]


def test_a_sure_question_is_answered_from_the_policy() -> None:
    decision = decided(facts(reading(Intent.CONFIDENTIALITY_QUESTION), Assurance.UNKNOWN_ADDRESS, match=Match()))
    assert decision.disposition is Disposition.ANSWER
    assert templates(decision) == [(ReplyTemplate.QUESTION_ANSWERED, RecipientKind.ORIGINATOR)]
    assert decision.consent == ()


@pytest.mark.parametrize(
    "known",
    [
        facts(reading(Intent.CONFIDENTIALITY_QUESTION, sure=False)),
        facts(reading(Intent.CONFIDENTIALITY_QUESTION), Assurance.UNAUTHENTICATED),
    ],
)
def test_a_question_that_is_not_safe_to_answer_waits(known: Facts) -> None:
    decision = decided(known)
    assert decision.disposition is Disposition.TRIAGE
    assert Reason.QUESTION_UNSURE in decision.reasons


def test_a_rights_request_gets_its_statutory_clock() -> None:
    decision = decided(facts(reading(Intent.DATA_RIGHTS_REQUEST)))
    assert (decision.disposition, decision.clock) == (Disposition.TRIAGE, Clock.DATA_RIGHTS)
    assert templates(decision) == [RECEIPT]


def test_a_rights_request_beside_a_withdrawal_is_not_lost() -> None:
    decision = decided(facts(reading(Intent.CONSENT_WITHDRAWAL, Intent.DATA_RIGHTS_REQUEST)))
    assert decision.disposition is Disposition.APPLY
    assert Reason.DATA_RIGHTS in decision.reasons
    assert not decision.settled


def test_a_rights_request_beside_a_question_keeps_its_clock() -> None:
    decision = decided(facts(reading(Intent.CONFIDENTIALITY_QUESTION, Intent.DATA_RIGHTS_REQUEST)))
    assert (decision.disposition, decision.clock) == (Disposition.TRIAGE, Clock.DATA_RIGHTS)


def test_giving_consent_again_is_recorded_by_a_person() -> None:
    decision = decided(facts(reading(Intent.CONSENT_REINSTATEMENT)))
    assert (decision.disposition, decision.consent) == (Disposition.TRIAGE, ())


def test_an_abstention_is_for_a_person() -> None:
    assert decided(facts(reading(Intent.OTHER, intents=()))).disposition is Disposition.TRIAGE


def test_what_is_not_ours_is_left_untouched() -> None:
    decision = decided(facts(reading(Intent.OTHER)))
    assert (decision.disposition, decision.clock, decision.replies) == (Disposition.LEAVE, None, ())


def test_assist_turns_what_would_be_done_alone_into_a_proposal_with_a_hold() -> None:
    decision = decide(facts(WITHDRAWAL), Mode.ASSIST)
    assert (decision.disposition, decision.proposed) == (Disposition.TRIAGE, Disposition.APPLY)
    assert [one.event for one in decision.consent] == [ConsentEventKind.HELD]
    assert templates(decision) == [RECEIPT]
    assert not decision.settled


def test_observe_changes_and_sends_nothing() -> None:
    for classification in (WITHDRAWAL, UNSURE_WITHDRAWAL, reading(Intent.CONFIDENTIALITY_QUESTION)):
        decision = decide(facts(classification), Mode.OBSERVE)
        assert (decision.consent, decision.replies, decision.settled) == ((), (), False)


def test_an_old_message_is_decided_as_usual_but_left_for_an_officer_to_answer() -> None:
    decision = decided(facts(WITHDRAWAL, too_old=True))
    assert decision.disposition is Disposition.APPLY
    assert Reason.TOO_OLD in decision.reasons
    assert not decision.settled


classifications = st.builds(
    lambda intents, sure, scope, scope_sure, limits, urgent, role, english: Classification(
        intents=tuple(IntentReading(intent, 0.8) for intent in intents),
        sure=frozenset(intents) & sure,
        scope=tuple(sorted(scope)),
        scope_sure=scope_sure,
        limits=limits,
        urgent=Urgency(urgent),
        author_role=role,
        wholly_english=english,
    ),
    st.lists(st.sampled_from(Intent), unique=True),
    st.frozensets(st.sampled_from(Intent)),
    st.frozensets(st.sampled_from(Scope)),
    st.booleans(),
    st.sampled_from([(), ("until June",)]),
    st.booleans(),
    st.sampled_from(AuthorRole),
    st.booleans(),
)
all_facts = st.builds(
    lambda classification, assurance, match, automated, defects, old: facts(
        classification,
        assurance,
        match=match,
        screening=Screening(automated=automated, may_reply=not automated),
        message=replace(facts(None).message, defects=defects),
        too_old=old,
    ),
    st.none() | classifications,
    st.sampled_from(Assurance),
    st.sampled_from([Match(), Match(ambiguous=True), Match("23529452", 0.999, (AMINA,), 12.0)]),
    st.booleans(),
    st.frozensets(st.sampled_from(Defect)),
    st.booleans(),
)


@given(all_facts, st.sampled_from(Mode))
def test_nothing_changes_without_an_authenticated_link_to_one_student(known: Facts, mode: Mode) -> None:
    decision = decide(known, mode)
    if decision.consent:
        assert known.match.student_id is not None
        assert known.assurance >= Assurance.ALTERNATE_ADDRESS
        assert mode is not Mode.OBSERVE
    if any(one.event is ConsentEventKind.WITHDRAWN for one in decision.consent):
        assert known.assurance is Assurance.REGISTERED_ADDRESS
        assert mode is Mode.AUTOMATIC


@given(all_facts, st.sampled_from(Mode))
def test_urgent_letters_are_always_escalated_and_nobody_but_the_duty_is_written_to(known: Facts, mode: Mode) -> None:
    decision = decide(known, mode)
    urgent = known.classification is not None and known.classification.urgent.flag
    assert (decision.disposition is Disposition.ESCALATE) == urgent
    if urgent:
        assert {one.recipient for one in decision.replies} == {RecipientKind.DUTY}


@given(all_facts, st.sampled_from(Mode))
def test_a_withdrawal_is_never_passed_over(known: Facts, mode: Mode) -> None:
    decision = decide(known, mode)
    if known.classification is not None and known.classification.has(Intent.CONSENT_WITHDRAWAL):
        assert decision.disposition not in (Disposition.LEAVE, Disposition.IGNORE, Disposition.ANSWER) or (
            known.screening.automated and bool(known.screening.failed_message_ids)
        )


@given(all_facts, st.sampled_from(Mode))
def test_every_decision_says_why_and_every_open_one_has_a_clock(known: Facts, mode: Mode) -> None:
    decision = decide(known, mode)
    assert decision.reasons
    assert len(set(decision.reasons)) == len(decision.reasons)
    if decision.disposition not in (Disposition.LEAVE, Disposition.IGNORE, Disposition.FOLLOW_UP):
        assert decision.clock is not None


def test_a_withdrawal_that_is_hardly_likely_is_for_a_person_and_holds_nothing() -> None:
    named = reading(Intent.CONSENT_WITHDRAWAL, sure=False)
    unlikely = replace(named, intents=(IntentReading(Intent.OTHER, 0.9), IntentReading(Intent.CONSENT_WITHDRAWAL, 0.1)))
    likely, hardly = decided(facts(named)), decided(facts(unlikely))
    assert (likely.disposition, hardly.disposition) == (Disposition.TRIAGE, Disposition.TRIAGE)
    assert [one.event for one in likely.consent] == [ConsentEventKind.HELD]
    assert hardly.consent == ()
