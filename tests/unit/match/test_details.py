"""What a letter says of its writer: any text is read, none is searched without bound."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.match.birth_dates import birth_dates
from intake.match.details import details, neighbours
from intake.match.stated_names import given_and_family, signed_names, stated_names
from tests.unit.match.people import letter


@given(st.text(), st.text(), st.text(), st.text())
def test_no_text_is_refused(text: str, display: str, subject: str, signature: str) -> None:
    found = details(letter(text, display=display, subject=subject, signature=signature))
    assert len(found.names) <= 24
    assert len(found.numbers) <= 12


@pytest.mark.parametrize(
    "unit", ["(", "a ", " ", "1 ", "-", "my name is ", "I am a", "1/1/", "0", "a" * 70 + "\n", "first May ", "[1"]
)
def test_a_letter_of_one_thing_over_and_over_is_bounded(unit: str) -> None:
    long = unit * (200_000 // len(unit))
    found = details(letter(f"a{long}b", display=long, subject=long, signature=long))
    assert len(found.names) <= 24
    assert len(found.birth_dates) <= 12


def test_a_number_has_a_neighbour_for_each_wrong_digit_and_each_swap() -> None:
    near = neighbours("22100452")
    assert "22100453" in near
    assert "22104052" in near
    assert "22100452" not in near
    # 8 x 9 wrong digits; swapping 22 and 00 changes nothing.
    assert len(near) == 72 + 7 - 2


def test_titles_brackets_and_commas_are_no_part_of_a_name() -> None:
    assert ("alice", "whitlock") in given_and_family("Dr Alice Whitlock (she/her)")
    assert ("alice", "whitlock") in given_and_family("Whitlock, Alice [Student]")
    assert given_and_family("Alice") == []
    assert given_and_family("one two three four five six") == []


@pytest.mark.parametrize(
    "line",
    [
        "Alice Whitlock",
        "Alice Whitlock, BSc Psychology",
        "Alice Whitlock - 22100001",
        "Alice Whitlock | Y2",
        "Alice Whitlock.",
    ],
)
def test_a_signed_line_ends_where_the_name_ends(line: str) -> None:
    assert signed_names(f"Regards,\n{line}") == ["Alice Whitlock"]


@pytest.mark.parametrize(
    "text",
    [
        "Please stop sharing my data with anyone. Alice Whitlock 22100001",
        "please stop sharing my data thanks Alice Whitlock",
        "Please stop. Many thanks, Alice Whitlock.",
    ],
)
def test_a_name_after_the_last_sentence_signs_it(text: str) -> None:
    assert signed_names(text) == ["Alice Whitlock"]


def test_a_hyphen_does_not_end_a_name() -> None:
    assert signed_names("Elizabeth Smith-Jones") == ["Elizabeth Smith-Jones"]


def test_every_beginning_of_the_words_after_my_name_is_can_be_the_name() -> None:
    assert stated_names("my name is Mary Ann O'Driscoll and I study") == ["Mary Ann", "Mary Ann O'Driscoll"]
    assert stated_names("my name is Alice Whitlock. Please stop") == ["Alice Whitlock."]
    assert stated_names("my name is nobody") == []


def test_two_digit_years_and_impossible_dates() -> None:
    assert birth_dates("1/2/99") == [date(1999, 2, 1), date(1999, 1, 2)]
    assert birth_dates("31/12/04") == [date(2004, 12, 31)]
    assert birth_dates("31 February 2004, 45/45/2004, thirty-first of June 2004") == []
    assert birth_dates("the twenty-first of December, 2003") == [date(2003, 12, 21)]
