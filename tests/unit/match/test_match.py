"""Whose letter it is: each kind of evidence, and who must not be found."""

from math import log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.match import Match, match
from intake.parse import InboundMessage
from intake.store import Store
from intake.store.students import Student
from intake.vocabulary import AddressLink
from tests.unit.match.people import (
    ALICE,
    ELIZABETH,
    EVERYBODY,
    JIAHAO,
    LUKASZ,
    MARY_ANN,
    NAMESAKES,
    SMITHS,
    TWINS,
    UNKNOWN,
    Find,
    letter,
)


def evidence(found: Match, student_id: str) -> list[str]:
    """Name the evidence for one candidate."""
    return next(
        [one.comparison for one in candidate.evidence]
        for candidate in found.candidates
        if candidate.student_id == student_id
    )


def email(student: Student) -> str:
    return str(student.email)


def test_the_registered_address_identifies(find: Find) -> None:
    found = find(letter("I withdraw my consent.", email(ALICE)))
    assert found.student_id == ALICE.student_id
    assert found.probability > 0.999
    assert evidence(found, ALICE.student_id) == ["registered address"]
    assert found.chosen is not None
    assert found.chosen.address_link is AddressLink.REGISTERED
    assert found.chosen.registered_address == ALICE.email


def test_the_registered_address_is_the_same_in_capitals(find: Find) -> None:
    assert find(letter(sender=email(ALICE).upper())).student_id == ALICE.student_id


@pytest.mark.parametrize("display", ["Bilal Qureshi", "Adam Farah", "John Smith", "Whitlock, Sarah"])
def test_the_registered_address_identifies_under_another_display_name(find: Find, display: str) -> None:
    found = find(letter("please stop", email(ALICE), display))
    assert found.student_id == ALICE.student_id
    assert "another name" in evidence(found, ALICE.student_id)


def test_the_registered_address_with_another_name_and_birth_date_identifies_nobody(find: Find) -> None:
    assert find(letter("Born 3 May 1970.", email(ALICE), "Bilal Qureshi")).student_id is None


def test_the_alternate_address_identifies(find: Find) -> None:
    found = find(letter("I withdraw my consent.\n\nAlice Whitlock", str(ALICE.alternate_email)))
    assert found.student_id == ALICE.student_id
    assert found.chosen is not None
    assert found.chosen.address_link is AddressLink.ALTERNATE


def test_a_relative_who_writes_from_the_alternate_address_is_not_the_student(find: Find) -> None:
    found = find(letter("My name is Robert Whitlock.", str(ALICE.alternate_email), "Robert Whitlock"))
    assert found.student_id is None
    assert not found.ambiguous


@pytest.mark.parametrize("display", ["Quentin Whitlock", ""])
@pytest.mark.parametrize(
    ("sender", "more"),
    [
        (UNKNOWN, f"student number {ALICE.student_id}"),
        (UNKNOWN, "student number 22100002"),
        (UNKNOWN, f"student number {ALICE.student_id}, born 11 May 2004"),
        (str(ALICE.alternate_email), f"student number {ALICE.student_id}"),
    ],
    ids=["number", "slip", "number and birth date", "alternate address and number"],
)
def test_a_relative_who_gives_the_students_number_is_not_the_student(
    find: Find, sender: str, more: str, display: str
) -> None:
    found = find(letter(f"My daughter no longer wants this: {more}.\n\nQuentin Whitlock", sender, display))
    assert found.student_id is None
    assert found.candidates[0].student_id == ALICE.student_id


def test_another_name_in_the_senders_field_stops_number_and_birth_date(find: Find) -> None:
    text = f"She is {ALICE.student_id}, born 11 May 2004."
    assert find(letter(text)).student_id == ALICE.student_id
    assert find(letter(text, display="Bilal Qureshi")).student_id is None


@pytest.mark.parametrize("written", ["A Whitlock", "A. Whitlock", "My name is A. Whitlock.", "My name is A Whitlock"])
def test_the_initial_a_is_no_article(find: Find, written: str) -> None:
    found = find(letter(f"My number is {ALICE.student_id}\n{written}"))
    assert found.student_id == ALICE.student_id
    assert "initial and family name" in evidence(found, ALICE.student_id)


NUMBERS = ("22100452", "22 100 452", "2210-0452", "No.22100452", "S22100452", "s 22100452", "ID:22100452", "(22100452)")


@pytest.mark.parametrize("number", NUMBERS)
def test_number_and_name_identify_however_the_number_is_written(find: Find, number: str) -> None:
    found = find(letter(f"My name is Lukasz Zielinski, student number {number}. Please stop."))
    assert found.student_id == LUKASZ.student_id
    assert evidence(found, LUKASZ.student_id)[:2] == ["student number", "name"]


@pytest.mark.parametrize("number", ["22100453", "22109452", "92100452", "22104052", "21200452"])
def test_a_number_with_one_wrong_digit_or_two_swapped_still_counts(find: Find, number: str) -> None:
    found = find(letter(f"Lukasz Zielinski here, number {number}\n\nLukasz Zielinski"))
    assert found.student_id == LUKASZ.student_id
    assert "student number (one slip)" in evidence(found, LUKASZ.student_id)


def test_a_number_with_two_wrong_digits_is_no_evidence(find: Find) -> None:
    found = find(letter("My name is Lukasz Zielinski, number 22100489."))
    assert found.student_id is None
    assert "student number (one slip)" not in evidence(found, LUKASZ.student_id)


def test_a_number_alone_from_an_unknown_address_is_not_enough(find: Find) -> None:
    found = find(letter("Please stop. 22100452"))
    assert found.student_id is None
    assert not found.ambiguous
    assert evidence(found, LUKASZ.student_id) == ["student number", "unknown address"]


@pytest.mark.parametrize(
    "text", ["Call 07700 900123 or 022100452123", "On 2210-04-52", "Order 122100452", "22100452/7"]
)
def test_telephone_numbers_and_longer_ones_are_no_student_number(find: Find, text: str) -> None:
    assert find(letter(text)) == Match()


NAMES = {
    "Lukasz Zielinski": "name",
    "Łukasz Zieliński": "name",
    "ZIELIŃSKI Łukasz": "name",
    "Zielinski, Lukasz": "name",
    "Mr Lukasz Zielinski": "name",
    "Łukasz Jan Zieliński": "name",
    "Lukasz Zielinksi": "name (typing slip)",
    "Lukas Zielinski": "name (typing slip)",
    "Lukasz Ziielinski": "name (typing slip)",
    "Luaksz Zielinski": "name (typing slip)",
    "Lukasz Zuelinski": "name (typing slip)",
    "L. Zielinski": "initial and family name",
    "Marek Zielinski": "family name",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_compared_level_by_level(find: Find, name: str) -> None:
    found = find(letter(f"22100452\n\nBest wishes\n{name}" if "," not in name else "22100452", display=name))
    assert NAMES[name] in evidence(found, LUKASZ.student_id)


@pytest.mark.parametrize("name", [name for name, level in NAMES.items() if level == "name (typing slip)"])
def test_blocking_finds_a_name_with_a_typing_slip_by_the_name_alone(find: Find, name: str) -> None:
    assert [one.student_id for one in find(letter(display=name)).candidates] == [LUKASZ.student_id]


@pytest.mark.parametrize(
    "name",
    ["Mary O'Driscoll", "Mary Ann ODriscoll", "Mary-Ann O’Driscoll", "Bee O'Driscoll", "mary ann theresa o’driscoll"],
)
def test_first_names_preferred_names_and_apostrophes_agree(find: Find, name: str) -> None:
    found = find(letter("22137890", display=name))
    assert found.student_id == MARY_ANN.student_id
    assert "name" in evidence(found, MARY_ANN.student_id)


LIZ = {
    "Elizabeth Smith-Jones": "name",
    "Elizabeth Smith Jones": "name",
    "Liz Smith-Jones": "nickname",
    "Beth Smith-Jones": "nickname",
    "Elizabeth Jones": "part of a double name",
}


@pytest.mark.parametrize("name", LIZ)
def test_hyphens_halves_and_nicknames_agree(find: Find, name: str) -> None:
    found = find(letter(f"Hello\n\n{name} - 22155555"))
    assert found.student_id == ELIZABETH.student_id
    assert LIZ[name] in evidence(found, ELIZABETH.student_id)


def test_a_nickname_in_the_register_agrees_with_the_full_name(find: Find) -> None:
    found = find(letter("dan kowalczyk"))
    assert {one.student_id for one in found.candidates} == {one.student_id for one in NAMESAKES}
    assert evidence(found, NAMESAKES[0].student_id)[0] == "nickname"


def test_one_given_name_written_in_two_words_agrees(find: Find) -> None:
    assert find(letter("22166060", display="Jia Hao Chen")).student_id == JIAHAO.student_id


def test_words_introduce_a_name_and_a_sentence_ends_it(find: Find) -> None:
    found = find(letter("hello, this is Alice Whitlock. i withdraw. 22100001"))
    assert found.student_id == ALICE.student_id


def test_the_name_of_whom_a_writer_belongs_to_is_not_the_writers(find: Find) -> None:
    assert find(letter("This is Alice Whitlock's mother.")) == Match()


DATES = (
    "11 May 2004",
    "11th of May, 2004",
    "May 11, 2004",
    "the eleventh of May 2004",
    "May the 11th 2004",
    "11/05/2004",
    "05/11/2004",
    "11.05.04",
    "2004-05-11",
)


@pytest.mark.parametrize("written", DATES)
def test_name_and_birth_date_identify_in_figures_and_in_words(find: Find, written: str) -> None:
    found = find(letter(f"My name is Alice Whitlock, born {written}."))
    assert found.student_id == ALICE.student_id
    assert "date of birth" in evidence(found, ALICE.student_id)


def test_another_birth_date_speaks_against_a_student(find: Find) -> None:
    found = find(letter("My name is Alice Whitlock, date of birth 12 May 2004."))
    assert found.student_id is None
    assert "another date of birth" in evidence(found, ALICE.student_id)


def test_a_date_that_is_no_birth_date_speaks_against_nobody(find: Find) -> None:
    found = find(letter("My name is Alice Whitlock. We spoke on 12 May 2024."))
    assert evidence(found, ALICE.student_id) == ["name", "unknown address"]


def test_the_course_counts_but_does_not_identify_with_a_name_alone(find: Find) -> None:
    found = find(letter("My name is Alice Whitlock and I study BSc Psychology."))
    assert found.student_id is None
    assert evidence(found, ALICE.student_id) == ["name", "course", "unknown address"]


def test_a_common_name_with_its_birth_date_finds_its_bearer_among_many(find: Find) -> None:
    john = SMITHS[77]
    found = find(letter(f"John Smith, born {john.date_of_birth:%d %B %Y}\nJohn Smith"))
    assert found.candidates[0].student_id == john.student_id
    assert found.student_id is None


def test_a_common_name_never_identifies(find: Find) -> None:
    found = find(letter("My name is John Smith."))
    assert found.student_id is None
    assert found.ambiguous
    assert all(one.probability < 0.02 for one in found.candidates)


def test_a_rare_name_alone_never_identifies(find: Find) -> None:
    found = find(letter("My name is Alice Whitlock.", display="Alice Whitlock"))
    assert found.student_id is None
    assert not found.ambiguous


def test_an_address_on_two_records_is_ambiguous(find: Find) -> None:
    found = find(letter("please stop", str(TWINS[0].alternate_email), "The Farahs"))
    assert found.student_id is None
    assert found.ambiguous
    assert [one.address_link for one in found.candidates] == [AddressLink.NONE, AddressLink.NONE]


def test_twins_are_told_apart_by_name_and_never_by_address_or_birth_date(find: Find) -> None:
    shared = str(TWINS[0].alternate_email)
    assert find(letter("born 8 August 2004", shared)).ambiguous
    found = find(letter("My name is Idris Farah, born 8 August 2004", shared))
    assert found.student_id == TWINS[1].student_id
    assert found.chosen is not None
    assert found.chosen.address_link is AddressLink.NONE


def test_same_name_and_same_birth_date_are_ambiguous(find: Find) -> None:
    found = find(letter("My name is Daniel Kowalczyk, born 1 July 2003."))
    assert found.student_id is None
    assert found.ambiguous
    assert found.margin == pytest.approx(0.0)


CONTRADICTIONS = {
    "a number of one and the address of another": letter("My number is 22100452", email(ALICE)),
    "number and name of one, address of another": letter(
        "Lukasz Zielinski, 22100452", email(ALICE), "Lukasz Zielinski"
    ),
    "a number of one and the name of another": letter("My name is Lukasz Zielinski, number 22137890"),
    "address and name of one, number of another": letter("Alice Whitlock, 22100452", email(ALICE), "Alice Whitlock"),
    "two people's numbers and names": letter("22100001 and 22100452\n\nAlice Whitlock\nLukasz Zielinski"),
    "two people's numbers from the address of one": letter("22100001 and 22100452", email(ALICE)),
}


@pytest.mark.parametrize("what", CONTRADICTIONS)
def test_facts_of_two_people_are_ambiguous(find: Find, what: str) -> None:
    found = find(CONTRADICTIONS[what])
    assert found.student_id is None
    assert found.probability == 0.0
    assert found.ambiguous


def test_an_own_number_with_a_slip_that_is_anothers_does_not_stop_the_writer(find: Find) -> None:
    mistyped = letter("John Smith, 22400005", f"js4@{email(SMITHS[0]).partition('@')[2]}", "John Smith")
    assert find(mistyped).student_id == SMITHS[4].student_id


QUOTED = "On Monday Alice Whitlock wrote: my number is 22100001, born 11 May 2004"


@pytest.mark.parametrize("field", ["quoted_text", "nested_text", "hidden_text"])
def test_words_that_are_not_the_writers_never_count(find: Find, field: str) -> None:
    assert find(letter("please stop", **{field: f"My name is Alice Whitlock, 22100001.\n{QUOTED}"})) == Match()


def test_the_subject_of_a_reply_never_counts(find: Find) -> None:
    assert find(letter("please stop", subject="Re: Alice Whitlock 22100001")) == Match()
    assert find(letter("please stop", subject="Withdrawal 22100001")).candidates[0].student_id == ALICE.student_id


def test_the_signature_counts(find: Find) -> None:
    found = find(letter("please stop", signature="Alice Whitlock\nBSc Psychology | 22100001"))
    assert found.student_id == ALICE.student_id


@pytest.mark.parametrize("message", [letter("hello"), letter(), letter("99999999", display="Zebedee Quux")])
def test_nobody_is_found_where_nothing_points_to_anybody(find: Find, message: InboundMessage) -> None:
    assert find(message) == Match()


def test_two_from_addresses_are_nobodys(find: Find) -> None:
    one = letter("please stop", email(ALICE))
    two = type(one)(from_addresses=(*one.from_addresses, *one.from_addresses), from_fields=2, new_text="please stop")
    assert find(two) == Match()


def test_weights_sum_to_the_total_and_probabilities_are_a_posterior(find: Find) -> None:
    found = find(letter("22100452, born 1 July 2003\n\nDaniel Kowalczyk", email(ALICE), "Alice Whitlock"))
    assert len(found.candidates) == 4
    for one in found.candidates:
        assert one.weight == pytest.approx(sum(each.weight for each in one.evidence))
    # Registers smaller than a university count as 10,000: an even chance of nobody, the rest spread over everybody.
    odds = [2 ** (one.weight - log2(10_000)) for one in found.candidates]
    nobody = 1.0 - sum(one.probability for one in found.candidates)
    assert nobody == pytest.approx(1.0 / (1.0 + sum(odds)), abs=1e-12)
    for one, each in zip(found.candidates, odds, strict=True):
        assert one.probability == pytest.approx(each / (1.0 + sum(odds)))


def test_who_left_is_found_and_said_to_have_left(find: Find) -> None:
    found = find(letter(sender="left@student.herts.example"))
    assert found.chosen is not None
    assert found.chosen.has_left


_GIVEN = sorted({one.first_name for one in EVERYBODY} | {"Sarah", "Bilal", "Liz", "Jon", "Dan"})
_FAMILY = sorted({one.last_name for one in EVERYBODY} | {"Smyth", "Jones", "Zielinska", "Ferah"})


@given(
    written=st.one_of(
        st.builds("{} {}".format, st.sampled_from(_GIVEN), st.sampled_from(_FAMILY)),
        st.builds("{1}, {0}".format, st.sampled_from(_GIVEN), st.sampled_from(_FAMILY)),
        st.text(min_size=1, max_size=40),
    ),
    display=st.one_of(st.just(""), st.builds("{} {}".format, st.sampled_from(_GIVEN), st.sampled_from(_FAMILY))),
)
def test_a_name_alone_never_links_anybody(filled: Store, written: str, display: str) -> None:
    with filled.reading() as session:
        found = match(session, letter(f"My name is {written}\n\n{written}", UNKNOWN, display))
    assert found.student_id is None
    assert found.probability == 0.0
    assert all(one.probability < 0.99 for one in found.candidates)
