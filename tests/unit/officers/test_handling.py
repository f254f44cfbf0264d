"""What an officer does with a case: corrected, sent, merged, closed, undone; corrections kept sealed, for training."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from classifiers import Intent
from classifiers.corpus_files import read
from intake import officers
from intake.officers import CloseReason, Disclosure, Reading, Refusal, RefusalReason
from intake.officers.case_file import opened_delivery, opened_notes
from intake.officers.corrections import exported
from intake.officers.letters_out import Preview
from intake.store import audit, consent, deliveries, students
from intake.store.officers_schema import corrections
from intake.vocabulary import (
    WITHDRAWABLE,
    CaseState,
    DeliveryState,
    Purpose,
    RecipientKind,
    ReplyTemplate,
    Standing,
)
from tests.unit.officers.conftest import (
    AMINA,
    BEN,
    NOW,
    QUESTION,
    URGENT,
    WITHDRAWAL,
    Place,
    again,
    decision,
    done,
)

EVERYTHING = frozenset(WITHDRAWABLE)


def refused(found: object) -> RefusalReason:
    assert isinstance(found, Refusal), found
    return found.reason


def test_the_right_student_gets_the_hold_and_the_wrong_one_loses_it(place: Place) -> None:
    # From an address that no record knows: the details point to Amina, and an officer held.
    first = place.receive(WITHDRAWAL, "somebody@post.example").case
    assert first.student_id == AMINA.student_id
    hand = place.hand(first)
    held = officers.hold(place, hand, WITHDRAWABLE)
    reading = Reading((Intent.CONSENT_WITHDRAWAL,), (Purpose.CONTACT,), BEN.student_id, urgent=False)
    nobody = replace(reading, student_id=None)
    assert refused(officers.correct(place, again(hand, held), nobody)) is RefusalReason.HOLD_STANDS
    case = done(officers.correct(place, again(hand, held), reading))
    assert (case.student_id, case.scope, case.state) == (BEN.student_id, ("contact",), CaseState.OPEN)
    assert place.stands(AMINA.student_id, Standing.RESTRICTED) == frozenset()
    assert place.stands(BEN.student_id, Standing.RESTRICTED) == EVERYTHING
    unknown = replace(reading, student_id="00000000")
    assert refused(officers.correct(place, place.hand(case), unknown)) is RefusalReason.UNKNOWN


def test_a_correction_does_not_go_round_what_a_release_needs(place: Place) -> None:
    file = place.receive(WITHDRAWAL)
    reading = Reading((Intent.CONSENT_WITHDRAWAL,), (), BEN.student_id, urgent=False)
    assert refused(officers.correct(place, place.hand(file.case), reading)) is RefusalReason.HOLD_STANDS
    assert place.stands(AMINA.student_id, Standing.RESTRICTED) == EVERYTHING


def test_a_rights_request_gets_its_statutory_month(place: Place) -> None:
    file = place.receive(QUESTION)
    reading = Reading((Intent.DATA_RIGHTS_REQUEST,), (), AMINA.student_id, urgent=False)
    case = done(officers.correct(place, place.hand(file.case), reading))
    assert case.due_at is not None
    # RULES D5: received on Friday 27 November 2026; 27 December is a Sunday, 28 a bank holiday.
    assert case.due_at.date().isoformat() == "2026-12-29"
    assert "Article 12(3)" in (case.due_reason or "")


def test_a_figure_of_speech_is_cleared_in_one_step(place: Place) -> None:
    file = place.receive(URGENT)
    reading = Reading((Intent.OTHER,), (), AMINA.student_id, urgent=False)
    corrected = officers.correct(place, place.hand(file.case), reading)
    assert not done(corrected).urgent
    closed = officers.close(place, again(place.hand(file.case), corrected), CloseReason.NOTHING_ASKED)
    assert done(closed).state is CaseState.SETTLED


def test_an_urgent_case_is_not_closed_before_somebody_has_it(place: Place) -> None:
    case = place.receive(URGENT).case
    hand = place.hand(case)
    assert refused(officers.close(place, hand, CloseReason.DONE)) is RefusalReason.NOT_ACKNOWLEDGED
    assert refused(officers.not_ours(place, hand)) is RefusalReason.NOT_ACKNOWLEDGED


def test_a_held_case_is_not_closed(place: Place) -> None:
    case = place.receive(WITHDRAWAL).case
    assert refused(officers.close(place, place.hand(case), CloseReason.DONE)) is RefusalReason.HOLD_STANDS


def test_a_disclosure_is_recorded_whole_and_sealed(place: Place) -> None:
    case = place.receive(URGENT).case
    hand = place.hand(case)
    whole = Disclosure("Campus security", "Name and room", "Plan for tonight", True, "Agreed", "Dr Vale")
    assert refused(officers.disclose(place, hand, replace(whole, authoriser=" "))) is RefusalReason.WORDS_NEEDED
    acknowledged = officers.acknowledge(place, hand)
    done(officers.disclose(place, again(hand, acknowledged), whole))
    ((row, fields),) = opened_notes(place.vault, officers.read_case(place, case.case_id).notes)
    assert (row.kind, fields["told"], fields["discussed"]) == ("disclosure", "Campus security", "yes")
    with place.store.reading() as session:
        assert audit.verify(session).ok


def test_what_is_sent_is_what_was_shown(place: Place) -> None:
    file = place.receive(QUESTION)
    to, template = RecipientKind.ORIGINATOR, ReplyTemplate.QUESTION_ANSWERED
    hand = place.hand(file.case)
    shown = officers.previewed(place, file, template, to, NOW)
    assert isinstance(shown, Preview)
    other = officers.send(place, hand, template, to, NOW + timedelta(seconds=1), shown.digest)
    assert refused(other) is RefusalReason.PREVIEW_CHANGED
    sent = officers.send(place, hand, template, to, shown.written_at, shown.digest)
    (row,) = [one for one in place.written(done(sent)) if one.verdict == "officer"]
    opened = opened_delivery(place.vault, row)
    assert opened == (AMINA.email, shown.reply.content)
    assert b"In-Reply-To: <" in shown.reply.content


@pytest.mark.parametrize(
    ("template", "to", "reason"),
    [
        (ReplyTemplate.WITHDRAWAL_ACKNOWLEDGED, RecipientKind.ORIGINATOR, RefusalReason.DOES_NOT_FIT),
        (ReplyTemplate.WITHDRAWAL_CONFIRMATION, RecipientKind.ORIGINATOR, RefusalReason.NO_ADDRESS),
        (ReplyTemplate.DUTY_ALERT, RecipientKind.DUTY, RefusalReason.NO_ADDRESS),
    ],
)
def test_what_must_not_be_sent_there_is_not_shown_either(
    place: Place, template: ReplyTemplate, to: RecipientKind, reason: RefusalReason
) -> None:
    file = place.receive(QUESTION)
    assert officers.previewed(place, file, template, to, NOW) is reason
    assert refused(officers.send(place, place.hand(file.case), template, to, NOW, "")) is reason


def test_an_applied_withdrawal_is_undone_before_it_leaves(place: Place) -> None:
    file = place.receive(WITHDRAWAL)
    hand = place.hand(file.case)
    applied = officers.apply(place, hand, WITHDRAWABLE)
    undone = officers.undo(place, again(hand, applied), decision(applied))
    assert (done(undone).state, done(undone).closed_as) == (CaseState.OPEN, None)
    # The hold stands as it stood, and can still be released.
    assert place.stands(AMINA.student_id, Standing.RESTRICTED) == EVERYTHING
    assert place.stands(AMINA.student_id, Standing.WITHDRAWN) == frozenset()
    assert {one.state for one in place.written(file.case) if one.verdict == "undone"} == {DeliveryState.WITHHELD}
    twice = officers.undo(place, again(hand, undone), decision(applied))
    assert refused(twice) is RefusalReason.DOES_NOT_FIT
    reapplied = officers.apply(place, again(hand, undone), WITHDRAWABLE)
    assert done(reapplied).state is CaseState.SETTLED
    assert place.stands(AMINA.student_id, Standing.WITHDRAWN) == EVERYTHING
    with place.store.reading() as session:
        assert audit.verify(session).ok


def test_a_release_is_undone_by_its_hold_standing_again(place: Place) -> None:
    file = place.receive(WITHDRAWAL)
    hand = place.hand(file.case)
    released = officers.release(place, hand, officers.Ground.RECORDED_CALL, "Not theirs.")
    officers.undo(place, again(hand, released), decision(released))
    assert place.stands(AMINA.student_id, Standing.RESTRICTED) == EVERYTHING


@pytest.mark.parametrize("late", [True, False])
def test_a_consent_change_is_undone_only_by_who_made_it_and_soon(place: Place, late: bool) -> None:
    file = place.receive(WITHDRAWAL)
    hand = place.hand(file.case)
    applied = officers.apply(place, hand, WITHDRAWABLE, acknowledge=False)
    done(officers.give_back(place, again(hand, applied)))
    case = done(applied)
    other = place.hand(case, after=timedelta(minutes=16)) if late else place.hand(case, place.ron)
    assert refused(officers.undo(place, other, decision(applied))) is RefusalReason.TOO_LATE
    assert place.stands(AMINA.student_id, Standing.WITHDRAWN) == EVERYTHING


def test_nothing_is_undone_once_a_message_has_left(place: Place) -> None:
    file = place.receive(WITHDRAWAL)
    hand = place.hand(file.case)
    applied = officers.apply(place, hand, WITHDRAWABLE)
    with place.store.writing() as session:
        early = deliveries.reserve(session, "sender", hand.now, timedelta(minutes=5), 20)
        due = deliveries.reserve(session, "sender", hand.now + timedelta(seconds=61), timedelta(minutes=5), 20)
    assert "withdrawal_acknowledged" not in {one.template for one in early}
    assert "withdrawal_acknowledged" in {one.template for one in due}
    found = officers.undo(place, again(hand, applied), decision(applied))
    assert refused(found) is RefusalReason.LEFT_THE_HOUSE
    assert place.stands(AMINA.student_id, Standing.WITHDRAWN) == EVERYTHING
    assert officers.read_case(place, file.case.case_id).case.state is CaseState.SETTLED


def test_only_the_last_decision_is_undone(place: Place) -> None:
    hand = place.hand(place.receive(WITHDRAWAL).case)
    applied = officers.apply(place, hand, WITHDRAWABLE, acknowledge=False)
    reopened = officers.reopen(place, again(hand, applied))
    found = officers.undo(place, again(hand, reopened), decision(applied))
    assert refused(found) is RefusalReason.NOT_THE_LAST


def test_merged_cases_are_one_and_can_be_two_again(place: Place) -> None:
    first, second = place.receive(WITHDRAWAL), place.receive(URGENT, received_at=NOW + timedelta(minutes=5))
    assert first.case.case_id != second.case.case_id
    hand = place.hand(second.case)
    merged = officers.merge(place, hand, first.case.reference)
    file = officers.read_case(place, second.case.reference)
    assert file.case.case_id == first.case.case_id
    assert (len(file.letters), file.case.urgent, file.case.acknowledged_at) == (2, True, None)
    assert {"consent_withdrawal"} <= set(file.case.intents)
    done(officers.undo(place, place.hand(file.case), decision(merged)))
    apart = [officers.read_case(place, one.case.reference) for one in (first, second)]
    assert [(one.case.urgent, len(one.letters)) for one in apart] == [(False, 1), (True, 1)]


def test_two_people_are_joined_by_a_second_pair_of_eyes_alone(place: Place) -> None:
    first, second = place.receive(WITHDRAWAL), place.receive(QUESTION, BEN.email or "")
    holding = officers.ask_merge(place, place.hand(first.case), second.case.reference, "The same person.")
    (question,) = officers.read_case(place, done(holding).case_id).approvals
    lead = place.hand(done(holding), place.lea, lead=True)
    strand = officers.settle(place, lead, question.approval_id, approve=True)
    assert refused(strand) is RefusalReason.HOLD_STANDS
    hand = place.hand(second.case)
    assert refused(officers.merge(place, hand, first.case.reference)) is RefusalReason.SECOND_PERSON
    assert refused(officers.merge(place, hand, "W-000000000000")) is RefusalReason.UNKNOWN
    asked = done(officers.ask_merge(place, hand, first.case.reference, "Ben is Amina's married name."))
    (approval,) = officers.read_case(place, asked.case_id).approvals
    lead = place.hand(asked, place.lea, lead=True)
    done(officers.settle(place, lead, approval.approval_id, approve=True))
    assert officers.read_case(place, second.case.reference).case.case_id == first.case.case_id


def test_a_case_is_given_to_an_officer_who_exists(place: Place) -> None:
    case = place.receive(WITHDRAWAL).case
    assert refused(officers.reassign(place, place.hand(case), "u-nobody")) is RefusalReason.UNKNOWN
    given = done(officers.reassign(place, place.hand(case), place.ron))
    assert (given.officer, given.claimed_by) == (place.ron, None)


def test_a_question_is_answered_and_settled(place: Place) -> None:
    file = place.receive(QUESTION)
    case = done(officers.answer(place, place.hand(file.case)))
    assert (case.state, case.closed_as) == (CaseState.SETTLED, "answered")
    assert [one.template for one in place.written(case) if one.verdict == "officer"] == ["question_answered"]
    with place.store.reading() as session:
        assert consent.history(session, AMINA.student_id) == []


def test_a_correction_is_kept_sealed_in_the_corpus_format(place: Place, tmp_path: Path) -> None:
    file = place.receive(WITHDRAWAL)
    hand = place.hand(file.case)
    reading = Reading((Intent.CONSENT_WITHDRAWAL,), (Purpose.CONTACT,), AMINA.student_id, urgent=False)
    corrected = officers.correct(place, hand, reading)
    with place.store.reading() as session:
        (row,) = session.execute(corrections.select())
    assert b"withdraw" not in row.content
    assert row.differs == ["scope"]
    path = tmp_path / "corrections.jsonl"
    path.write_text("".join(f"{line}\n" for line in exported(place.store, place.vault)), encoding="utf-8")
    (example,) = read(path)
    assert (example.intents, [one.value for one in example.scope or ()]) == ((Intent.CONSENT_WITHDRAWAL,), ["contact"])
    assert "I withdraw my consent" in example.letter.new_text
    assert json.loads(path.read_text())["from_addr"] == AMINA.email
    officers.undo(place, again(hand, corrected), decision(corrected))
    assert list(exported(place.store, place.vault)) == []


def test_agreeing_with_the_reader_is_no_correction(place: Place) -> None:
    file = place.receive(WITHDRAWAL)
    reading = Reading((Intent.CONSENT_WITHDRAWAL,), WITHDRAWABLE, AMINA.student_id, urgent=False)
    done(officers.correct(place, place.hand(file.case), reading))
    assert list(exported(place.store, place.vault)) == []


def test_a_student_without_an_address_gets_no_letter(place: Place) -> None:
    file = place.receive(WITHDRAWAL)
    with place.store.writing() as session:
        students.upsert(session, {AMINA: replace(AMINA, email=None)}, NOW)
    case = done(officers.apply(place, place.hand(file.case), WITHDRAWABLE))
    assert case.state is CaseState.SETTLED
    assert [one.template for one in place.written(case) if one.verdict == "officer"] == []
