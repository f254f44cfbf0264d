"""How far two readers agree: `python -m classifiers.agreement AUTHOR...` compares `corpus/second/` with the labels.

Prints Cohen's kappa (Cohen 1960) for each intent, urgency, `clear` and each scope, and names the letters in dispute.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from classifiers.classification import Intent, Scope
from classifiers.corpus_files import CORPUS

SECOND = CORPUS / "second"

Labels = Mapping[str, Any]


def main(authors: Sequence[str]) -> int:
    """Compare, and print."""
    authors = authors or sorted(path.stem for path in SECOND.glob("*.jsonl"))
    pairs = [pair for author in authors for pair in _pairs(author)]
    print(f"{len(pairs)} letters of {', '.join(authors)}, read twice")
    for name, ours, theirs in _compared(pairs):
        print(f"{name:26} {sum(ours):>5} {sum(theirs):>5}   kappa {kappa(ours, theirs):.2f}")
    disputed = [first["id"] for first, second in pairs if _weighty(first) != _weighty(second)]
    print(f"in dispute over a withdrawal or urgency: {' '.join(disputed) or 'none'}")
    return 0


def kappa(ours: Sequence[bool], theirs: Sequence[bool]) -> float:
    """Give Cohen's kappa of two readers' yes and no; 1 where both always say the same one thing."""
    count = len(ours)
    agreed = sum(one == other for one, other in zip(ours, theirs, strict=True)) / count
    by_chance = (sum(ours) * sum(theirs) + (count - sum(ours)) * (count - sum(theirs))) / count**2
    return 1.0 if by_chance == 1 else (agreed - by_chance) / (1 - by_chance)


def _pairs(author: str) -> Iterator[tuple[Labels, Labels]]:
    second = {one["id"]: one for one in _lines(SECOND / f"{author}.jsonl")}
    for first in _lines(CORPUS / f"{author}.jsonl"):
        if first["id"] in second:
            yield first, second[first["id"]]


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def _compared(pairs: Sequence[tuple[Labels, Labels]]) -> Iterator[tuple[str, list[bool], list[bool]]]:
    both = [pair for pair in pairs if all(one.get("scope") for one in pair)]
    for name, holds in _COLUMNS.items():
        chosen = both if name == "clear" or name in list(Scope) else pairs
        yield name, [holds(first) for first, _ in chosen], [holds(second) for _, second in chosen]


def _asks(intent: str) -> Callable[[Labels], bool]:
    return lambda labels: intent in labels["intents"]


def _withdraws(scope: str) -> Callable[[Labels], bool]:
    return lambda labels: labels["scope"] == "all" or scope in labels["scope"]


def _weighty(labels: Labels) -> tuple[bool, bool]:
    return Intent.CONSENT_WITHDRAWAL in labels["intents"], bool(labels.get("urgent"))


_COLUMNS: dict[str, Callable[[Labels], bool]] = {
    **{intent: _asks(intent) for intent in (*(one.value for one in Intent), "automated")},
    "urgent": lambda labels: bool(labels.get("urgent")),
    "clear": lambda labels: bool(labels.get("clear")),
    **{scope.value: _withdraws(scope) for scope in Scope},
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
