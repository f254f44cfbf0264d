"""Memory: what a letter brought leaves with it, and reading goes on unchanged when the vocabulary is made anew."""

from itertools import product
from typing import Any

import pytest

from classifiers import reader as module
from classifiers.classification import Letter
from classifiers.reader import Reader, blank


def test_the_vocabulary_does_not_grow_with_the_letters_read(monkeypatch: pytest.MonkeyPatch, reader: Reader) -> None:
    monkeypatch.setattr(module, "_LETTERS_A_VOCABULARY", 10)
    words = ["".join(letters) for letters in product("bdfgklmn", "aeiou", "prst", "aeiou")]
    letter = Letter("Please stop sharing my notes with my tutor. I withdraw my consent.")
    before = reader.read(letter)
    sizes = []
    for first in range(0, 40 * 20, 20):
        reader.read(Letter(f"My friends are {', '.join(words[first : first + 20])}."))
        sizes.append(len(reader._pipeline.vocab))
    # Each letter has twenty words of its own: without a new vocabulary there would be hundreds more in the end.
    assert max(sizes[20:]) < max(sizes[:20]) + 20
    assert reader.read(letter) == before


def test_a_new_vocabulary_splits_words_as_the_shipped_one_does(reader: Reader) -> None:
    fresh: Any = blank().tokenizer
    shipped: Any = reader._pipeline.tokenizer
    assert fresh.to_bytes() == shipped.to_bytes()
