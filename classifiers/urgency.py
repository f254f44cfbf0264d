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
    found = (one for one in stretches if any(pattern.search(one) for pattern in patterns))
    return tuple(islice(dict.fromkeys(found), _MOST_EVIDENCE))


def _compiled(groups: Mapping[str, Sequence[str]], file: str) -> list[re.Pattern[str]]:
    compiled = []
    for name, patterns in groups.items():
        try:
            compiled.append(re.compile("|".join(f"(?:{one})" for one in patterns), re.IGNORECASE))
        except re.error as error:
            raise ValueError(f"{file}: group {name}: {error}") from error
    return compiled
