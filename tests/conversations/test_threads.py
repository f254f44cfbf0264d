"""Stories that go on after the first answer: thanks, second thoughts, new questions; and people never joined."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from intake.store import cases
from intake.store.schema import cases as case_table
from intake.vocabulary import CaseState, ConsentEventKind, Purpose, Reason, Standing
from tests.conversations.people import (
    A_COPY,
    ALL_OF_IT,
    AMINA,
    AMINA_AT_HOME,
    BEN,
    BY_AMINA,
    BY_BEN,
    EVERYTHING,
    GIVE_AGAIN,
    NO,
    NOT_COUNTED,
    NOT_SAFE,
    NOT_SUPERVISED,
    STATISTICS,
    STRANGER,
    THANKS,
    WHO_SEES_IT,
)
from tests.conversations.stage import Stage, described, to

pytestmark = pytest.mark.dovecot

LETTER = ALL_OF_IT.format(signature=BY_AMINA)
ACKNOWLEDGED = f"withdrawal_acknowledged {AMINA.address}"
RECEIPT = f"neutral_receipt {AMINA.address}"
ANSWERED = f"question_answered {AMINA.address}"


def test_a_part_then_another_then_the_whole(stage: Stage) -> None:
    stage.play(AMINA, NOT_COUNTED.format(signature=BY_AMINA))
    assert stage.standing(AMINA, Standing.WITHDRAWN) == STATISTICS
    stage.play(AMINA, NOT_SUPERVISED.format(signature=BY_AMINA))
    assert stage.standing(AMINA, Standing.WITHDRAWN) == STATISTICS | {Purpose.SUPERVISION}
    (last,) = stage.play(AMINA, LETTER)
    stage.shows(
        handled=3,
        cases=["apply settled"] * 3,
        sent=[ACKNOWLEDGED] * 3,
        withdrawn=EVERYTHING,
        of=AMINA,
    )
    # One event a purpose, and the last acknowledgement names only what is new.
    assert sorted(one.purpose for one in stage.events(AMINA)) == sorted(EVERYTHING)
    assert last.message.get_content().count("\n  - ") == 3 + 3


def test_the_same_withdrawal_from_two_devices(stage: Stage) -> None:
    stage.writes(AMINA, LETTER)
    stage.writes(AMINA, f"{LETTER}\nSent from my phone\n")
    stage.goes_round()
    stage.shows(handled=2, cases=["apply settled"] * 2, sent=[ACKNOWLEDGED], withdrawn=EVERYTHING, of=AMINA)
    assert len(stage.events(AMINA)) == len(EVERYTHING)


def test_a_question_inside_a_withdrawal_is_not_lost(stage: Stage) -> None:
    stage.play(
        AMINA,
        "Hello,\n\nFirst, I withdraw my consent to my information being shared with anybody outside Student "
        "Wellbeing.\n\nSecond, a question: how long do you keep records, and where are they stored?\n\nRegards,\n"
        f"{BY_AMINA}\n",
    )
    (case,) = stage.cases()
    assert {"consent_withdrawal", "confidentiality_question"} <= set(case.intents)
    # Held at once at least, whatever else was asked.
    stopped = stage.standing(AMINA, Standing.WITHDRAWN) | stage.standing(AMINA, Standing.RESTRICTED)
    assert Purpose.THIRD_PARTY_SHARING in stopped
    if case.state is CaseState.SETTLED:
        assert "how your information is handled" in stage.sink.received[0].message.get_content()
    else:
        assert Reason.QUESTION.value in case.reasons


def test_a_withdrawal_beside_a_question_is_never_just_answered(stage: Stage) -> None:
    stage.play(
        AMINA,
        "Hello,\n\nI withdraw my consent to you sharing my information with third parties. Who can see the notes "
        "from my appointments?\n\nAmina\n",
    )
    assert ANSWERED not in [described(one) for one in stage.sink.received]
    assert [one.state for one in stage.cases()] == [CaseState.OPEN]


def test_thanks_after_the_acknowledgement(stage: Stage) -> None:
    (acknowledgement,) = stage.play(AMINA, LETTER)
    assert stage.play(AMINA, THANKS, answering=acknowledgement) == []
    assert stage.play(AMINA, "Thanks, see you on Tuesday.\n\nAmina\n", answering=acknowledgement) == []
    stage.shows(handled=3, cases=["apply settled"], sent=[ACKNOWLEDGED], withdrawn=EVERYTHING, of=AMINA)
    assert stage.of_case(stage.cases()[0]) == 3


def test_thanks_by_itself_is_left_where_it_is(stage: Stage) -> None:
    (acknowledgement,) = stage.play(AMINA, LETTER)
    stage.play(AMINA, THANKS, answering=acknowledgement, threaded=False)
    stage.shows(inbox=1, handled=1, cases=["apply settled"], sent=[ACKNOWLEDGED], withdrawn=EVERYTHING, of=AMINA)


def test_second_thoughts_are_recorded_by_a_person(stage: Stage) -> None:
    (acknowledgement,) = stage.play(AMINA, LETTER)
    stage.play(AMINA, GIVE_AGAIN, answering=acknowledgement)
    stage.shows(handled=2, cases=["triage open"], sent=[ACKNOWLEDGED, RECEIPT], withdrawn=EVERYTHING, of=AMINA)
    (case,) = stage.cases()
    assert "consent_reinstatement" in case.intents
    assert {one.event for one in stage.events(AMINA)} == {ConsentEventKind.WITHDRAWN}


def test_a_copy_asked_for_under_an_old_acknowledgement_opens_its_case_with_its_own_date(stage: Stage) -> None:
    (acknowledgement,) = stage.play(AMINA, LETTER)
    stage.play(AMINA, A_COPY, answering=acknowledgement)
    stage.shows(handled=2, cases=["triage open"], sent=[ACKNOWLEDGED, RECEIPT], withdrawn=EVERYTHING, of=AMINA)
    (case,) = stage.cases()
    assert Reason.DATA_RIGHTS.value in case.reasons
    assert case.due_reason is not None
    assert "Article 12(3)" in case.due_reason
    assert case.due_at is not None
    assert (case.due_at - datetime.now(UTC)).days >= 27


def test_a_question_under_an_old_acknowledgement_is_answered(stage: Stage) -> None:
    (acknowledgement,) = stage.play(AMINA, LETTER)
    stage.play(AMINA, WHO_SEES_IT, answering=acknowledgement)
    stage.shows(
        handled=2,
        cases=["apply settled", "answer settled"],
        sent=[ACKNOWLEDGED, ANSWERED],
        withdrawn=EVERYTHING,
        of=AMINA,
    )


def test_a_withdrawal_under_an_answered_question(stage: Stage) -> None:
    (answer,) = stage.play(AMINA, WHO_SEES_IT)
    stage.play(AMINA, f"Hello again,\n\nI have thought about it.\n\n{LETTER}", answering=answer)
    assert described(stage.sink.received[0]) == ANSWERED
    assert stage.standing(AMINA, Standing.WITHDRAWN) | stage.standing(AMINA, Standing.RESTRICTED) == EVERYTHING
    assert stage.play(AMINA, THANKS, answering=stage.sink.received[-1]) == []


def test_something_that_is_not_ours_under_an_acknowledgement_reaches_a_person(stage: Stage) -> None:
    (acknowledgement,) = stage.play(AMINA, LETTER)
    stage.play(
        AMINA, "Can I move my appointment on Tuesday to Thursday afternoon?\n\nAmina\n", answering=acknowledgement
    )
    stage.shows(handled=2, cases=["triage open"], sent=[ACKNOWLEDGED], withdrawn=EVERYTHING, of=AMINA)
    assert Reason.MORE_IN_THREAD.value in stage.cases()[0].reasons


def test_it_was_not_me_under_an_acknowledgement(stage: Stage) -> None:
    (acknowledgement,) = stage.play(AMINA, LETTER)
    stage.play(AMINA, "I did not ask for this.\n\nAmina\n", answering=acknowledgement)
    stage.shows(handled=2, cases=["triage open"], sent=[ACKNOWLEDGED, RECEIPT], withdrawn=EVERYTHING, of=AMINA)
    (case,) = stage.cases()
    assert Reason.DISPUTED.value in case.reasons
    assert case.due_at is not None
    assert case.due_at <= datetime.now(UTC)


def test_urgent_words_in_a_settled_thread(stage: Stage) -> None:
    (acknowledgement,) = stage.play(AMINA, LETTER)
    (alert,) = stage.play(AMINA, NOT_SAFE, answering=acknowledgement)
    stage.shows(
        handled=2,
        cases=["escalate open"],
        sent=[ACKNOWLEDGED, "duty_alert duty@herts.example"],
        withdrawn=EVERYTHING,
        of=AMINA,
    )
    (case,) = stage.cases()
    assert case.urgent
    assert case.reference in alert.message.get_content()
    # Thanks afterwards neither close it nor make it less urgent.
    stage.play(AMINA, THANKS, answering=acknowledgement)
    (case,) = stage.cases()
    assert (case.urgent, case.state) == (True, CaseState.OPEN)


def test_danger_written_by_a_machine_in_our_thread_is_heard_too(stage: Stage) -> None:
    (acknowledgement,) = stage.play(AMINA, LETTER)
    sent = stage.play(AMINA, NOT_SAFE, answering=acknowledgement, head="Auto-Submitted: auto-replied\r\n")
    assert [one.rcpt_tos[0] for one in sent] == ["duty@herts.example"]


@pytest.mark.parametrize(
    "words",
    [
        "I am out of the office until Monday and will answer then.\n",
        "Thank you for your e-mail. I am away.\n",
        "Your message was received.\n",
    ],
)
def test_an_automatic_reply_to_our_acknowledgement_goes_nowhere(stage: Stage, words: str) -> None:
    (acknowledgement,) = stage.play(AMINA, LETTER)
    head = "Auto-Submitted: auto-replied (vacation)\r\n"
    for _ in range(3):
        assert stage.play(AMINA, words, answering=acknowledgement, head=head) == []
    stage.shows(inbox=3, handled=1, cases=["apply settled"], sent=[ACKNOWLEDGED], withdrawn=EVERYTHING, of=AMINA)


def test_two_people_in_one_thread_are_never_joined(stage: Stage) -> None:
    (acknowledgement,) = stage.play(AMINA, LETTER)
    # Ben got it from her, and answers it about himself.
    (his,) = stage.play(BEN, NOT_COUNTED.format(signature=BY_BEN), answering=acknowledgement, quoting=False)
    stage.play(STRANGER, THANKS, answering=acknowledgement)
    assert stage.standing(AMINA, Standing.WITHDRAWN) == EVERYTHING
    assert stage.standing(BEN, Standing.WITHDRAWN) == STATISTICS
    assert [stage.of_case(one) for one in stage.cases()] == [1, 1]
    assert [one.student_id for one in stage.cases()] == ["23529452", "21884410"]
    assert his.rcpt_tos == (BEN.address,)
    assert stage.cases()[0].reference not in his.message.get_content()


def test_a_blank_message_id_and_a_like_subject_join_nobody(stage: Stage) -> None:
    stage.play(AMINA, LETTER)
    head = "In-Reply-To: < >\r\nReferences: <>\r\n"
    stage.play(BEN, NOT_COUNTED.format(signature=BY_BEN), head=head)
    stage.play(AMINA_AT_HOME, "Re: Auto: Your message to Student Wellbeing\n\nhello\n", head=head)
    assert [one.student_id for one in stage.cases()][:2] == ["23529452", "21884410"]
    assert all(stage.of_case(one) == 1 for one in stage.cases())


def test_a_message_id_of_ours_that_never_was_joins_nobody(stage: Stage) -> None:
    stage.play(AMINA, LETTER)
    stage.play(AMINA, THANKS, head=f"In-Reply-To: <{'a' * 26}@herts.example>\r\n")
    stage.shows(inbox=1, handled=1, cases=["apply settled"], sent=[ACKNOWLEDGED], withdrawn=EVERYTHING, of=AMINA)


def test_a_merged_case_redirects(stage: Stage) -> None:
    (first,) = stage.play(AMINA, NOT_COUNTED.format(signature=BY_AMINA))
    stage.play(AMINA, NOT_SUPERVISED.format(signature=BY_AMINA))
    merged, kept = stage.cases()
    with stage.store.writing() as session:
        values = {"state": CaseState.MERGED.value, "merged_into": kept.case_id}
        session.execute(update(case_table).where(case_table.c.case_id == merged.case_id).values(values))
    stage.play(AMINA, THANKS, answering=first)
    stage.play(AMINA, A_COPY, answering=first)
    with stage.store.writing() as session:
        found = cases.find(session, merged.reference)
        assert found is not None
        assert (found.case_id, found.state) == (kept.case_id, CaseState.OPEN)
        assert len(cases.arrivals_of(session, kept.case_id)) == 3
        # The promises speak of cases that are not merged.
        session.execute(
            update(case_table).where(case_table.c.case_id == merged.case_id).values(state="settled", merged_into=None)
        )


def test_an_open_case_takes_in_what_follows_without_a_second_receipt(stage: Stage) -> None:
    (receipt,) = stage.play(AMINA, A_COPY)
    assert stage.play(AMINA, "My student number is 23529452, in case you need it.\n", answering=receipt) == []
    stage.shows(handled=2, cases=["triage open"], sent=[RECEIPT], of=AMINA)
    assert stage.of_case(stage.cases()[0]) == 2


def test_no_words_at_all_in_a_thread_reach_a_person(stage: Stage) -> None:
    (acknowledgement,) = stage.play(AMINA, LETTER)
    stage.play(AMINA, "", answering=acknowledgement)
    stage.shows(handled=2, cases=["triage open"], sent=[ACKNOWLEDGED], withdrawn=EVERYTHING, of=AMINA)


def test_two_students_and_a_stranger_in_one_round(stage: Stage) -> None:
    stage.writes(AMINA, LETTER)
    stage.writes(STRANGER, ALL_OF_IT.format(signature=BY_BEN))
    stage.writes(BEN, WHO_SEES_IT)
    stage.goes_round()
    sent = stage.sent()
    stage.writes(
        BEN, NO, answering=next(one for one in sent if described(one) == f"withdrawal_confirmation {BEN.address}")
    )
    stage.writes(AMINA, THANKS, answering=to(sent, AMINA))
    stage.goes_round()
    assert stage.standing(BEN, Standing.WITHDRAWN) | stage.standing(BEN, Standing.RESTRICTED) == frozenset()
    assert stage.standing(AMINA, Standing.WITHDRAWN) == EVERYTHING
    assert [f"{one.disposition.value} {one.state.value}" for one in stage.cases()] == [
        "apply settled",
        "triage open",
        "answer settled",
    ]
    assert sorted(described(one) for one in stage.sink.received) == [
        f"neutral_receipt {BEN.address}",
        f"neutral_receipt {STRANGER.address}",
        f"question_answered {BEN.address}",
        ACKNOWLEDGED,
        f"withdrawal_confirmation {BEN.address}",
    ]
