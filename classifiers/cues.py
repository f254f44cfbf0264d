"""The rule layer: cue lexica over the writer's sentences, which agree with the model or veto it."""

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from classifiers.classification import Scope, Veto
from classifiers.urgency import RULES

#: a reply of at most so many words, under a quoted question, may say nothing by itself
_SHORT_ANSWER_WORDS = 14
#: a refusal of at most so many words, signature included, is read with the newest characters of what it answers
_SHORT_REFUSAL_WORDS, _QUOTED = 25, 1500


@dataclass(frozen=True, slots=True)
class Cues:
    """What the rules heard. `withdrawing`: sentences with an explicit cue; `hits`: each veto and where it was heard."""

    withdrawing: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    scopes: frozenset[Scope] = frozenset()
    all_scopes: bool = False
    hits: tuple[tuple[Veto, str], ...] = ()
    #: thanks and greetings, and nothing else at all
    courtesy: bool = False
    #: sentences that withdraw in so many words, and not from another body
    unmistakable: tuple[str, ...] = ()
    #: sentences in which the writer complains
    complaints: tuple[str, ...] = ()
    #: a short refusal under a quoted question about sharing, telling or contacting
    refuses: bool = False

    @property
    def vetoes(self) -> tuple[Veto, ...]:
        """Why a withdrawal is not acted on alone."""
        return tuple(veto for veto, _sentence in self.hits)


class CueLexicon:
    """Compiled patterns of `rules/cues.toml`."""

    def __init__(self, path: Path = RULES / "cues.toml") -> None:
        """Read and compile. Raises ValueError where a pattern is broken, naming its group."""
        groups = tomllib.loads(path.read_text(encoding="utf-8"))
        purposes: Mapping[str, str] = groups.pop("purposes")
        self._cues = {
            name: _compiled(name, "|".join(f"(?:{p})" for p in group["patterns"])) for name, group in groups.items()
        }
        self._purposes = {Scope(name): _compiled(name, one) for name, one in purposes.items() if name != "all"}
        self._all = _compiled("all", purposes["all"])

    def read(self, sentences: Sequence[str], quoted: str, *, has_subject: bool) -> Cues:
        """Hear the cues in the writer's sentences; `quoted` is only asked whether something was asked.

        `has_subject`: the first of the sentences is the subject.
        """
        spoken = [_UNQUOTED.sub(" ", one) for one in sentences]
        withdrawing = [at for at, one in enumerate(spoken) if self._withdraws(one)]
        named = " ".join(spoken)
        return Cues(
            tuple(sentences[at] for at in withdrawing),
            tuple(one for one in sentences if "?" in one or self._has("question", one)),
            tuple(one for one in sentences if self._has("limits", one)),
            frozenset(scope for scope, pattern in self._purposes.items() if pattern.search(named)),
            self._means_everything([spoken[at] for at in withdrawing], named),
            tuple(self._hits(sentences, spoken, withdrawing, quoted)),
            self._only_thanks(sentences[:1] if has_subject else (), sentences[1:] if has_subject else sentences),
            tuple(sentences[at] for at, one in enumerate(spoken) if self._unmistakable(one)),
            tuple(sentences[at] for at, one in enumerate(spoken) if self._complains(one)),
            self._refuses(sentences[1:] if has_subject else sentences, quoted[:_QUOTED]),
        )

    def _hits(
        self, sentences: Sequence[str], spoken: Sequence[str], withdrawing: Sequence[int], quoted: str
    ) -> list[tuple[Veto, str]]:
        acts = [spoken[at] for at in withdrawing]
        everything = " ".join(spoken)
        short = len(everything.split()) <= _SHORT_ANSWER_WORDS
        found = {
            Veto.NO_EXPLICIT_CUE: "" if not acts else None,
            Veto.QUOTATION: None if acts else _first(sentences, self._withdraws),
            Veto.OPEN_CONDITION: self._only("condition", acts, spoken) if acts else None,
            Veto.REVERSAL: self._heard("reversal", spoken) or ("" if self._has("reversal", everything) else None),
            Veto.RIGHTS_WORDS: self._only("rights", acts, spoken),
            Veto.OTHER_BODY: self._only("other_body", acts, spoken),
            Veto.NEEDS_QUOTED_QUESTION: "" if quoted.strip() and short and not self._names_an_object(acts) else None,
            Veto.SERVICE_IMITATION: self._heard("imitation", sentences),
            Veto.PAST_REPORT: self._only("past_report", acts, spoken),
            Veto.QUESTION_FORM: acts[0] if acts and all(self._asks(one) for one in acts) else None,
            Veto.THIRD_PERSON: self._heard("third_person", spoken),
        }
        return [(veto, sentence) for veto, sentence in found.items() if sentence is not None]

    def _means_everything(self, acts: Sequence[str], named: str) -> bool:
        """Say whether the words are for every purpose: "sharing" alone is not, "using" without a purpose is."""
        shares, uses = (any(self._has(cue, one) for one in acts) for cue in ("sharing", "using"))
        if self._all.search(named):
            return uses or not shares
        narrowed = any(pattern.search(one) for one in acts for pattern in self._purposes.values())
        agreed = any(self._has("agreed", one) for one in acts)
        return bool(acts) and not narrowed and (uses or (agreed and not shares))

    def _only_thanks(self, subject: Sequence[str], written: Sequence[str]) -> bool:
        """Say whether every clause is a known courtesy. What could answer a question ("ok", "that's fine") is none."""
        if any(self._has(cue, one) for one in subject for cue in ("withdraw", "reversal", "rights", "question")):
            return False
        clauses = [bare for one in written for clause in _CLAUSE.split(one) if (bare := clause.strip(" '\"-"))]
        if len(clauses) > 1 and _NAME.match(clauses[-1]) and not _ANSWER.search(clauses[-1]):
            del clauses[-1]
        heard = [self._cues["courtesy"].fullmatch(one) for one in clauses]
        return all(heard) and any(one is not None and one["thanks"] for one in heard)

    def _refuses(self, written: Sequence[str], quoted: str) -> bool:
        own = " ".join(written)
        asked = "?" in quoted and self._has("asked", quoted)
        return asked and len(own.split()) <= _SHORT_REFUSAL_WORDS and self._has("refusal", own)

    def _has(self, cue: str, text: str) -> bool:
        return bool(self._cues[cue].search(text))

    def _heard(self, cue: str, sentences: Sequence[str]) -> str | None:
        return _first(sentences, lambda one: self._has(cue, one))

    def _only(self, cue: str, acts: Sequence[str], spoken: Sequence[str]) -> str | None:
        """Give where the cue is heard if no act is free of it; where there is no act, where it is heard at all."""
        if acts and not all(self._has(cue, one) for one in acts):
            return None
        return self._heard(cue, acts or spoken)

    def _withdraws(self, sentence: str) -> bool:
        named = self._has("objects", sentence) or any(one.search(sentence) for one in self._purposes.values())
        return named and self._has("withdraw", sentence)

    def _unmistakable(self, sentence: str) -> bool:
        return self._has("unmistakable", sentence) and not (self._has("other_body", sentence) or self._asks(sentence))

    def _complains(self, sentence: str) -> bool:
        return self._has("complaint", sentence) and not self._has("no_complaint", sentence)

    def _names_an_object(self, acts: Sequence[str]) -> bool:
        return any(pattern.search(one) for one in acts for pattern in self._purposes.values())

    def _asks(self, sentence: str) -> bool:
        return self._has("question", sentence) and not _POLITE.search(sentence)


def _first(sentences: Sequence[str], holds: Callable[[str], bool]) -> str | None:
    return next((one for one in sentences if holds(one)), None)


def _compiled(name: str, pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise ValueError(f"cue {name}: {error}") from error


_CLAUSE = re.compile(r"[,.!:()]+|\s-+\s")
_NAME = re.compile(r"[A-Z][\w'-]*(?: [A-Z][\w'-]*){0,2}$")
_ANSWER = re.compile(
    r"\b(?:yes|yep|yeah|no|nope|never|stop|ok|okay|agreed?|confirm\w*|please|do|don't|neither|both)\b", re.I
)
_UNQUOTED = re.compile(r"\"[^\"]{12,}\"|(?<!\w)'[^']{20,}'(?!\w)")
_POLITE = re.compile(
    r"\b(?:can|could|would|will|cd) (?:you|u|ye|someone|somebody|somone|we|it|that|this|everyone|they)\b", re.IGNORECASE
)
