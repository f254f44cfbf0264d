"""Alerts come to an end and go on to the next person, whatever answers them and however often somebody writes."""

from datetime import timedelta

import pytest

from intake.alerts import keep_alerting, write_due
from intake.pipeline import House
from intake.sealing import Vault
from intake.store import Store, alerts, cases
from intake.vocabulary import CaseState, Disposition
from tests.conversations.people import AMINA, DUTY, NOT_SAFE
from tests.conversations.world import World

A_MACHINE = (
    "Thank you, a ticket was opened. In an emergency call 999. If you are feeling suicidal, ring the Samaritans on "
    "116 123.\n"
)


@pytest.fixture
def world(quiet_house: House, story_vault: Vault, story_store: Store) -> World:
    return World(quiet_house, story_vault, story_store)


@pytest.mark.parametrize("head", ["Auto-Submitted: auto-replied\r\n", ""], ids=["says so", "does not"])
@pytest.mark.parametrize("dmarc", ["pass", "none"])
@pytest.mark.parametrize("threaded", [True, False])
def test_a_machine_at_the_duty_that_answers_alerts_makes_no_new_ones(
    world: World, head: str, dmarc: str, threaded: bool
) -> None:
    world.gets(AMINA, NOT_SAFE)
    (alert,) = world.wrote()
    world.gets(DUTY, A_MACHINE, answering=alert if threaded else None, quoting=threaded, dmarc=dmarc, head=head)
    assert [one.rcpt_tos for one in world.wrote()] == [(DUTY.address,)]
    with world.store.reading() as session:
        found = list(cases.every(session))
    assert [one.urgent for one in found if one.disposition is Disposition.ESCALATE] == [True]
    assert CaseState.OPEN in {one.state for one in found}


def test_who_writes_again_and_again_does_not_put_off_the_next_address(world: World) -> None:
    world.gets(AMINA, NOT_SAFE)
    for number in range(1, 4):
        with world.store.reading() as session:
            (case,) = [one for one in cases.every(session) if one.urgent][:1]
            before = alerts.of_case(session, case.case_id)
        assert before is not None
        assert before.written == number
        world.now = before.next_at - timedelta(minutes=2)
        _in_the_same_case(world, case.case_id)
        with world.store.reading() as session:
            after = alerts.of_case(session, case.case_id)
        assert after is not None
        assert (after.written, after.next_at) == (before.written, before.next_at)
        write_due(world.store, world.house.desk, before.next_at)


def _in_the_same_case(world: World, case_id: str) -> None:
    """Let the duty be alerted of another letter in a case, as `record` does."""
    with world.store.writing() as session:
        case = cases.find(session, case_id)
        assert case is not None
        before = alerts.of_case(session, case_id)
        assert before is not None
        keep_alerting(session, world.house.desk, case, before.arrival_id, world.now, world.now)
