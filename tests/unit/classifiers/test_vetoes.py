"""Each veto, heard in a letter and not in its near twin: what it stops is never acted on without a person."""

import pytest

from classifiers.classification import Intent, Letter, Veto
from classifiers.reader import Reader

QUESTION = "> Would you like us to stop that?"
LONG = "On Monday I walked to the library and read about bridges until it closed. " * 120
PORTUGUESE = "Peço desculpa por escrever assim, mas estou muito cansado e não consigo explicar melhor em inglês."
ENGLISH = (
    "Thank you for seeing me on Monday and for the time you took to listen to everything I had to say about the flat. "
    "I withdraw my consent to you sharing my information with my tutor. I would like to keep my appointment next week."
)
ACT = "I withdraw my consent to you sharing my information with my tutor."
TWINS = {
    Veto.NO_EXPLICIT_CUE: (
        Letter("Thanks for seeing me on Monday, it helped."),
        Letter("Please stop sharing my information with my tutor."),
    ),
    Veto.QUOTATION: (
        Letter('The form says "I withdraw my consent to you sharing my information" at the foot.'),
        Letter("I withdraw my consent to you sharing my information, as the form says at the foot."),
    ),
    Veto.OPEN_CONDITION: (
        Letter("I withdraw my consent to you sharing my information if my tutor is rude to me again."),
        Letter("I withdraw my consent to you sharing my information because my tutor is rude to me."),
    ),
    Veto.REVERSAL: (
        Letter("I withdraw my consent to you telling my tutor. You can tell my GP again."),
        Letter("I withdraw my consent to you telling my tutor. Nor may you tell my GP."),
    ),
    Veto.RIGHTS_WORDS: (
        Letter("Please delete everything and stop sharing my information with my tutor."),
        Letter("Please stop sharing everything, my information is not for my tutor."),
    ),
    Veto.OTHER_BODY: (
        Letter("I withdraw my consent to take part in the sleep study."),
        Letter("I withdraw my consent to be talked about in supervision."),
    ),
    Veto.NEEDS_QUOTED_QUESTION: (
        Letter("Yes please, stop.", quoted_text=QUESTION),
        Letter("Yes please, stop sharing my notes with my tutor.", quoted_text=QUESTION),
    ),
    Veto.NOT_WHOLLY_ENGLISH: (Letter(f"{ENGLISH}\n\n{PORTUGUESE}"), Letter(ENGLISH)),
    Veto.SERVICE_IMITATION: (
        Letter("Your withdrawal has been recorded. Please stop sharing my information with my tutor."),
        Letter("I want my withdrawal recorded. Please stop sharing my information with my tutor."),
    ),
    Veto.PAST_REPORT: (
        Letter("I withdrew my consent to you sharing my information last month."),
        Letter("I withdraw my consent to you sharing my information this month."),
    ),
    Veto.QUESTION_FORM: (
        Letter("How do I withdraw my consent to you sharing my information?"),
        Letter("Could you stop sharing my information with my tutor?"),
    ),
    Veto.SECOND_INTENT: (
        Letter("Please stop sharing my information with my tutor. Also, who else has been able to read my notes?"),
        Letter("Please stop sharing my information with my tutor. I withdraw my consent for that."),
    ),
    Veto.THIRD_PERSON: (
        Letter("On behalf of my son, I withdraw consent to you sharing his information with his tutor."),
        Letter("I withdraw my consent to you sharing my information with my son and with my tutor."),
    ),
    Veto.URGENCY_UNCLEAR: (
        Letter("Please stop sharing my information with my tutor. He comes to my room at night."),
        Letter("Please stop sharing my information with my tutor. He comes to my seminar at noon."),
    ),
    Veto.TOO_LONG: (
        Letter(f"Please stop sharing my information with my tutor. {LONG}"),
        Letter("Please stop sharing my information with my tutor. On Monday I walked to the library."),
    ),
}


def test_every_veto_has_its_twins() -> None:
    assert set(TWINS) == set(Veto)


@pytest.mark.parametrize("veto", Veto)
def test_a_veto_stops_one_letter_and_not_its_near_twin(reader: Reader, veto: Veto) -> None:
    stopped, twin = (reader.read(letter) for letter in TWINS[veto])

    assert veto in stopped.vetoes
    assert Intent.CONSENT_WITHDRAWAL not in stopped.sure
    assert veto not in twin.vetoes


def test_a_letter_with_a_veto_is_never_sure(reader: Reader) -> None:
    read = [reader.read(letter) for twins in TWINS.values() for letter in twins]

    assert all(not one.vetoes for one in read if Intent.CONSENT_WITHDRAWAL in one.sure)
