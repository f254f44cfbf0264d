"""Urgency: a lexicon that needs no model, a model that may add to it, and nothing that lowers either."""

from pathlib import Path

import pytest

from classifiers.classification import Abstention, Letter
from classifiers.reader import Reader, load

ALARMING = [
    "I don't want to be alive any more.",
    "i have been saving the tablets and i think tonight",
    "im going to kill myself",
    "He won't let me leave the flat and he has taken my phone.",
    "I withdraw my consent to you sharing my information. I won't need it, I won't be here next week.",
    "i want to k1ll mys3lf",
    "I keep thinking about su*cide, all day",
    "honestly i want to k i l l myself",
]


@pytest.fixture(scope="module")
def without_model(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    return load(tmp_path_factory.mktemp("nothing"))


@pytest.mark.parametrize("text", ALARMING)
def test_serious_risk_is_raised_with_its_words(reader: Reader, text: str) -> None:
    found = reader.read(Letter(text))

    assert found.urgent.flag
    assert all(one in text for one in found.urgent.evidence)
    assert found.urgent.evidence


@pytest.mark.parametrize("text", ALARMING)
def test_serious_risk_is_raised_without_a_model_too(without_model: Reader, text: str) -> None:
    found = without_model.read(Letter(text))

    assert found.urgent.flag
    assert found.abstention is Abstention.MODEL_MISSING


@pytest.mark.parametrize("text", ["Could I move my appointment to Thursday please?", "How long do you keep my notes?"])
def test_an_ordinary_letter_raises_no_alarm(reader: Reader, without_model: Reader, text: str) -> None:
    assert not reader.read(Letter(text)).urgent.flag
    assert not without_model.read(Letter(text)).urgent.flag


def test_hyperbole_may_alarm_since_a_person_clears_it_at_a_glance(reader: Reader) -> None:
    found = reader.read(Letter("I am going to kill my flatmate if he leaves the washing up again, haha."))

    assert found.urgent.flag
    assert found.sure == frozenset()


@pytest.mark.parametrize(
    "letter",
    [
        Letter("Please see below.", quoted_text="> I am going to kill myself tonight"),
        Letter("Please see below.", nested_text="I am going to kill myself tonight"),
        Letter("Please see below.", subject="I want to kill myself"),
        Letter("Please see below.", attachment_names=("my suicide note.docx",)),
        Letter("", subject="I want to kill myself"),
        Letter("Ich kann nicht mehr. I am going to kill myself."),
    ],
)
def test_an_alarm_is_heard_wherever_it_stands(reader: Reader, letter: Letter) -> None:
    assert reader.read(letter).urgent.flag


def test_the_last_line_of_a_very_long_letter_is_heard(reader: Reader) -> None:
    text = "The radiator in my room has been cold since Monday.\n" * 3000 + "I am going to kill myself tonight."

    assert reader.read(Letter(text)).urgent.flag


def test_urgency_stands_beside_an_intent_and_takes_nothing_from_it(reader: Reader) -> None:
    act = "Please stop sharing my information with my tutor and my department. I withdraw my consent for that."
    calm, urgent = (reader.read(Letter(text)) for text in (act, f"{act}\nI don't want to be alive any more."))

    assert urgent.urgent.flag
    assert not calm.urgent.flag


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    found = load(tmp_path / "nowhere")

    assert found.problem is not None
    assert "nowhere" in found.problem
