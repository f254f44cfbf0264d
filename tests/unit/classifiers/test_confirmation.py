"""Answers to "did you write this?": a small closed set is a yes or a no; whatever else is said is for a person."""

import pytest

from classifiers.confirmation import Answer, read_answer


@pytest.mark.parametrize(
    "text",
    [
        "Yes",
        "yes please, confirm",
        "Yes, that was me.",
        "I confirm",
        "I confirm.\n\nAmina Okafor\n23529452",
        "That was me",
        "Hi,\n\nYes that was me, please go ahead.\n\nThanks,\nAmina",
        "yes it was me",
        "Yes I sent it from my personal email",
        "Confirmed.",
        "I can confirm that this was me.",
        "Yeah that\u2019s me \U0001f44d",
        "Yes, I wrote that message myself. Many thanks for replying. Kind regards, Amina",
        "yes, I did",
        "Dear Student Wellbeing,\n\nI confirm my withdrawal.\n\nBest wishes\nAmina",
    ],
)
def test_a_plain_yes_is_a_yes(text: str) -> None:
    assert read_answer(text) is Answer.YES


@pytest.mark.parametrize(
    "text",
    [
        "That was not me",
        "That wasn't me!",
        "No, that was not me. Please ignore it.",
        "No. I didn\u2019t write that.",
        "not me",
        "No, that was not me, please.",
        "I never sent that message. Please look into it.\n\nThanks\nBen",
        "It wasn't me, I don't know what this is about.",
    ],
)
def test_a_plain_no_is_a_no(text: str) -> None:
    assert read_answer(text) is Answer.NO


@pytest.mark.parametrize(
    "text",
    [
        "Yes?",
        "That was me?",
        "Was that me",
        "No",
        "Yes, but only the part about my tutor.",
        "Yes that was me and my mum",
        "Yes. Actually no, that was not me.",
        "yes and also please delete everything",
        "Please confirm.",
        "If that was me then yes",
        "My flatmate says that was me",
        "I did not say that was me",
        "I confirm nothing",
        "ok",
        "What is this?",
        "",
        "   \n",
    ],
)
def test_anything_else_is_for_a_person(text: str) -> None:
    assert read_answer(text) in (Answer.MORE, Answer.REMARK)


@pytest.mark.parametrize(
    "text", ["Thanks!", "Thank you, that was quick.\n\nMaya", "Hello,\n\nMany thanks\n\nRobin Fen"]
)
def test_thanks_are_thanks(text: str) -> None:
    assert read_answer(text) is Answer.THANKS


@pytest.mark.parametrize("text", ["Thanks, see you on Tuesday", "ok", "Great news, no worries", "That is a relief"])
def test_a_remark_wants_nothing(text: str) -> None:
    assert read_answer(text) is Answer.REMARK


@pytest.mark.parametrize("text", ["Yes, that was me", "Thanks", "That was not me"])
def test_with_a_document_enclosed_nothing_is_plain(text: str) -> None:
    assert read_answer(text, encloses=True) is Answer.MORE
