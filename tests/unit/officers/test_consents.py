"""An officer's consent decisions: each is in the ledger, the outbox and the audit trail together, on both databases."""

from datetime import timedelta
from email import message_from_bytes, policy

import pytest

from intake import officers
from intake.officers import Action, Channel, Ground, Refusal, RefusalReason, Said
from intake.officers.case_file import opened_delivery, opened_notes
from intake.store import audit, confirmations, consent
from intake.vocabulary import (
    WITHDRAWABLE,
    CaseState,
    ConsentEventKind,
    DeliveryState,
    Purpose,
    RecipientKind,
    ReplyTemplate,
    Standing,
)
from tests.unit.officers.conftest import AMINA, BEN, NOW, URGENT, WITHDRAWAL, Place, again, done

EVERYTHING = frozenset(WITHDRAWABLE)


def test_a_proposal_is_applied_in_one_step(place: Place) -> None:
    file = place.receive(WITHDRAWAL)
    assert place.stands(AMINA.student_id, Standing.RESTRICTED) == EVERYTHING
    proposal = officers.propose(file)
    assert proposal is not None
    assert proposal.action is Action.APPLY
    case = done(officers.apply(place, place.hand(file.case), proposal.purposes))
    assert (case.state, case.version) == (CaseState.SETTLED, file.case.version + 1)
    assert place.stands(AMINA.student_id, Standing.WITHDRAWN) == EVERYTHING
    with place.store.reading() as session:
        events = [one for one in consent.history(session, AMINA.student_id) if one.event is ConsentEventKind.WITHDRAWN]
        assert audit.verify(session).ok
    # It takes effect with the letter, and names the officer.
    assert {(one.actor, one.effective_at, one.arrival_id) for one in events} == {
        ("Ida", NOW, file.letters[0].arrival.arrival_id)
    }
    (sent,) = [one for one in place.written(case) if one.template == "withdrawal_acknowledged"]
    opened = opened_delivery(place.vault, sent)
    assert opened is not None
    assert (sent.state, sent.verdict, opened[0]) == (DeliveryState.PENDING, "officer", AMINA.email)
    assert "outside it" in message_from_bytes(opened[1], policy=policy.default).get_content()


def test_a_part_is_applied_and_the_rest_of_the_hold_released(place: Place) -> None:
    file = place.receive(WITHDRAWAL)
    part = [Purpose.THIRD_PARTY_SHARING]
    done(officers.apply(place, place.hand(file.case), part, acknowledge=False))
    assert place.stands(AMINA.student_id, Standing.WITHDRAWN) == frozenset(part)
    assert place.stands(AMINA.student_id, Standing.RESTRICTED) == frozenset()
    assert [one.template for one in place.written(file.case) if one.verdict == "officer"] == []


@pytest.mark.parametrize(
    ("purposes", "reason"),
    [([], RefusalReason.NO_PURPOSE), ([Purpose.STATUTORY_RETURNS], RefusalReason.NO_PURPOSE)],
)
def test_what_cannot_be_withdrawn_is_refused_and_changes_nothing(
    place: Place, purposes: list[Purpose], reason: RefusalReason
) -> None:
    file = place.receive(WITHDRAWAL)
    found = officers.apply(place, place.hand(file.case), purposes)
    assert isinstance(found, Refusal)
    assert found.reason is reason
    after = officers.read_case(place, file.case.case_id)
    assert (after.case, after.events, after.deliveries) == (file.case, file.events, file.deliveries)


def test_an_urgent_letter_is_acknowledged_before_anything_else(place: Place) -> None:
    file = place.receive(URGENT)
    assert file.case.urgent
    hand = place.hand(file.case)
    found = officers.hold(place, hand, WITHDRAWABLE)
    assert isinstance(found, Refusal)
    assert found.reason is RefusalReason.NOT_ACKNOWLEDGED
    assert officers.propose(file) is None
    acknowledged = officers.acknowledge(place, hand)
    assert done(acknowledged).acknowledged_at == hand.now
    assert done(acknowledged).urgent
    assert done(officers.hold(place, again(hand, acknowledged), WITHDRAWABLE)).state is CaseState.OPEN
    assert place.stands(AMINA.student_id, Standing.RESTRICTED) == EVERYTHING


def test_a_hold_is_released_on_a_recorded_call_alone(place: Place) -> None:
    file = place.receive(WITHDRAWAL)
    hand = place.hand(file.case)
    silent = officers.release(place, hand, Ground.RECORDED_CALL, "  ")
    unanswered = officers.release(place, hand, Ground.ADDRESS_ANSWERED, "")
    assert isinstance(silent, Refusal)
    assert isinstance(unanswered, Refusal)
    assert (silent.reason, unanswered.reason) == (RefusalReason.WORDS_NEEDED, RefusalReason.NOT_ANSWERED)
    found = officers.release(place, hand, Ground.RECORDED_CALL, "Called the number on record: a friend wrote it.")
    assert done(found).state is CaseState.OPEN
    assert place.stands(AMINA.student_id, Standing.RESTRICTED) == frozenset()
    after = officers.read_case(place, file.case.case_id)
    ((row, fields),) = opened_notes(place.vault, after.notes)
    assert (row.kind, fields["words"]) == ("call", "Called the number on record: a friend wrote it.")
    assert row.content is not None
    assert b"friend" not in row.content


def test_a_hold_is_released_when_the_registered_address_answered(place: Place) -> None:
    file = place.receive(WITHDRAWAL, "amina.okafor@post.example")
    assert file.letters[0].assurance == 3
    proposal = officers.propose(file)
    assert proposal is not None
    assert proposal.action is Action.ASK
    asked = officers.ask(place, place.hand(file.case))
    assert done(asked).state is CaseState.WAITING
    (question,) = [one for one in place.written(file.case) if one.template == "withdrawal_confirmation"]
    opened = opened_delivery(place.vault, question)
    assert opened is not None
    assert opened[0] == AMINA.email
    assert b"post.example" not in opened[1]
    answer = place.receive(
        "Thanks. That was not me.\n",
        received_at=NOW + timedelta(hours=2),
        head=f"In-Reply-To: {question.message_id}\r\n",
    )
    assert answer.case.case_id == file.case.case_id
    assert answer.address_answered
    hand = place.hand(answer.case, after=timedelta(hours=2))
    released = officers.release(place, hand, Ground.ADDRESS_ANSWERED, "")
    assert done(released).version == answer.case.version + 1
    assert place.stands(AMINA.student_id, Standing.RESTRICTED) == frozenset()


def test_an_override_needs_a_lead_who_did_not_ask(place: Place) -> None:
    file = place.receive(WITHDRAWAL)
    hand = place.hand(file.case, place.lea, lead=True)
    alone = officers.release(place, hand, Ground.OVERRIDE, "They are in front of me.")
    assert isinstance(alone, Refusal)
    assert alone.reason is RefusalReason.SECOND_PERSON
    case = done(officers.ask_override(place, hand, "They are in front of me."))
    (asked,) = officers.read_case(place, case.case_id).approvals
    for account, lead in ((place.lea, True), (place.ron, False)):
        found = officers.settle(place, place.hand(case, account, lead=lead), asked.approval_id, approve=True)
        assert isinstance(found, Refusal)
        assert found.reason is RefusalReason.SECOND_PERSON
    assert place.stands(AMINA.student_id, Standing.RESTRICTED) == EVERYTHING
    other = place.hand(case, place.ida, lead=True)
    assert done(officers.settle(place, other, asked.approval_id, approve=True)).state is CaseState.OPEN
    assert place.stands(AMINA.student_id, Standing.RESTRICTED) == frozenset()


def test_a_withdrawal_by_telephone_counts_from_the_call(place: Place) -> None:
    called = NOW - timedelta(days=2)
    said = Said(Channel.TELEPHONE, called, "Rang, named the course and the birth date; wants no more mailings.")
    hand = officers.Hand(place.ida, "Ida", "", 0, NOW)
    found = officers.open_record(place, hand, BEN.student_id, Action.RECORD_WITHDRAWAL, [Purpose.CONTACT], said)
    case = done(found)
    assert case.state is CaseState.SETTLED
    with place.store.reading() as session:
        (event,) = consent.history(session, BEN.student_id)
    assert (event.event, event.effective_at, event.actor) == (ConsentEventKind.WITHDRAWN, called, "Ida")
    assert [one.template for one in place.written(case)] == ["withdrawal_acknowledged"]


@pytest.mark.parametrize(
    ("student", "at", "words", "reason"),
    [
        ("00000000", NOW, "said so", RefusalReason.UNKNOWN),
        ("21884410", NOW + timedelta(days=1), "said so", RefusalReason.IMPOSSIBLE_TIME),
        ("21884410", NOW, " ", RefusalReason.WORDS_NEEDED),
    ],
)
def test_a_record_that_cannot_be_is_refused_without_a_case(
    place: Place, student: str, at: object, words: str, reason: RefusalReason
) -> None:
    hand = officers.Hand(place.ida, "Ida", "", 0, NOW)
    said = Said(Channel.PAPER, at, words)  # type: ignore[arg-type]
    found = officers.open_record(place, hand, student, Action.RECORD_WITHDRAWAL, [Purpose.CONTACT], said)
    assert isinstance(found, Refusal)
    assert found.reason is reason
    with place.store.reading() as session:
        assert consent.history(session, student) == []


def test_consent_is_given_again_by_a_recorded_act(place: Place) -> None:
    file = place.receive(WITHDRAWAL)
    hand = place.hand(file.case)
    applied = officers.apply(place, hand, WITHDRAWABLE)
    said = Said(Channel.IN_PERSON, hand.now, "Came in and signed the form.")
    found = officers.record_reinstatement(place, again(hand, applied), [Purpose.CONTACT], said)
    assert done(found).closed_as == "recorded"
    assert place.stands(AMINA.student_id, Standing.GIVEN) == {Purpose.CONTACT}
    assert place.stands(AMINA.student_id, Standing.WITHDRAWN) == EVERYTHING - {Purpose.CONTACT}


def test_giving_one_consent_releases_no_other(place: Place) -> None:
    file = place.receive(WITHDRAWAL)
    hand = place.hand(file.case)
    said = Said(Channel.IN_PERSON, hand.now, "Wants the newsletter after all.")
    case = done(officers.record_reinstatement(place, hand, [Purpose.CONTACT], said))
    assert case.state is CaseState.OPEN
    assert place.stands(AMINA.student_id, Standing.RESTRICTED) == EVERYTHING - {Purpose.CONTACT}


def test_nothing_is_written_to_a_forged_address(place: Place) -> None:
    file = place.receive(WITHDRAWAL, dmarc="fail")
    assert file.letters[0].assurance == 0
    found = officers.previewed(place, file, ReplyTemplate.NEUTRAL_RECEIPT, RecipientKind.ORIGINATOR, NOW)
    assert found is RefusalReason.NO_ADDRESS


def test_the_answer_to_an_officers_question_counts_once_and_not_after_a_decision(place: Place) -> None:
    file = place.receive(WITHDRAWAL, "amina.okafor@post.example")
    hand = place.hand(file.case)
    asked = officers.ask(place, hand)
    (row,) = [one for one in place.written(file.case) if one.template == "withdrawal_confirmation"]
    with place.store.reading() as session:
        (question,) = confirmations.asked_about(session, AMINA.student_id)
    assert (question.message_id, frozenset(question.purposes)) == (row.message_id, EVERYTHING)
    opened = opened_delivery(place.vault, row)
    assert opened is not None
    assert question.code.encode() in opened[1]
    done(officers.release(place, again(hand, asked), Ground.RECORDED_CALL, "Called: not theirs."))
    with place.store.reading() as session:
        assert confirmations.asked_about(session, AMINA.student_id) == []


def test_a_yes_to_an_officers_question_is_the_students_own(place: Place) -> None:
    file = place.receive(WITHDRAWAL, "amina.okafor@post.example")
    done(officers.ask(place, place.hand(file.case)))
    (row,) = [one for one in place.written(file.case) if one.template == "withdrawal_confirmation"]
    yes = place.receive(
        "Yes, that was me.\n", received_at=NOW + timedelta(hours=2), head=f"In-Reply-To: {row.message_id}\r\n"
    )
    assert yes.case.case_id == file.case.case_id
    # In assist mode a person still decides: the proposal is now to apply it, as the first letter says and from then on.
    proposal = officers.propose(yes)
    assert proposal is not None
    assert (proposal.action, frozenset(proposal.purposes)) == (Action.APPLY, EVERYTHING)
    done(officers.apply(place, place.hand(yes.case, after=timedelta(hours=2)), proposal.purposes))
    with place.store.reading() as session:
        events = [one for one in consent.history(session, AMINA.student_id) if one.event is ConsentEventKind.WITHDRAWN]
    assert {one.effective_at for one in events} == {NOW}
