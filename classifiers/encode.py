"""From sentences to what the encoder reads: token ids, segments, and which sentence each token belongs to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from classifiers.text import Prepared

#: tokens of one window, of the overlap of two, of one sentence, and of the context
WINDOW, OVERLAP, SENTENCE_TOKENS, CONTEXT_TOKENS = 256, 64, 48, 48
#: beyond so many windows a letter is not acted on
MOST_WINDOWS = 4


class Tokenizer(Protocol):
    """What is needed of a tokenizer: pieces of one text, without special tokens, and the special ones."""

    special: "SpecialTokens"
    pad: int

    def ids(self, text: str) -> list[int]:
        """Give the ids of `text`."""


@dataclass(frozen=True, slots=True)
class SpecialTokens:
    """Ids of the encoder's start and separator tokens; `doubled`: two separators between segments, no segment ids."""

    start: int
    separator: int
    doubled: bool


@dataclass(frozen=True, slots=True)
class Window:
    """One input of the encoder; `sentences[i]` is the sentence of token i, -1 for context and special tokens."""

    ids: tuple[int, ...]
    segments: tuple[int, ...]
    sentences: tuple[int, ...]


def windows(prepared: Prepared, tokenizer: Tokenizer, special: SpecialTokens) -> list[Window]:
    """Lay a letter out in windows of at most `WINDOW` own tokens, each with the same context."""
    pieces = [tokenizer.ids(sentence)[:SENTENCE_TOKENS] for sentence in prepared.sentences]
    own = [(token, number) for number, tokens in enumerate(pieces) for token in tokens]
    context = tokenizer.ids(prepared.context)[-CONTEXT_TOKENS:] if prepared.context else []
    starts = range(0, max(len(own) - OVERLAP, 1), WINDOW - OVERLAP) if len(own) > WINDOW else [0]
    return [_window(own[start : start + WINDOW], context, special) for start in starts]


def _window(own: Sequence[tuple[int, int]], context: Sequence[int], special: SpecialTokens) -> Window:
    ids = [special.start, *(token for token, _ in own), special.separator]
    sentences = [-1, *(number for _, number in own), -1]
    segments = [0] * len(ids)
    if context:
        tail = [special.separator] * special.doubled + [*context, special.separator]
        ids += tail
        sentences += [-1] * len(tail)
        segments += [0 if special.doubled else 1] * len(tail)
    return Window(tuple(ids), tuple(segments), tuple(sentences))
