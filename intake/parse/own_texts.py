"""Our own templates and the published policy, known again where somebody quotes them back."""

import re
from functools import lru_cache

_JINJA = re.compile(r"\{\{.{0,200}?\}\}|\{%.{0,200}?%\}|\{#.{0,500}?#\}", re.S)
_RUN = 8
_SHORTEST = 4
_FILLED_IN = re.compile(
    r"\d|@|^(?:January|February|March|April|May|June|July|August|September|October|November|December)\b"
)
_FIRST_PERSON = re.compile(r"\b(?:i|i['’]?(?:m|ve|d|ll)|me|my|mine)\b", re.I)
_SMALL = frozenset({"of", "the", "and", "for", "&"})
_ANSWERS = re.compile(r"\b(?:yes|no|not|never|stop|please|ok|okay|thanks?|agreed?|withdraw\w*|don['’]?t)\b", re.I)
_EDGES = ">*_|\"'“”‘’«».,;:!?…()"


#: lines, each with a flag for each of its words: ours or not
_Flagged = list[tuple[str, list[bool]]]


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

    def apart(self, whole: str) -> tuple[str, str]:
        """Split `whole` into what is not ours and our paragraphs and lines that came back without a quote mark.

        Between two of ours, what only fills a template in (a date, a purpose, a wrapped rest) goes with them, and so do
        our short paragraphs right above the first (a greeting) and below the last (a reference, a name).
        """
        lines = self._flagged(whole)
        ours = [self._is_ours(line, flags) for line, flags in lines]
        blocks = _paragraphs(lines)
        for block in blocks:
            if self._is_ours(*_joined(lines, block)):
                ours[block] = [True] * len(ours[block])
        if not any(ours):
            return whole, ""
        first, last = ours.index(True), len(ours) - 1 - ours[::-1].index(True)
        for block in blocks:
            text, flags = _joined(lines, block)
            if first <= block.start and block.stop - 1 <= last and len(flags) < _RUN and _fills_in(text, flags):
                ours[block] = [True] * len(ours[block])
        for place in range(first, last + 1):
            ours[place] = ours[place] or _fills_in(*lines[place])
        self._grow(lines, ours, [one for one in reversed(blocks) if one.stop <= first])
        self._grow(lines, ours, [one for one in blocks if one.start > last])
        new = [line for (line, _), own in zip(lines, ours, strict=True) if not own]
        return _tidied(new), "\n".join(line for (line, _), own in zip(lines, ours, strict=True) if own)

    def _grow(self, lines: _Flagged, ours: list[bool], outward: list[slice]) -> None:
        """Take short paragraphs of ours, from the nearest on, until one is not ours."""
        for block in outward:
            text, flags = _joined(lines, block)
            if not (all(flags) or text in self._lines or self._fits(text, flags)):
                return
            ours[block] = [True] * len(ours[block])

    def _is_ours(self, text: str, flags: list[bool]) -> bool:
        """Tell whether every word of eight words or more is ours, or fills a date or a reference in."""
        return len(flags) >= _RUN and 2 * sum(flags) >= len(flags) and self._fits(text, flags)

    def _fits(self, text: str, flags: list[bool]) -> bool:
        """Tell whether every word is ours, stands in a short stretch of ours or fills something in, and most do not."""
        words = text.split()
        known_words = [own or _bare(word) in self._short for word, own in zip(words, flags, strict=True)]
        filled = [bool(_FILLED_IN.search(word)) for word in words]
        return 2 * sum(known_words) > len(words) and all(map(max, known_words, filled))

    def _flagged(self, text: str) -> _Flagged:
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


def _paragraphs(lines: _Flagged) -> list[slice]:
    """Give the runs of lines between blank ones."""
    blocks, start = [], None
    for place, (line, _) in enumerate([*lines, ("", [])]):
        if line.strip():
            start = place if start is None else start
        elif start is not None:
            blocks.append(slice(start, place))
            start = None
    return blocks


def _joined(lines: _Flagged, block: slice) -> tuple[str, list[bool]]:
    return " ".join(line.strip() for line, _ in lines[block]), [flag for _, flags in lines[block] for flag in flags]


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
