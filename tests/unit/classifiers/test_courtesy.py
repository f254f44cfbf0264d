"""Thanks, and nothing else: such a letter asks nothing; whatever could be more is left to the model and a person."""

import pytest

from classifiers import Abstention, Intent, Letter
from classifiers.reader import Reader

QUOTED = "You asked us to stop using information about you. From today we have stopped sharing it."


@pytest.mark.parametrize(
    "text",
    [
        "Thank you, that was quick.\n\nMaya",
        "thanks!",
        "Hi there,\n\nMany thanks for confirming.\n\nKind regards,\nRobin Fen",
        "Thank you very much for the quick reply. Much appreciated.\n\nSent from my iPhone",
    ],
)
def test_thanks_alone_ask_nothing(reader: Reader, text: str) -> None:
    found = reader.read(Letter(text, "Re: Auto: Your message to Student Wellbeing", QUOTED))
    assert [one.intent for one in found.intents] == [Intent.OTHER]
    assert not found.urgent.flag


@pytest.mark.parametrize(
    "text",
    [
        "Thanks, ok",
        "Thank you, that's fine.",
        "Thanks.\n\nStop",
        "Thanks but stop telling my tutor",
        "Thank you.\n\nNo",
        "Please withdraw my consent.\n\nThanks",
    ],
)
def test_whatever_could_be_an_answer_is_no_courtesy(reader: Reader, text: str) -> None:
    assert not reader.heard(Letter(text, "Re: Your appointment")).cues.courtesy


def test_an_ask_in_the_subject_is_not_lost_under_thanks(reader: Reader) -> None:
    heard = reader.heard(Letter("Thanks,\nMaya", "Please stop sharing my information with my tutor"))
    assert not heard.cues.courtesy


def test_what_is_attached_or_enclosed_is_no_courtesy(reader: Reader) -> None:
    assert not reader.heard(Letter("Thanks", attachment_names=("withdrawal.docx",))).cues.courtesy
    assert not reader.heard(Letter("Thanks", nested_text="Please stop.")).cues.courtesy


def test_a_short_refusal_under_a_question_about_sharing_is_seen_by_a_person(reader: Reader) -> None:
    asked = (
        "> Hi Wayne, at your last session we said we'd send Hallam Civils a short update on how you're managing. "
        "First one's due Friday, shall I go ahead?\n> Gerry"
    )
    text = "sorry for slow reply was on site. no thats not happening, scrap it\n\nwayne"
    found = reader.read(Letter(text, "Re: Re: employer update", asked))
    assert found.abstention is Abstention.UNSURE or found.has(Intent.CONSENT_WITHDRAWAL)
    elsewhere = reader.read(Letter(text, "Re: Re: Saturday", "> Are you playing five-a-side on Saturday?"))
    assert [one.intent for one in elsewhere.intents] == [Intent.OTHER]
