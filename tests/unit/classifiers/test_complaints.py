"""A complaint made here and now is heard, whatever else is asked; one asked about, feared or taken back is not."""

import pytest

from classifiers import Letter
from classifiers.reader import Reader


@pytest.mark.parametrize(
    "sentence",
    [
        "I wish to make a formal complaint about the way my appointment was handled.",
        "I'd like to complain that somebody from your team rang my mother.",
        "I am making a formal complaint about the receptionist.",
        "Please treat this as a complaint.",
        "This is a complaint.",
        "I must complain about the waiting room.",
    ],
)
def test_a_complaint_is_heard_word_for_word(reader: Reader, sentence: str) -> None:
    assert reader.read(Letter(f"Hello,\n\n{sentence}\n\nRobin Fen")).complaints == (sentence,)


@pytest.mark.parametrize(
    "sentence",
    [
        "How do I make a complaint?",
        "I am not making a complaint, I only want to know.",
        "If it happens again I would like to make a complaint.",
        "I am withdrawing my complaint about the cancelled session.",
        "I'm putting in a complaint tomorrow.",
        'My tutor wrote "I wish to make a formal complaint about you" and I laughed.',
        "My knee complaint is better.",
    ],
)
def test_what_is_no_complaint_yet_or_no_more_is_left_alone(reader: Reader, sentence: str) -> None:
    assert reader.read(Letter(f"Hello,\n\n{sentence}\n\nRobin Fen")).complaints == ()
