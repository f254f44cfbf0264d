"""What the shipped reader hears in letters that nobody could take for anything else."""

import pytest

from classifiers.classification import Abstention, AuthorRole, Intent, Letter, Scope, Veto
from classifiers.reader import Reader

EVERYTHING = tuple(Scope)


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("I withdraw my consent to Student Wellbeing using my information in all the ways in your policy.", EVERYTHING),
        ("I withdraw consent to Student Wellbeing using my information for everything in your policy.", EVERYTHING),
        (
            "Please stop sharing my information with my tutor and my department. I withdraw my consent for that.",
            (Scope.THIRD_PARTY_SHARING,),
        ),
        ("Please stop ringing me and texting me. I withdraw my consent to being contacted.", (Scope.CONTACT,)),
        ("I withdraw my consent to be discussed with your supervisor. I do not agree to it.", (Scope.SUPERVISION,)),
    ],
)
def test_a_clear_withdrawal_is_sure_with_exactly_its_scope(reader: Reader, text: str, scope: tuple[Scope, ...]) -> None:
    found = reader.read(Letter(text))

    assert found.sure == {Intent.CONSENT_WITHDRAWAL}
    assert (found.scope, found.scope_sure) == (scope, True)
    assert found.vetoes == ()
    assert found.evidence[0] in text


def test_a_withdrawal_that_names_no_purpose_keeps_its_scope_for_a_person(reader: Reader) -> None:
    found = reader.read(Letter("I no longer consent to my information being shared. Please stop."))

    assert found.has(Intent.CONSENT_WITHDRAWAL)
    assert not found.scope_sure


def test_a_withdrawal_in_the_subject_alone_is_heard(reader: Reader) -> None:
    subject = "I withdraw my consent to you sharing my information with my tutor"

    assert reader.read(Letter("Thanks, Ana", subject)).has(Intent.CONSENT_WITHDRAWAL)


def test_a_withdrawal_in_a_postscript_is_heard(reader: Reader) -> None:
    text = (
        "Hi,\n\nThanks for Monday.\n\nMay\n\nPS please stop sharing my information with my tutor, I withdraw consent."
    )

    assert reader.read(Letter(text)).has(Intent.CONSENT_WITHDRAWAL)


@pytest.mark.parametrize("limit", ["except in an emergency", "until the end of term", "but not my GP"])
def test_the_writers_own_limits_are_kept_verbatim(reader: Reader, limit: str) -> None:
    text = f"I withdraw my consent to you sharing my information with my tutor and department, {limit}."

    assert any(limit in one for one in reader.read(Letter(text)).limits)


@pytest.mark.parametrize(
    "text",
    [
        "Who can see my notes, and do you share them with my tutor?",
        "How long do you keep my counselling notes?",
        "Do you tell my parents anything I say in a session?",
    ],
)
def test_a_question_is_a_question_and_withdraws_nothing(reader: Reader, text: str) -> None:
    found = reader.read(Letter(text))

    assert [one.intent for one in found.intents] == [Intent.CONFIDENTIALITY_QUESTION]
    assert found.scope == ()


@pytest.mark.parametrize(
    "text",
    [
        "Please send me a copy of all the notes you hold about me. This is a subject access request.",
        "Please delete all my records.",
        "Under article 15 of the UK GDPR I want a copy of everything.",
    ],
)
def test_a_statutory_right_is_never_acted_on_as_a_withdrawal(reader: Reader, text: str) -> None:
    found = reader.read(Letter(text))

    assert found.intents[0].intent is Intent.DATA_RIGHTS_REQUEST
    assert Veto.RIGHTS_WORDS in found.vetoes
    assert found.sure == frozenset()


@pytest.mark.parametrize(
    "text",
    [
        "I would like to give my consent again: you can share my information with my tutor after all.",
        "I have changed my mind and am happy for you to talk to my GP again. Please reinstate my consent.",
        "Please ignore my withdrawal, you can share my information with my tutor again.",
    ],
)
def test_a_reinstatement_is_never_taken_for_the_withdrawal_that_it_undoes(reader: Reader, text: str) -> None:
    found = reader.read(Letter(text))

    assert found.intents[0].intent is Intent.CONSENT_REINSTATEMENT
    assert Veto.REVERSAL in found.vetoes
    assert found.sure == frozenset()


@pytest.mark.parametrize(
    ("text", "role"),
    [
        (
            "I am his mother. Can you tell me whether Callum has been coming to his appointments?",
            AuthorRole.ON_BEHALF,
        ),
        (
            "I am the personal tutor of Aisha Khan. Could you tell me how she is getting on?",
            AuthorRole.PROFESSIONAL,
        ),
    ],
)
def test_somebody_else_asking_about_a_student_is_a_third_party(reader: Reader, text: str, role: AuthorRole) -> None:
    found = reader.read(Letter(text))

    assert found.intents[0].intent is Intent.THIRD_PARTY_ENQUIRY
    assert found.author_role is role
    assert Veto.THIRD_PERSON in found.vetoes


@pytest.mark.parametrize(
    "text", ["Could I move my appointment to Thursday please?", "Thanks so much for today, see you next week."]
)
def test_ordinary_letters_are_other(reader: Reader, text: str) -> None:
    found = reader.read(Letter(text))

    assert [one.intent for one in found.intents] == [Intent.OTHER]
    assert found.sure == frozenset()


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (
            "Ich widerrufe hiermit meine Einwilligung zur Weitergabe meiner Daten an Dritte. Bitte bestätigen Sie das.",
            "de",
        ),
        ("Je retire mon consentement au partage de mes informations avec des tiers. Merci de confirmer.", "fr"),
        ("我撤回我对共享我的信息的同意。", "zh"),
        ("Я отзываю согласие на передачу моих данных третьим лицам.", "ru"),
    ],
)
def test_a_letter_in_another_language_goes_to_a_person(reader: Reader, text: str, language: str) -> None:
    found = reader.read(Letter(text))

    assert found.abstention is Abstention.NOT_ENGLISH
    assert found.language == language
    assert not found.wholly_english
    assert found.sure == frozenset()


def test_a_short_answer_is_read_with_the_question_it_answers(reader: Reader) -> None:
    answer = "Yes please, stop it."
    stop = reader.read(
        Letter(answer, quoted_text="> Would you like us to stop sharing your information with your tutor?")
    )
    meet = reader.read(
        Letter(answer, quoted_text="> Would you like us to stop the reminder texts for the running club?")
    )

    assert stop.has(Intent.CONSENT_WITHDRAWAL)
    assert stop.probabilities[Intent.CONSENT_WITHDRAWAL] > meet.probabilities[Intent.CONSENT_WITHDRAWAL]
    assert Veto.NEEDS_QUOTED_QUESTION in stop.vetoes
    assert stop.sure == frozenset()


def test_words_of_a_quoted_letter_are_never_the_writers(reader: Reader) -> None:
    quoted = "> I withdraw my consent to Student Wellbeing using my information in all the ways in your policy."
    found = reader.read(Letter("Thank you for the appointment on Tuesday, it helped me a lot.", quoted_text=quoted))

    assert found.sure == frozenset()
    assert not any("withdraw" in one for one in found.evidence)
