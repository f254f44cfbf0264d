"""The urgency lexicon: words that make a person read a letter now. Works without any model; nothing can lower it."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path

RULES = Path(__file__).parent / "rules"
_MOST_EVIDENCE = 5


class UrgencyLexicon:
    """Compiled patterns of `rules/urgency.toml`."""

    def __init__(self, path: Path = RULES / "urgency.toml") -> None:
        """Read and compile. Raises ValueError where a pattern is broken, naming its group."""
        tiers: dict[str, dict[str, list[str]]] = tomllib.loads(path.read_text(encoding="utf-8"))
        self._always = _compiled(tiers["always"], path.name)
        self._weighed = _compiled(tiers["weighed"], path.name)

    def evidence(self, stretches: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Give the stretches that always raise an alarm, and those that a model weighs; at most five of each."""
        return _found(self._always, stretches), _found(self._weighed, stretches)


def _found(patterns: Sequence[re.Pattern[str]], stretches: Sequence[str]) -> tuple[str, ...]:
    found = (one for one in stretches if any(pattern.search(said) for said in _said(one) for pattern in patterns))
    return tuple(islice(dict.fromkeys(found), _MOST_EVIDENCE))


def _said(stretch: str) -> set[str]:
    """Give a stretch as it stands, and as it is meant where letters are hidden: "k1ll", "su*cide", "d i e"."""
    joined = _SPACED.sub(lambda hit: hit[0].replace(" ", ""), stretch)
    return {stretch, _MIXED.sub(lambda hit: _uncovered(hit[0].translate(_LETTERS)), joined)}


def _uncovered(word: str) -> str:
    if "*" not in word:
        return word
    meant = re.compile(re.escape(word).replace(r"\*", r"\w"), re.IGNORECASE)
    return next((one for one in _HIDDEN if meant.fullmatch(one)), word)


#: a word in which digits, signs or stars stand for letters
_MIXED = re.compile(
    r"(?<![\w@$*])(?![\w@$!*-]*\d\d)(?=[\w@$!*-]*[a-z])(?=[\w@$!*-]*[013457@$!*])[\w@$!*-]+", re.IGNORECASE
)
_LETTERS = str.maketrans("013457@$!", "oieastasi")
_SPACED = re.compile(r"(?<!\w)(?:\w ){2,}\w(?!\w)")
#: words that are written with stars
_HIDDEN = (
    "kill",
    "killed",
    "killing",
    "suicide",
    "suicidal",
    "die",
    "dying",
    "dead",
    "death",
    "rape",
    "raped",
    "rapes",
    "rapist",
    "abuse",
    "abused",
    "cut",
    "cutting",
    "hurt",
    "hurting",
    "harm",
    "harming",
    "overdose",
    "overdosed",
    "hang",
    "hanging",
    "stab",
    "stabbed",
    "beat",
    "choke",
    "choked",
    "strangle",
    "strangled",
    "self-harm",
    "self-harming",
)


def _compiled(groups: Mapping[str, Sequence[str]], file: str) -> list[re.Pattern[str]]:
    compiled = []
    for name, patterns in groups.items():
        try:
            compiled.append(re.compile("|".join(f"(?:{one})" for one in patterns), re.IGNORECASE))
        except re.error as error:
            raise ValueError(f"{file}: group {name}: {error}") from error
    return compiled
