"""An old letter sent once more, with the signature that still vouches for it, withdraws nothing by itself."""

from datetime import timedelta

import pytest

from intake.pipeline import House
from intake.sealing import Vault
from intake.store import Store, cases, consent
from intake.vocabulary import Disposition, Reason, Standing
from tests.conversations.people import ALL_OF_IT, AMINA, BY_AMINA, EVERYTHING
from tests.conversations.world import World

LETTER = ALL_OF_IT.format(signature=BY_AMINA)


@pytest.fixture
def world(quiet_house: House, story_vault: Vault, story_store: Store) -> World:
    return World(quiet_house, story_vault, story_store)


def standing(world: World, standing: Standing) -> frozenset[object]:
    with world.store.reading() as session:
        return frozenset(consent.purposes_standing(session, "23529452", standing))


def test_a_letter_that_was_days_on_its_way_is_applied(world: World) -> None:
    world.gets(AMINA, LETTER, written=world.now - timedelta(days=5))
    assert standing(world, Standing.WITHDRAWN) == EVERYTHING


@pytest.mark.parametrize(
    ("weeks", "head"), [(20, ""), (0, "Date: Thu, 26 Nov 2026 09:00:00 +0000\r\n")], ids=["old date", "two dates"]
)
def test_a_letter_from_long_ago_is_held_and_shown_to_a_person(world: World, weeks: int, head: str) -> None:
    world.gets(AMINA, LETTER, written=world.now - timedelta(weeks=weeks), head=head)
    assert standing(world, Standing.WITHDRAWN) == frozenset()
    assert standing(world, Standing.RESTRICTED) == EVERYTHING
    with world.store.reading() as session:
        (case,) = cases.every(session)
    assert case.disposition is Disposition.TRIAGE
    assert Reason.WRITTEN_LONG_AGO.value in case.reasons
