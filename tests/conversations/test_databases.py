"""The round trip of a confirmation on both databases: asked, confirmed, denied, and returned when nobody answers."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from intake.store.schema import confirmations
from intake.vocabulary import CaseState, Reason, Standing
from tests.conversations.people import ALL_OF_IT, AMINA, AMINA_AT_HOME, BY_AMINA, EVERYTHING, NO, YES
from tests.conversations.stage import Stage, to

pytestmark = pytest.mark.dovecot

LETTER = ALL_OF_IT.format(signature=BY_AMINA)


@pytest.mark.parametrize(
    ("words", "withdrawn", "state"), [(YES, EVERYTHING, CaseState.SETTLED), (NO, frozenset(), CaseState.OPEN)]
)
def test_asked_and_answered(stage_on_each: Stage, words: str, withdrawn: frozenset[str], state: CaseState) -> None:
    asked = to(stage_on_each.play(AMINA_AT_HOME, LETTER), AMINA)
    assert stage_on_each.standing(AMINA, Standing.RESTRICTED) == EVERYTHING
    stage_on_each.play(AMINA, words, answering=asked)
    assert stage_on_each.standing(AMINA, Standing.WITHDRAWN) == withdrawn
    assert stage_on_each.standing(AMINA, Standing.RESTRICTED) == frozenset()
    assert [one.state for one in stage_on_each.cases()] == [state]


def test_a_round_returns_what_nobody_confirmed(stage_on_each: Stage) -> None:
    stage_on_each.play(AMINA_AT_HOME, LETTER)
    with stage_on_each.store.writing() as session:
        session.execute(update(confirmations).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    stage_on_each.goes_round()
    (case,) = stage_on_each.cases()
    assert (case.state, case.reasons[-1]) == (CaseState.OPEN, Reason.UNCONFIRMED.value)
    assert stage_on_each.standing(AMINA, Standing.RESTRICTED) == EVERYTHING
