"""The topics of a question: which parts of the published policy answer it. Pure rules over sentences."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from classifiers.classification import Letter
from classifiers.cues import CueLexicon
from classifiers.text import prepare
from classifiers.urgency import RULES

_REFERS_BACK = re.compile(r"\b(?:it|this|that|these|those|they|them|she|he|her|him)\b", re.IGNORECASE)
#: the group of what the policy does not speak of
_SILENT = "silent"


class TopicLexicon:
    """Compiled patterns of `rules/topics.toml`; `topics` are its names, in the order in which answers are given."""

    def __init__(self, path: Path = RULES / "topics.toml", cues: CueLexicon | None = None) -> None:
        """Read and compile. Raises ValueError where the file or a pattern is broken, naming its group."""
        groups: Mapping[str, Mapping[str, Sequence[str]]] = tomllib.loads(path.read_text(encoding="utf-8"))
        self.topics = tuple(name for name in groups if name != _SILENT)
        self._cues = cues or CueLexicon()
        self._patterns = {name: _compiled(path.name, name, group) for name, group in groups.items()}
        self._also = {name: tuple(group.get("also", ())) for name, group in groups.items()}
        unknown = sorted({one for also in self._also.values() for one in also} - set(self.topics))
        if unknown:
            raise ValueError(f"{path.name}: `also` names no topic: {', '.join(unknown)}")

    def of(self, letter: Letter) -> tuple[str, ...]:
        """Give the topics of a letter's questions, in the order of the file; empty where the reader abstains."""
        return self.read(prepare(letter).sentences)

    def read(self, sentences: Sequence[str]) -> tuple[str, ...]:
        """Give the topics of `sentences`; empty where nothing is asked, or one question is about none of them."""
        found: set[str] = set()
        for at, sentence in enumerate(sentences):
            if not self._asks(sentence):
                continue
            heard = self._heard(sentence)
            if not heard and at and _REFERS_BACK.search(sentence):
                # "My counsellor has a supervisor. Does she get my name?"
                heard = self._heard(sentences[at - 1])
            if not heard or _SILENT in heard:
                return ()
            found |= heard
        found |= {one for topic in found for one in self._also[topic]}
        return tuple(topic for topic in self.topics if topic in found)

    def _asks(self, sentence: str) -> bool:
        return "?" in sentence or bool(self._cues.read((sentence,), "", has_subject=False).questions)

    def _heard(self, sentence: str) -> set[str]:
        return {name for name, pattern in self._patterns.items() if pattern.search(sentence)}


def _compiled(file: str, name: str, group: Mapping[str, Sequence[str]]) -> re.Pattern[str]:
    try:
        return re.compile("|".join(f"(?:{one})" for one in group["patterns"]), re.IGNORECASE)
    except (KeyError, TypeError, re.error) as error:
        raise ValueError(f"{file}: topic {name}: {error}") from error
