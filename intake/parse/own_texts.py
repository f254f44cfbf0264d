"""Our own templates and the published policy, known again where somebody quotes them back."""

import re
from functools import lru_cache

_JINJA = re.compile(r"\{\{.{0,200}?\}\}|\{%.{0,200}?%\}|\{#.{0,500}?#\}", re.S)
_RUN = 8
_SHORTEST = 4
_FILLED_IN = re.compile(
    r"\d|^(?:January|February|March|April|May|June|July|August|September|October|November|December)\b"
)
_FIRST_PERSON = re.compile(r"\b(?:i|i['’]?(?:m|ve|d|ll)|me|my|mine)\b", re.I)
_SMALL = frozenset({"of", "the", "and", "for", "&"})
_ANSWERS = re.compile(r"\b(?:yes|no|not|never|stop|please|ok|okay|thanks?|agreed?|withdraw\w*|don['’]?t)\b", re.I)
_EDGES = ">*_|\"'“”‘’«».,;:!?…()"


class Known:
    """The literal runs of words of our own texts."""

    def __init__(self, texts: tuple[str, ...]) -> None:
        """Read `texts`, templates with their Jinja parts left out."""
        self._runs: dict[int, set[tuple[str, ...]]] = {}
        #: words of stretches too short to be known by themselves: "On" before a date
        self._short: set[str] = set()
        self._lines = {line.strip() for text in texts for line in text.split("\n") if "{" not in line and line.strip()}
        for text in texts:
            for literal in _JINJA.split(text):
                self._learn([one for one in map(_bare, literal.split()) if one])

    def __bool__(self) -> bool:
        """Whether there is anything to know again."""
        return bool(self._runs)

    def without(self, text: str) -> str:
        """Give `text` without our own words; what somebody wrote between them stays."""
        kept = []
        for line, flags in self._flagged(text):
            if any(flags):
                kept.append(" ".join(word for word, ours in zip(line.split(), flags, strict=True) if not ours))
            else:
                kept.append(line)
        return _tidied(kept)

    def apart(self, text: str) -> tuple[str, str]:
        """Split `text` into what is not ours and our lines that came back without a quote mark.

        Between two lines of ours, what only fills a template in (a date, a purpose, a wrapped rest) goes with them.
        """
        lines = self._flagged(text)
        ours = [self._is_ours(line, flags) for line, flags in lines]
        if not any(ours):
            return text, ""
        first, last = ours.index(True), len(ours) - 1 - ours[::-1].index(True)
        for place in range(first, last + 1):
            line, flags = lines[place]
            ours[place] = ours[place] or _fills_in(line, flags)
        self._grow(lines, ours, first, -1)
        self._grow(lines, ours, last, 1)
        new = [line for (line, _), own in zip(lines, ours, strict=True) if not own]
        return _tidied(new), "\n".join(line for (line, _), own in zip(lines, ours, strict=True) if own)

    def _grow(self, lines: list[tuple[str, list[bool]]], ours: list[bool], edge: int, step: int) -> None:
        """Take the short lines of ours that stand right above the first (a greeting) or below the last (a rest)."""
        place = edge + step
        while 0 <= place < len(lines):
            line, flags = lines[place]
            if line.strip():
                if not (line.strip() in self._lines or (flags and all(flags))):
                    return
                ours[place] = True
            place += step

    def _is_ours(self, line: str, flags: list[bool]) -> bool:
        """Tell whether every word of a line of eight words or more is ours, or fills a date or a reference in."""
        words = line.split()
        return (
            len(words) >= _RUN
            and 2 * sum(flags) >= len(flags)
            and all(
                own or _FILLED_IN.search(word) or _bare(word) in self._short
                for word, own in zip(words, flags, strict=True)
            )
        )

    def _flagged(self, text: str) -> list[tuple[str, list[bool]]]:
        """Give each line with a flag for each of its words: ours or not. A run goes on over line ends."""
        ours = self._ours(text.split())
        flagged, at = [], 0
        for line in text.split("\n"):
            count = len(line.split())
            flagged.append((line, ours[at : at + count]))
            at += count
        return flagged

    def _learn(self, words: list[str]) -> None:
        if len(words) < _SHORTEST:
            self._short.update(words)
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


def _fills_in(line: str, flags: list[bool]) -> bool:
    """Tell whether a line between ours is the rest of one of ours, or a list item or date that a template took in."""
    if _FIRST_PERSON.search(line):
        return False
    if _is_heading(line):
        return True
    mostly_ours = 2 * sum(flags) >= len(flags) > 0
    return mostly_ours or (len(flags) < _RUN and bool(line.startswith("- ") or _FILLED_IN.search(line)))


def _is_heading(line: str) -> bool:
    """Tell whether a line is a name of an office, as a template takes them in: two to six words, each capitalised."""
    words = line.split()
    named = all(one[0].isupper() or one in _SMALL for one in words)
    return 2 <= len(words) <= 6 and named and line[-1:].isalnum() and not _ANSWERS.search(line)


def _tidied(lines: list[str]) -> str:
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _bare(word: str) -> str:
    return word.replace("’", "'").strip(_EDGES)
