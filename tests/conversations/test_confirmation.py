"""Stories of a withdrawal from another address: who is asked, who may answer, and what an answer changes."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from intake.confirmation import return_unconfirmed
from intake.store import cases
from intake.vocabulary import ConsentEventKind, Reason, Standing
from tests.conversations.people import (
    ALL_OF_IT,
    AMINA,
    AMINA_AT_HOME,
    BEN,
    BY_AMINA,
    EVERYTHING,
    MOTHER,
    NO,
    NOT_COUNTED,
    NOT_SAFE,
    STATISTICS,
    STRANGER,
    THANKS,
    WHO_SEES_IT,
    YES,
)
from tests.conversations.stage import Stage, to

pytestmark = pytest.mark.dovecot

LETTER = ALL_OF_IT.format(signature=BY_AMINA)
ASKED = f"withdrawal_confirmation {AMINA.address}"
RECEIPT_AT_HOME = f"neutral_receipt {AMINA_AT_HOME.address}"
ACKNOWLEDGED = f"withdrawal_acknowledged {AMINA.address}"
RECEIPT = f"neutral_receipt {AMINA.address}"
RECEIPT_STRANGER = f"neutral_receipt {STRANGER.address}"


def test_confirmed_from_the_registered_address_it_was_withdrawn_from_the_first_letter_on(stage: Stage) -> None:
    asked = to(stage.play(AMINA_AT_HOME, LETTER, ago=timedelta(hours=2)), AMINA)
    assert stage.standing(AMINA, Standing.RESTRICTED) == EVERYTHING
    (answer,) = stage.play(AMINA, YES, answering=asked)
    stage.shows(
        handled=2,
        cases=["confirm settled"],
        sent=[ASKED, RECEIPT_AT_HOME, ACKNOWLEDGED],
        withdrawn=EVERYTHING,
        of=AMINA,
    )
    withdrawn = [one for one in stage.events(AMINA) if one.event is ConsentEventKind.WITHDRAWN]
    held = [one for one in stage.events(AMINA) if one.event is ConsentEventKind.HELD]
    assert {one.effective_at for one in withdrawn} == {one.effective_at for one in held} == {held[0].received_at}
    assert withdrawn[0].received_at - withdrawn[0].effective_at > timedelta(hours=1)
    assert withdrawn[0].arrival_id != held[0].arrival_id
    (case,) = stage.cases()
    assert Reason.CONFIRMED.value in case.reasons
    assert stage.of_case(case) == 2
    assert case.reference in answer.message.get_content()


def test_the_question_names_nobody_and_offers_nothing_to_click(stage: Stage) -> None:
    sent = stage.play(AMINA_AT_HOME, LETTER)
    body = to(sent, AMINA).message.get_content()
    for word in ("post.example", "Amina", "Okafor", "23529452", "http", "consent"):
        assert word not in body
    assert re.search(r"\bY-[A-Z2-7]{12}\b", body)
    assert to(sent, AMINA).message["In-Reply-To"] is None
    # What the writer gets says nothing of it.
    receipt = to(sent, AMINA_AT_HOME).message.get_content()
    assert "Y-" not in receipt
    assert AMINA.address not in receipt
    stage.shows(handled=1, cases=["confirm waiting"], sent=[ASKED, RECEIPT_AT_HOME], restricted=EVERYTHING, of=AMINA)


def test_an_unknown_address_stops_nothing_until_the_registered_one_confirms(stage: Stage) -> None:
    asked = to(stage.play(STRANGER, LETTER), AMINA)
    assert stage.events(AMINA) == []
    stage.play(AMINA, "Yes please, confirm.\n", answering=asked)
    stage.shows(
        handled=2,
        cases=["confirm settled"],
        sent=[ASKED, RECEIPT_STRANGER, ACKNOWLEDGED],
        withdrawn=EVERYTHING,
        of=AMINA,
    )


def test_that_was_not_me_ends_the_hold_and_a_person_looks_at_once(stage: Stage) -> None:
    asked = to(stage.play(AMINA_AT_HOME, LETTER), AMINA)
    stage.play(AMINA, NO, answering=asked)
    stage.shows(handled=2, cases=["triage open"], sent=[ASKED, RECEIPT_AT_HOME, RECEIPT], of=AMINA)
    assert {one.event for one in stage.events(AMINA)} == {ConsentEventKind.HELD, ConsentEventKind.RELEASED}
    (case,) = stage.cases()
    assert Reason.CONFIRMATION_DENIED.value in case.reasons
    assert case.due_at is not None
    assert case.due_at <= datetime.now(UTC)
    assert not case.urgent


def test_not_me_does_not_end_what_another_letter_holds(stage: Stage) -> None:
    asked = to(stage.play(AMINA_AT_HOME, LETTER), AMINA)
    # Unsure words from the registered address: they rest on the same hold.
    stage.play(AMINA, "Hello,\n\nmaybe stop sharing my notes with people, I am not sure.\n\nAmina\n")
    stage.play(AMINA, NO, answering=asked)
    assert stage.standing(AMINA, Standing.RESTRICTED) == EVERYTHING
    assert [one.state.value for one in stage.cases()] == ["open", "open"]


def test_a_confirmation_from_the_wrong_address_changes_nothing_and_is_shown(stage: Stage) -> None:
    asked = to(stage.play(AMINA_AT_HOME, LETTER), AMINA)
    # She forwarded our question to herself, and answers from home.
    stage.play(AMINA_AT_HOME, YES, answering=asked)
    stage.shows(
        handled=2,
        cases=["confirm waiting", "triage open"],
        sent=[ASKED, RECEIPT_AT_HOME],
        restricted=EVERYTHING,
        of=AMINA,
    )
    waiting, other = stage.cases()
    assert Reason.CONFIRMATION_REFUSED.value in waiting.reasons
    assert other.reasons == (Reason.CONFIRMATION_REFUSED.value,)
    # The right address still can.
    stage.play(AMINA, YES, answering=asked)
    assert stage.standing(AMINA, Standing.WITHDRAWN) == EVERYTHING


@pytest.mark.parametrize("words", [YES, NO])
def test_a_strangers_answer_does_nothing(stage: Stage, words: str) -> None:
    asked = to(stage.play(AMINA_AT_HOME, LETTER), AMINA)
    stage.play(STRANGER, words, answering=asked)
    stage.shows(
        handled=2,
        cases=["confirm waiting", "triage open"],
        sent=[ASKED, RECEIPT_AT_HOME, RECEIPT_STRANGER],
        restricted=EVERYTHING,
        of=AMINA,
    )
    assert stage.cases()[1].student_id is None


def test_another_students_answer_does_nothing(stage: Stage) -> None:
    asked = to(stage.play(STRANGER, LETTER), AMINA)
    stage.play(BEN, YES, answering=asked)
    stage.shows(
        handled=2,
        cases=["confirm waiting", "triage open"],
        sent=[ASKED, RECEIPT_STRANGER, f"neutral_receipt {BEN.address}"],
        of=AMINA,
    )


@pytest.mark.parametrize("dmarc", ["none", "fail"])
def test_an_answer_that_nobody_vouches_for_does_nothing(stage: Stage, dmarc: str) -> None:
    asked = to(stage.play(AMINA_AT_HOME, LETTER), AMINA)
    stage.play(AMINA, YES, answering=asked, dmarc=dmarc)
    stage.shows(
        handled=2,
        cases=["confirm waiting", "triage open"],
        sent=[ASKED, RECEIPT_AT_HOME],
        restricted=EVERYTHING,
        of=AMINA,
    )
    assert Reason.CONFIRMATION_REFUSED.value in stage.cases()[0].reasons


def test_the_code_in_the_body_serves_where_the_mail_program_names_nothing(stage: Stage) -> None:
    asked = to(stage.play(AMINA_AT_HOME, LETTER), AMINA)
    (code,) = re.findall(r"Y-[A-Z2-7]{12}", asked.message.get_content())
    stage.play(AMINA, f"Yes, that was me.\n\n{code.lower()}\n")
    stage.shows(
        handled=2,
        cases=["confirm settled"],
        sent=[ASKED, RECEIPT_AT_HOME, ACKNOWLEDGED],
        withdrawn=EVERYTHING,
        of=AMINA,
    )


def test_the_case_reference_is_no_token(stage: Stage) -> None:
    sent = stage.play(STRANGER, LETTER)
    (reference,) = set(re.findall(r"W-[0-9A-Z]{12}", to(sent, STRANGER).message.get_content()))
    stage.play(AMINA, f"Yes, that was me.\n\n{reference}\n")
    assert stage.events(AMINA) == []
    assert stage.cases()[0].state.value == "waiting"


def test_a_yes_with_more_to_it_is_for_a_person(stage: Stage) -> None:
    asked = to(stage.play(AMINA_AT_HOME, LETTER), AMINA)
    stage.play(AMINA, "Yes, but only the part about my tutor.\n", answering=asked)
    stage.shows(
        handled=2,
        cases=["triage open"],
        sent=[ASKED, RECEIPT_AT_HOME, RECEIPT],
        restricted=EVERYTHING,
        of=AMINA,
    )
    assert Reason.CONFIRMATION_UNSURE.value in stage.cases()[0].reasons


def test_what_is_this_about_and_then_yes(stage: Stage) -> None:
    asked = to(stage.play(AMINA_AT_HOME, LETTER), AMINA)
    stage.play(AMINA, "What is this about?\n", answering=asked)
    stage.play(AMINA, YES, answering=asked)
    # Applied, and left open for the person who was asked something.
    assert stage.standing(AMINA, Standing.WITHDRAWN) == EVERYTHING
    (case,) = stage.cases()
    assert case.state.value == "open"
    assert {Reason.CONFIRMATION_UNSURE.value, Reason.CONFIRMED.value} <= set(case.reasons)


def test_yes_twice_is_one_change_and_one_acknowledgement(stage: Stage) -> None:
    asked = to(stage.play(AMINA_AT_HOME, LETTER), AMINA)
    stage.writes(AMINA, YES, answering=asked)
    stage.writes(AMINA, "I confirm\n", answering=asked)
    stage.goes_round()
    stage.shows(
        handled=3,
        cases=["confirm settled"],
        sent=[ASKED, RECEIPT_AT_HOME, ACKNOWLEDGED],
        withdrawn=EVERYTHING,
        of=AMINA,
    )


def test_yes_and_later_not_me_is_for_a_person_and_stays_withdrawn(stage: Stage) -> None:
    asked = to(stage.play(AMINA_AT_HOME, LETTER), AMINA)
    stage.play(AMINA, YES, answering=asked)
    stage.play(AMINA, NO, answering=asked)
    assert stage.standing(AMINA, Standing.WITHDRAWN) == EVERYTHING
    (case,) = stage.cases()
    assert case.state.value == "open"
    assert Reason.CONFIRMATION_USED.value in case.reasons


def test_nobody_confirms_and_the_case_comes_back(stage: Stage) -> None:
    asked = to(stage.play(AMINA_AT_HOME, LETTER), AMINA)
    now = datetime.now(UTC)
    assert return_unconfirmed(stage.store, now + timedelta(days=13)) == 0
    assert return_unconfirmed(stage.store, now + timedelta(days=15)) == 1
    assert return_unconfirmed(stage.store, now + timedelta(days=15)) == 0
    (case,) = stage.cases()
    assert (case.state.value, case.reasons[-1]) == ("open", Reason.UNCONFIRMED.value)
    # A late yes is shown, and a person acts on it.
    stage.play(AMINA, YES, answering=asked)
    stage.shows(
        handled=2, cases=["triage open"], sent=[ASKED, RECEIPT_AT_HOME, RECEIPT], restricted=EVERYTHING, of=AMINA
    )
    assert Reason.CONFIRMATION_EXPIRED.value in stage.cases()[0].reasons


def test_an_out_of_office_note_to_our_question_is_no_answer(stage: Stage) -> None:
    asked = to(stage.play(AMINA_AT_HOME, LETTER), AMINA)
    stage.play(AMINA, "Yes, I am away until Monday.\n", answering=asked, head="Auto-Submitted: auto-replied\r\n")
    stage.play(AMINA, YES, answering=asked, quoting=False, head="Auto-Submitted: auto-replied\r\n")
    assert stage.standing(AMINA, Standing.WITHDRAWN) == frozenset()
    assert stage.sent() == []
    assert stage.cases()[0].state.value == "waiting"


def test_thanks_for_the_question_leaves_it_waiting(stage: Stage) -> None:
    asked = to(stage.play(AMINA_AT_HOME, LETTER), AMINA)
    assert stage.play(AMINA, THANKS, answering=asked) == []
    stage.shows(handled=2, cases=["confirm waiting"], sent=[ASKED, RECEIPT_AT_HOME], restricted=EVERYTHING, of=AMINA)


def test_danger_in_the_answer_alerts_and_the_question_stays(stage: Stage) -> None:
    asked = to(stage.play(AMINA_AT_HOME, LETTER), AMINA)
    (alert,) = stage.play(AMINA, f"Yes, that was me. {NOT_SAFE}", answering=asked)
    assert alert.rcpt_tos == ("duty@herts.example",)
    (case,) = stage.cases()
    assert (case.urgent, case.state.value, case.disposition.value) == (True, "open", "escalate")
    assert case.reference in alert.message.get_content()
    assert stage.standing(AMINA, Standing.RESTRICTED) == EVERYTHING


def test_the_same_withdrawal_again_waits_with_the_first(stage: Stage) -> None:
    stage.play(AMINA_AT_HOME, LETTER)
    assert stage.play(AMINA_AT_HOME, LETTER) == []
    stage.shows(handled=2, cases=["confirm waiting"], sent=[ASKED, RECEIPT_AT_HOME], restricted=EVERYTHING, of=AMINA)
    assert stage.of_case(stage.cases()[0]) == 2


def test_the_whole_withdrawal_from_the_registered_address_overtakes_the_question(stage: Stage) -> None:
    asked = to(stage.play(AMINA_AT_HOME, LETTER), AMINA)
    stage.play(AMINA, LETTER)
    stage.shows(
        handled=2,
        cases=["confirm settled", "apply settled"],
        sent=[ASKED, RECEIPT_AT_HOME, ACKNOWLEDGED],
        withdrawn=EVERYTHING,
        of=AMINA,
    )
    assert Reason.OVERTAKEN.value in stage.cases()[0].reasons
    assert stage.play(AMINA, YES, answering=asked) == []


def test_what_is_stopped_already_is_not_asked_about(stage: Stage) -> None:
    stage.play(AMINA, LETTER)
    stage.play(AMINA_AT_HOME, LETTER)
    stage.shows(
        handled=2,
        cases=["apply settled", "triage open"],
        sent=[ACKNOWLEDGED, RECEIPT_AT_HOME],
        withdrawn=EVERYTHING,
        of=AMINA,
    )
    assert Reason.ALREADY_STOPPED.value in stage.cases()[1].reasons


def test_a_part_then_the_whole_each_confirmed(stage: Stage) -> None:
    part = to(stage.play(AMINA_AT_HOME, NOT_COUNTED.format(signature=BY_AMINA)), AMINA)
    assert stage.standing(AMINA, Standing.RESTRICTED) == STATISTICS
    whole = to(stage.play(AMINA_AT_HOME, LETTER)[:1], AMINA)
    assert stage.standing(AMINA, Standing.RESTRICTED) == EVERYTHING
    stage.play(AMINA, YES, answering=part)
    assert stage.standing(AMINA, Standing.WITHDRAWN) == STATISTICS
    stage.play(AMINA, YES, answering=whole)
    assert stage.standing(AMINA, Standing.WITHDRAWN) == EVERYTHING
    assert stage.standing(AMINA, Standing.RESTRICTED) == frozenset()


def test_an_officer_who_settled_the_case_has_the_last_word(stage: Stage) -> None:
    asked = to(stage.play(STRANGER, LETTER), AMINA)
    with stage.store.writing() as session:
        cases.settle(session, stage.cases()[0].case_id)
    stage.play(AMINA, YES, answering=asked)
    assert stage.events(AMINA) == []
    (case,) = stage.cases()
    assert (case.state.value, case.reasons[-1]) == ("open", Reason.CONFIRMATION_USED.value)


def test_a_mother_and_a_daughter_at_the_same_time(stage: Stage) -> None:
    asked = to(stage.play(AMINA_AT_HOME, LETTER), AMINA)
    stage.writes(MOTHER, "I am Amina's mother. Please tell me what my daughter has told you.\n")
    stage.writes(AMINA, YES, answering=asked)
    stage.goes_round()
    stage.shows(
        handled=3,
        cases=["confirm settled", "triage open"],
        sent=[ASKED, RECEIPT_AT_HOME, ACKNOWLEDGED],
        withdrawn=EVERYTHING,
        of=AMINA,
    )
    assert stage.cases()[1].student_id is None


def test_a_question_from_home_while_ours_waits_does_not_lose_it(stage: Stage) -> None:
    sent = stage.play(AMINA_AT_HOME, LETTER)
    stage.play(AMINA_AT_HOME, WHO_SEES_IT, answering=to(sent, AMINA_AT_HOME))
    stage.play(AMINA, YES, answering=to(sent, AMINA))
    assert stage.standing(AMINA, Standing.WITHDRAWN) == EVERYTHING
