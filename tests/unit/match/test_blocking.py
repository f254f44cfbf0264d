"""The keys under which students are looked up, and the counts that come from the same index."""

from datetime import date

import pytest

from intake.match.census import Census
from intake.names import birth_key, blocking_keys, exact_key, name_key, nickname_variants, part_key, sound_key
from intake.store import Store, students
from tests.unit.match.people import ALICE, ELIZABETH, SMITHS


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Łukasz", "lukasz"),
        ("Ångström", "angstrom"),
        ("Østergaard", "ostergaard"),
        ("Yılmaz", "yilmaz"),
        ("Nguyễn", "nguyen"),
        ("O’Driscoll", "odriscoll"),
        ("O'DRISCOLL", "odriscoll"),
        ("Smith-Jones", "smith jones"),
        ("  van  der Merwe ", "van der merwe"),
        ("Weiß", "weiss"),
        ("--", ""),
    ],
)
def test_names_fold_to_plain_letters(written: str, folded: str) -> None:
    assert name_key(written) == folded


@pytest.mark.parametrize(
    ("one", "other"), [("robert", "rupert"), ("mohammed", "muhammad"), ("smith", "smyth"), ("stephen", "stepen")]
)
def test_names_that_sound_alike_share_a_code(one: str, other: str) -> None:
    assert sound_key(one) == sound_key(other)


def test_nicknames_go_both_ways_and_to_each_other() -> None:
    assert "elizabeth" in nickname_variants("liz")
    assert "liz" in nickname_variants("elizabeth")
    assert "beth" in nickname_variants("liz")
    assert nickname_variants("xin") == ()


def test_a_student_stands_under_every_way_a_name_is_written() -> None:
    keys = set(blocking_keys("Mary Ann", "Bee", "Smith-Jones", date(2004, 5, 11)))
    assert {exact_key(given, "smith jones") for given in ("mary ann", "mary", "bee")} <= keys
    assert {part_key("mary", "smith"), part_key("bee", "jones")} <= keys
    assert birth_key(date(2004, 5, 11), "smith jones") in keys


def test_bearers_are_counted_beyond_what_one_look_up_finds(filled: Store) -> None:
    with filled.reading() as session:
        census = Census(session)
        assert census.bearers(exact_key("john", "smith")) == len(SMITHS) == 80
        assert len(students.by_keys(session, [exact_key("john", "smith")])) == 60
        assert census.bearers(exact_key("nobody", "smith")) == 1


def test_bearers_of_a_family_name_are_counted_by_initial(filled: Store) -> None:
    with filled.reading() as session:
        census = Census(session)
        assert census.bearers_of("smith") == 80
        assert census.bearers_of("farah") == 2
        assert census.bearers_of("farah", "i") == 1


def test_look_ups_find_by_half_a_name_and_by_birth_date(filled: Store) -> None:
    with filled.reading() as session:
        assert students.by_keys(session, [part_key("elizabeth", "jones")]) == [ELIZABETH]
        assert students.by_keys(session, [birth_key(date(2004, 5, 11), "whitlock")]) == [ALICE]
        assert students.by_keys(session, []) == []


def test_a_small_register_counts_as_a_part_of_a_university(filled: Store) -> None:
    with filled.reading() as session:
        assert students.size(session) < 100
        assert Census(session).size == 10_000
