"""Identifiers: a holder is known to live or not, and so is its second hand."""

from intake.identifiers import beside, is_dead, this_process


def test_a_process_that_lives_and_its_second_hand_are_not_dead() -> None:
    assert not is_dead(this_process())
    assert not is_dead(beside(this_process()))
    assert len(beside(this_process())) <= 40


def test_a_process_with_another_start_is_dead_and_so_is_its_second_hand() -> None:
    before = this_process().rpartition("/")[0] + "/1"
    assert is_dead(before)
    assert is_dead(beside(before))
