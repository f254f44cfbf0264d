"""The urgency lexicon: words that make a person read a letter now. Works without any model; nothing can lower it."""

import re
import tomllib
from pathlib import Path

RULES = Path(__file__).parent / "rules"
_MOST_EVIDENCE = 5


class UrgencyLexicon:
    """Compiled patterns of `rules/urgency.toml`."""

    def __init__(self, path: Path = RULES / "urgency.toml") -> None:
        """Read and compile. Raises ValueError where a pattern is broken, naming its group."""
        groups: dict[str, list[str]] = tomllib.loads(path.read_text(encoding="utf-8"))["patterns"]
        self._groups: list[re.Pattern[str]] = []
        for name, patterns in groups.items():
            try:
                self._groups.append(re.compile("|".join(f"(?:{one})" for one in patterns), re.IGNORECASE))
            except re.error as error:
                raise ValueError(f"{path.name}: group {name}: {error}") from error

    def evidence(self, stretches: list[str]) -> tuple[str, ...]:
        """Give the stretches in which a pattern is found, at most five."""
        found = [one for one in stretches if any(group.search(one) for group in self._groups)]
        return tuple(dict.fromkeys(found))[:_MOST_EVIDENCE]
