"""What a stranger gets is the same whether the student is known here or not: words, number and time of the answers."""

import re
import shutil
from pathlib import Path

import pytest
from sqlalchemy import delete

from intake.pipeline import House
from intake.sealing import Vault
from intake.store import open_store
from intake.store.register_schema import student_keys, students
from tests.conversations.people import (
    A_COPY,
    ALL_OF_IT,
    AMINA,
    BY_AMINA,
    MOTHER,
    NO,
    NOT_COUNTED,
    STRANGER,
    THANKS,
    WHO_SEES_IT,
    YES,
    Person,
)
from tests.conversations.world import World

LETTER = ALL_OF_IT.format(signature=BY_AMINA)
PART = NOT_COUNTED.format(signature=BY_AMINA)
#: who writes, what, and how many hours later
STORIES: dict[str, list[tuple[Person, str, float]]] = {
    "once": [(STRANGER, LETTER, 0)],
    "again and again": [(STRANGER, LETTER, 0), (STRANGER, LETTER, 1), (STRANGER, LETTER, 24 * 8), (STRANGER, PART, 1)],
    "a part, then all": [(STRANGER, PART, 0), (STRANGER, LETTER, 24 * 8), (STRANGER, LETTER, 24 * 8)],
    "with a question": [(STRANGER, LETTER, 0), (STRANGER, WHO_SEES_IT, 1), (STRANGER, A_COPY, 1)],
    "confirming without a token": [(STRANGER, LETTER, 0), (STRANGER, YES, 1), (STRANGER, NO, 1), (STRANGER, THANKS, 1)],
    "after the student": [(AMINA, LETTER, 0), (STRANGER, LETTER, 1), (STRANGER, LETTER, 24 * 8)],
    "after many answers": [(AMINA, PART, 0), (AMINA, LETTER, 1), (AMINA, WHO_SEES_IT, 1), (STRANGER, LETTER, 1)],
    "two of them": [(STRANGER, LETTER, 0), (MOTHER, LETTER, 1), (STRANGER, PART, 24 * 8), (MOTHER, PART, 1)],
}


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("threaded", [False, True])
def test_the_same_whether_the_student_is_known_or_not(
    story: str, threaded: bool, quiet_house: House, story_vault: Vault, empty_database: Path, tmp_path: Path
) -> None:
    got = []
    for known in (True, False):
        path = tmp_path / f"{known}.db"
        shutil.copy(empty_database, path)
        store = open_store(f"sqlite:///{path}")
        if not known:
            with store.writing() as session:
                for table in (student_keys, students):
                    session.execute(delete(table).where(table.c.student_id == "23529452"))
        world = World(quiet_house, story_vault, store)
        got.append(_what_strangers_get(world, STORIES[story], threaded=threaded))
        store.close()
    assert got[0] == got[1]
    assert got[0]


def _what_strangers_get(world: World, story: list[tuple[Person, str, float]], *, threaded: bool) -> list[list[str]]:
    """Give, after each letter, everything that strangers have got so far."""
    seen = []
    for who, words, hours in story:
        world.waits(hours)
        before = [one for one in world.wrote() if one.rcpt_tos == (who.address,)]
        world.gets(who, words, answering=before[-1] if threaded and before else None)
        strangers = {(one.address,) for one in (STRANGER, MOTHER)}
        texts = [one.message.get_content() for one in world.wrote() if one.rcpt_tos in strangers]
        seen.append(_numbered(texts))
    return seen


def _numbered(texts: list[str]) -> list[str]:
    """Number the references, which are random, in the order in which they come: the same one again tells something."""
    known: dict[str, str] = {}
    return [
        re.sub(r"\bW-[0-9A-Z]{12}\b", lambda one: known.setdefault(one[0], f"W-{len(known)}"), text) for text in texts
    ]
