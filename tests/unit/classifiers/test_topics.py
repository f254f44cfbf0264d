"""Topics: a question picks the answers that are about it, and the reader abstains where it is not sure of them all."""

from pathlib import Path

import pytest

from classifiers import Letter
from classifiers.topics import TopicLexicon

LEXICON = TopicLexicon()

QUESTIONS = {
    "Who can see what I tell you?": {"who_sees"},
    "Please can you tell me who can see my notes in the service?": {"who_sees"},
    "When it says need to know, who decides that?": {"who_sees"},
    "Can the people on reception read my notes?": {"who_sees"},
    "What sort of things go to the Dean of Students office?": {"who_sees"},
    "Would my mum be told that I come to you?": {"third_parties", "serious_risk"},
    "does my personal tutor get told that ive been to see you?": {"third_parties", "serious_risk"},
    "Do you share anything with the Home Office about my visa?": {"third_parties", "serious_risk"},
    "What does express permission look like?": {"third_parties", "serious_risk"},
    "When would you have to tell somebody without my say?": {"third_parties", "serious_risk"},
    "What counts as a serious risk?": {"third_parties", "serious_risk"},
    "Can a court make you hand things over?": {"third_parties", "serious_risk"},
    "Does the external supervisor hear my name?": {"supervision"},
    "My counsellor talks to a supervisor. Does she get told who I am?": {"supervision"},
    "Where is my information stored?": {"storage"},
    "Are your servers secure?": {"storage"},
    "Which statistics am I counted in?": {"statistics", "hesa_ofs"},
    "How anonymous are the figures?": {"statistics", "hesa_ofs"},
    "Does HESA get my name?": {"hesa_ofs"},
    "What does the Office for Students get from you?": {"hesa_ofs"},
    "How do I withdraw my consent?": {"withdrawing"},
    "Can I change my mind later and opt out?": {"withdrawing"},
    "How can I complain about this?": {"complaining"},
    "Who sees my notes? And are they stored on your servers?": {"who_sees", "storage"},
    "I wanted to know who sees my notes": {"who_sees"},
}

NOT_IN_THE_POLICY = [
    "How long do you keep my notes after I leave?",
    "Are the sessions recorded by an AI?",
    "Did you tell my tutor about me?",
    "Who told halls that I had an appointment?",
    "Can I have a copy of my notes?",
    "Can I see my own notes?",
    "Is there a camera in the corridor?",
    "Is it written down?",
    "Can you explain it in other words?",
    "Who can see my notes? And is there parking near the building?",
    "Is withdrawing from the course the same thing?",
]


@pytest.mark.parametrize(("text", "topics"), QUESTIONS.items())
def test_a_question_picks_the_answers_that_are_about_it(text: str, topics: set[str]) -> None:
    assert set(LEXICON.of(Letter(text))) == topics


@pytest.mark.parametrize("text", NOT_IN_THE_POLICY)
def test_what_the_policy_does_not_say_or_is_not_understood_picks_none(text: str) -> None:
    assert LEXICON.of(Letter(text)) == ()


def test_where_nothing_is_asked_none_is_picked() -> None:
    assert LEXICON.of(Letter("My tutor and my mother are kind to me. Thank you.")) == ()
    assert LEXICON.of(Letter("")) == ()


def test_a_question_in_the_subject_alone_counts() -> None:
    assert LEXICON.of(Letter("Please tell me. Thanks", "Re: does HESA get my name?")) == ("hesa_ofs",)


def test_topics_stand_in_the_order_of_the_file() -> None:
    found = LEXICON.of(Letter("Does HESA get my name? Who sees my notes?"))
    assert found == ("who_sees", "hesa_ofs")
    assert [topic for topic in LEXICON.topics if topic in found] == list(found)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[a]\npatterns = ['(']\n", "topic a"),
        ("[a]\n", "topic a"),
        ("[a]\npatterns = ['x']\nalso = ['b']\n", "names no topic: b"),
        ("not toml", "t.toml|Expected"),
    ],
)
def test_a_broken_file_is_refused_by_name(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "t.toml").write_text(text)
    with pytest.raises(ValueError, match=why):
        TopicLexicon(tmp_path / "t.toml")


def test_another_policy_replaces_topics_without_code(tmp_path: Path) -> None:
    (tmp_path / "t.toml").write_text("[parking]\npatterns = ['\\bpark\\w*']\n")
    lexicon = TopicLexicon(tmp_path / "t.toml")
    assert lexicon.of(Letter("Where can I park?")) == ("parking",)
