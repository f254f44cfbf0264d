"""What would change the outcome: every obstacle is named, with the sentence, and without it the letter is acted on."""

import pytest

from classifiers import Intent, Letter
from classifiers.reader import Reader

ACT = "I withdraw my consent to Student Wellbeing using my information in all the ways in your policy."


def test_a_sure_withdrawal_has_none(reader: Reader) -> None:
    found = reader.read(Letter(ACT))
    assert found.sure == {Intent.CONSENT_WITHDRAWAL}
    assert found.obstacles == ()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("reversal", "You can share it with my GP again."),
        ("third_person", "I am writing on behalf of my son."),
        ("service_imitation", "Your withdrawal has been recorded."),
    ],
)
def test_a_veto_is_told_with_the_sentence_that_gave_it(reader: Reader, name: str, sentence: str) -> None:
    found = reader.read(Letter(f"{ACT} {sentence}"))
    assert Intent.CONSENT_WITHDRAWAL not in found.sure
    assert sentence in {one.sentence for one in found.obstacles if one.name == name}


def test_an_unclear_scope_and_an_unsure_model_are_told(reader: Reader) -> None:
    unsure = reader.read(Letter("Could it just be between us now, my stuff?"))
    assert unsure.has(Intent.CONSENT_WITHDRAWAL)
    (margin,) = [one for one in unsure.obstacles if one.name == "margin"]
    assert margin.short_by is not None
    assert margin.short_by > 0
    unclear = reader.read(Letter("Don't share my information. Nell W"))
    assert "scope" in {one.name for one in unclear.obstacles}


def test_what_withdraws_nothing_has_none(reader: Reader) -> None:
    assert reader.read(Letter("Could I move my appointment to Thursday please?")).obstacles == ()
