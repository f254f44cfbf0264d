"""Mail of many systems and letters that look like it: machine mail is known, and nobody's letter is silenced.

`tests/messages/automated.txt` and `people.txt`. A letter would be silenced where it counted as machine mail, or where
its words were not found.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from intake.parse import InboundMessage, parse
from intake.screen import Screening, screen

MESSAGES = Path(__file__).parents[1] / "messages"
_RECALL = 0.995


def read(name: str) -> Iterator[tuple[str, InboundMessage, Screening]]:
    for record in (MESSAGES / name).read_text(encoding="utf-8").split("\n### ")[1:]:
        title, _, content = record.partition("\n")
        head = "To: Student Wellbeing <wellbeing@herts.example>\nMIME-Version: 1.0\n"
        message = parse((head + content).encode())
        own = frozenset({"wellbeing@herts.example"})
        yield title, message, screen(message, own_addresses=own, own_message_domain="herts.example")


def test_machine_mail_of_many_systems_is_known_and_never_answered() -> None:
    found = list(read("automated.txt"))
    missed = [title for title, _, screening in found if not screening.automated]
    assert len(found) >= 120
    assert len(found) - len(missed) >= _RECALL * len(found), missed
    assert [title for title, _, screening in found if screening.may_reply] == missed


PEOPLE = list(read("people.txt"))


def test_there_are_enough_letters_that_look_like_machine_mail() -> None:
    assert len(PEOPLE) >= 60


@pytest.mark.parametrize(("title", "message", "screening"), PEOPLE, ids=[one[0] for one in PEOPLE])
def test_a_persons_letter_is_never_silenced(title: str, message: InboundMessage, screening: Screening) -> None:
    through_a_program = title.startswith("form_")
    assert through_a_program or not screening.automated
    assert len(message.new_text.split()) >= 2
