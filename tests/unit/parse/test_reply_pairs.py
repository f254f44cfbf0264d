"""Whose words are whose in replies as mail programs send them: `tests/replies`, a third of it held back from mending.

Aim: 90 % exact, under 1 % of the writers' words lost. Traps are letters made to look like footers, banners and quotes.
"""

import pytest

from tests.bench.own_words import own_words, read_pairs, score


@pytest.mark.parametrize("held_back", [False, True])
def test_nine_replies_of_ten_are_exact_and_hardly_a_word_is_lost(held_back: bool) -> None:
    pairs = [one for one in read_pairs() if one.held_back is held_back]
    everything, ordinary = score(pairs, own_words), score([one for one in pairs if one.kind != "trap"], own_words)
    assert everything.letters >= 70
    assert everything.exact >= 0.9 * everything.letters
    assert everything.lost < 0.025 * everything.words
    assert ordinary.lost < 0.01 * ordinary.words
