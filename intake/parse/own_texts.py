"""Our own templates and the published policy, known again where somebody quotes them back."""

import re
from functools import lru_cache

_JINJA = re.compile(r"\{\{.{0,200}?\}\}|\{%.{0,200}?%\}|\{#.{0,500}?#\}", re.S)
_RUN = 8
_SHORTEST = 4
_EDGES = ">*_|\"'“”‘’«».,;:!?…()"


class Known:
    """The literal runs of words of our own texts."""

    def __init__(self, texts: tuple[str, ...]) -> None:
        """Read `texts`, templates with their Jinja parts left out."""
        self._runs: dict[int, set[tuple[str, ...]]] = {}
        for text in texts:
            for literal in _JINJA.split(text):
                self._learn([one for one in map(_bare, literal.split()) if one])

    def __bool__(self) -> bool:
        """Whether there is anything to know again."""
        return bool(self._runs)

    def without(self, text: str) -> str:
        """Give `text` without our own words; what somebody wrote between them stays."""
        words = text.split()
        ours = self._ours(words)
        if not any(ours):
            return text
        kept, at = [], 0
        for line in text.split("\n"):
            count = len(line.split())
            flags = ours[at : at + count]
            kept.append(
                line if not any(flags) else " ".join(w for w, own in zip(line.split(), flags, strict=True) if not own)
            )
            at += count
        return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()

    def is_ours(self, line: str) -> bool:
        """Tell whether every word of a line of eight words or more is ours."""
        words = line.split()
        return len(words) >= _RUN and all(self._ours(words))

    def _learn(self, words: list[str]) -> None:
        if len(words) < _SHORTEST:
            return
        length = min(_RUN, len(words))
        runs = self._runs.setdefault(length, set())
        for start in range(len(words) - length + 1):
            runs.add(tuple(words[start : start + length]))

    def _ours(self, words: list[str]) -> list[bool]:
        """Mark the words that stand in a run of ours. Marks of quoting between them do not break a run."""
        places = [(index, bare) for index, word in enumerate(words) if (bare := _bare(word))]
        ours = [not _bare(word) for word in words]
        hit = [False] * len(words)
        for length, runs in self._runs.items():
            for start in range(len(places) - length + 1):
                if tuple(bare for _, bare in places[start : start + length]) in runs:
                    for index, _ in places[start : start + length]:
                        hit[index] = True
        return [one or (mark and any(hit)) for one, mark in zip(hit, ours, strict=True)]


@lru_cache(maxsize=8)
def known(texts: tuple[str, ...]) -> Known:
    """Give what is known of `texts`, worked out once."""
    return Known(texts)


def _bare(word: str) -> str:
    return word.replace("’", "'").strip(_EDGES)
