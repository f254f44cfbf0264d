"""Mail of many systems and letters that look like it: machine mail is known, and nobody's letter is silenced.

`tests/messages/automated.txt` and `people.txt`; `systems_first.txt` and `systems_second.txt`, where most machine mail
has no field that gives it away. A letter would be silenced where it counted as machine mail, or where its words were
not found. Machine mail that is not known as such is read as a letter and goes to a person.
"""

import json
from collections.abc import Iterator
from email.header import Header
from pathlib import Path
from typing import Any

import pytest

from intake.parse import InboundMessage, parse
from intake.screen import Screening, screen

MESSAGES = Path(__file__).parents[1] / "messages"
CORPUS = Path(__file__).parents[2] / "classifiers" / "corpus"
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


SYSTEMS = {name: list(read(f"systems_{name}.txt")) for name in ("first", "second")}


@pytest.mark.parametrize(("name", "number", "known"), [("first", 174, 133), ("second", 81, 22)])
def test_machine_mail_without_a_helpful_field_is_known_as_often_as_measured(name: str, number: int, known: int) -> None:
    found = [screening for title, _, screening in SYSTEMS[name] if title.startswith("machine ")]
    assert len(found) == number
    assert sum(screening.automated for screening in found) >= known
    assert not [one for one in found if one.automated and one.may_reply]


@pytest.mark.parametrize("name", SYSTEMS)
def test_nobody_in_the_systems_sets_is_silenced(name: str) -> None:
    people = [(title, message, one) for title, message, one in SYSTEMS[name] if not title.startswith("machine ")]
    assert len(people) >= 40
    assert [title for title, _, one in people if one.automated and title.startswith("person ")] == []
    assert [title for title, message, _ in people if not message.new_text.strip()] == []


def test_no_letter_of_the_corpus_by_a_person_is_taken_for_machine_mail() -> None:
    taken, letters = [], 0
    for path in sorted(CORPUS.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            letter: dict[str, Any] = json.loads(line)
            if "automated" in letter["intents"]:
                continue
            letters += 1
            if _screened(letter).automated:
                taken.append(letter["id"])
    assert letters > 7_000
    assert taken == []


def _screened(letter: dict[str, Any]) -> Screening:
    kind = "html" if letter.get("html") else "plain"
    name, subject = (Header(letter.get(key) or "x", "utf-8").encode(maxlinelen=900) for key in ("from_name", "subject"))
    head = (
        f"From: {name} <x@students.herts.example>\nTo: wellbeing@herts.example\nIn-Reply-To: <a@herts.example>\n"
        f"Subject: {subject}\nContent-Type: text/{kind}; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
    )
    message = parse((head + letter["body"]).encode())
    return screen(message, own_addresses=frozenset({"wellbeing@herts.example"}), own_message_domain="herts.example")
