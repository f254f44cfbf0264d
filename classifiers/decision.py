"""From outputs and cues to a `Classification`: thresholds, vetoes, abstentions. No model and no spaCy in here."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from classifiers.classification import (
    Abstention,
    AuthorRole,
    Classification,
    Intent,
    IntentReading,
    Letter,
    Obstacle,
    Scope,
    Urgency,
    Veto,
)
from classifiers.cues import Cues
from classifiers.encoder import Outputs
from classifiers.labels import FIRST_ROLE, FIRST_SCOPE, INTENTS, ROLES, SCOPES, URGENT
from classifiers.language import Language
from classifiers.text import Prepared

NAME = "thresholds.json"
_MOST_EVIDENCE = 3
_WITHDRAWAL = INTENTS.index(Intent.CONSENT_WITHDRAWAL)
_QUESTION = INTENTS.index(Intent.CONFIDENTIALITY_QUESTION)
_OTHER = INTENTS.index(Intent.OTHER)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What was fitted on the calibration authors (`python -m classifiers.calibrate`).

    `temperature` divides the logits, then `bias` is taken off each intent's (Platt 1999). `queue`: probability above
    which an intent is named. `act_margin` and `answer_margin`: how far the intent's logit must be above every other's
    for acting without a person; None is off. `scope_margin`: least distance of any scope's logit from zero; None is
    off. `*_bound`: the Wilson bounds shown.
    """

    temperature: float = 1.0
    bias: Mapping[str, float] | None = None
    queue: Mapping[str, float] | None = None
    urgent: float = 0.5
    urgent_with_word: float = 0.1
    act_margin: float | None = None
    act_bound: float = 0.0
    answer_margin: float | None = None
    answer_bound: float = 0.0
    scope_margin: float | None = None
    scope_bound: float = 0.0
    out_of_distribution: float = -1e9

    @classmethod
    def read(cls, path: Path) -> "Thresholds":
        """Read what `write` wrote."""
        return cls(**json.loads(path.read_text(encoding="utf-8")))

    def write(self, path: Path) -> None:
        """Write as JSON."""
        path.write_text(json.dumps(asdict(self), indent=1, sort_keys=True) + "\n", encoding="utf-8")

    def scaled(self, logits: np.ndarray) -> np.ndarray:
        """Calibrate logits (outputs), intents first."""
        found: np.ndarray = logits / self.temperature
        found[: len(INTENTS)] -= [(self.bias or {}).get(intent.value, 0.0) for intent in INTENTS]
        return found


@dataclass(frozen=True, slots=True)
class Heard:
    """Everything known of a letter before the decision. `outputs` is None where there is no model."""

    letter: Letter
    prepared: Prepared
    language: Language
    cues: Cues
    #: stretches in which a word of the urgency lexicon stands: those that always count, and those a model may weigh
    alarms: tuple[str, ...]
    whispers: tuple[str, ...]
    outputs: Outputs | None


def conclude(heard: Heard, thresholds: Thresholds, version: str) -> Classification:
    """Conclude what a letter asks, and on what something may happen without a person."""
    if not heard.prepared.sentences:
        return _abstain(heard, Abstention.EMPTY, thresholds, version)
    if heard.outputs is None:
        return _abstain(heard, Abstention.MODEL_MISSING, thresholds, version)
    if heard.language.code not in ("en", "und") or (heard.language.code == "und" and not heard.language.wholly_english):
        return _abstain(heard, Abstention.NOT_ENGLISH, thresholds, version)
    scaled = thresholds.scaled(heard.outputs.logits)
    probabilities = _sigmoid(scaled)
    queue = thresholds.queue or {}
    named = [k for k, intent in enumerate(INTENTS) if probabilities[k] >= queue.get(intent.value, 0.5)]
    if heard.cues.courtesy:
        named = [_OTHER]
    elif named == [_OTHER] and heard.cues.refuses:
        # "No, scrap it" under a question about sharing: what was refused stands in words that are not the writer's.
        named = []
    if heard.cues.unmistakable and _WITHDRAWAL not in named and not heard.cues.courtesy:
        # The model may be wrong about plain words. Nothing happens alone on them, but a person reads them.
        named = [*named, _WITHDRAWAL]
    if not named:
        best = scaled[: len(INTENTS)].max()
        odd = best < thresholds.out_of_distribution
        reason = Abstention.OUT_OF_DISTRIBUTION if odd else Abstention.UNSURE
        return _abstain(heard, Abstention.TOO_LONG if heard.outputs.too_long else reason, thresholds, version)
    named.sort(key=lambda k: -probabilities[k])
    return _concluded(heard, thresholds, version, scaled, probabilities, named)


def _concluded(
    heard: Heard,
    thresholds: Thresholds,
    version: str,
    scaled: np.ndarray,
    probabilities: np.ndarray,
    named: Sequence[int],
) -> Classification:
    role = ROLES[int(np.argmax(scaled[FIRST_ROLE:]))]
    vetoes = _vetoes(heard, thresholds, named, role)
    withdraws = _WITHDRAWAL in named
    scope, distance = _scope(scaled) if withdraws else ((), 0.0)
    sure = _sure(heard, thresholds, scaled, named, vetoes)
    scope_sure = _scope_sure(scope, distance, heard.cues, thresholds)
    return Classification(
        intents=tuple(IntentReading(INTENTS[k], float(probabilities[k])) for k in named),
        probabilities={intent: float(probabilities[k]) for k, intent in enumerate(INTENTS)},
        sure=sure,
        scope=scope,
        scope_sure=scope_sure,
        limits=heard.cues.limits if withdraws else (),
        complaints=heard.cues.complaints,
        urgent=_urgency(heard, thresholds),
        author_role=role,
        language=heard.language.code,
        wholly_english=heard.language.wholly_english,
        vetoes=vetoes,
        obstacles=_obstacles(heard, thresholds, vetoes, sure, scope_sure=scope_sure) if withdraws else (),
        evidence=_evidence(heard, named[0]),
        version=version,
    )


def _sure(
    heard: Heard, thresholds: Thresholds, scaled: np.ndarray, named: Sequence[int], vetoes: tuple[Veto, ...]
) -> frozenset[Intent]:
    """Model and rules must agree, each by itself."""
    sure = set()
    acts = thresholds.act_margin is not None and act_distance(heard) > thresholds.act_margin
    if acts and _WITHDRAWAL in named and not vetoes:
        sure.add(Intent.CONSENT_WITHDRAWAL)
    answers = thresholds.answer_margin is not None and margin(scaled, _QUESTION) > thresholds.answer_margin
    if answers and list(named) == [_QUESTION] and heard.cues.questions and not _STOPS_AN_ANSWER & set(vetoes):
        sure.add(Intent.CONFIDENTIALITY_QUESTION)
    return frozenset(sure)


def act_distance(heard: Heard) -> float:
    """Give how far the withdrawal's logit is above every other intent's, before calibration, which ranks them worse."""
    return -math.inf if heard.outputs is None else margin(heard.outputs.logits, _WITHDRAWAL)


def _obstacles(
    heard: Heard,
    thresholds: Thresholds,
    vetoes: tuple[Veto, ...],
    sure: frozenset[Intent],
    *,
    scope_sure: bool,
) -> tuple[Obstacle, ...]:
    """Name everything that would have to be otherwise for the withdrawal to be acted on alone."""
    found = []
    if Intent.CONSENT_WITHDRAWAL not in sure:
        heard_at = dict(heard.cues.hits)
        found = [Obstacle(veto.value, heard_at.get(veto, "")) for veto in vetoes]
        distance = act_distance(heard)
        if thresholds.act_margin is None:
            found.append(Obstacle("margin"))
        elif distance <= thresholds.act_margin:
            found.append(Obstacle("margin", short_by=round(thresholds.act_margin - distance, 2)))
    if not scope_sure:
        found.append(Obstacle("scope"))
    return tuple(found)


def margin(logits: np.ndarray, intent: int) -> float:
    """Give the distance of one intent's logit from the greatest other intent's."""
    others = np.delete(logits[: len(INTENTS)], intent)
    return float(logits[intent] - others.max())


def _vetoes(heard: Heard, thresholds: Thresholds, named: Sequence[int], role: AuthorRole) -> tuple[Veto, ...]:
    found = list(heard.cues.vetoes)
    if not heard.language.wholly_english:
        found.append(Veto.NOT_WHOLLY_ENGLISH)
    # "Something else too" is no second request: what is left over for a person harms no withdrawal.
    if len({*named} - {_OTHER}) > 1:
        found.append(Veto.SECOND_INTENT)
    if role is not AuthorRole.STUDENT:
        found.append(Veto.THIRD_PERSON)
    if heard.outputs is not None and heard.outputs.too_long:
        found.append(Veto.TOO_LONG)
    if _urgent_probability(heard, thresholds) >= thresholds.urgent / 2.5:
        # Not enough for an alarm, perhaps: too much for a machine to answer.
        found.append(Veto.URGENCY_UNCLEAR)
    return tuple(dict.fromkeys(found))


def _scope(scaled: np.ndarray) -> tuple[tuple[Scope, ...], float]:
    """Give the scopes above zero, and the least distance of any from zero."""
    logits = scaled[FIRST_SCOPE : FIRST_SCOPE + len(SCOPES)]
    return tuple(scope for scope, z in zip(SCOPES, logits, strict=True) if z > 0), float(np.abs(logits).min())


def _scope_sure(scope: tuple[Scope, ...], distance: float, cues: Cues, thresholds: Thresholds) -> bool:
    """Every scope far from doubt, and named in words, or everything named."""
    if thresholds.scope_margin is None or not scope or distance < thresholds.scope_margin:
        return False
    if len(scope) == len(SCOPES):
        return cues.all_scopes or cues.scopes == frozenset(SCOPES)
    return set(scope) <= cues.scopes


def _urgency(heard: Heard, thresholds: Thresholds) -> Urgency:
    """Lexicon or model may raise it; neither can lower the other."""
    if heard.outputs is None:
        evidence = heard.alarms + heard.whispers
        return Urgency(bool(evidence), tuple(dict.fromkeys(evidence)))
    probability = _urgent_probability(heard, thresholds)
    needed = thresholds.urgent_with_word if heard.whispers else thresholds.urgent
    if not heard.alarms and probability < needed:
        return Urgency()
    deciding = _strongest(heard, URGENT) if probability >= needed else ()
    return Urgency(True, tuple(dict.fromkeys(heard.alarms + heard.whispers + deciding)))


def _urgent_probability(heard: Heard, thresholds: Thresholds) -> float:
    return 0.0 if heard.outputs is None else float(_sigmoid(thresholds.scaled(heard.outputs.logits)[URGENT]))


def _evidence(heard: Heard, output: int) -> tuple[str, ...]:
    """Give the sentences that decided, strongest first; for a withdrawal those with a cue first."""
    found = _strongest(heard, output)
    if output == _WITHDRAWAL:
        found = tuple(dict.fromkeys(one for one in found if one in heard.cues.withdrawing)) or found
    return found


def _strongest(heard: Heard, output: int) -> tuple[str, ...]:
    """Give the sentences whose contribution to `output` is greatest."""
    if heard.outputs is None:
        return ()
    contributions = heard.outputs.contributions[:, output]
    best = np.argsort(-contributions)[:_MOST_EVIDENCE]
    kept = [k for k in best if contributions[k] > 0 and contributions[k] > 0.25 * contributions[best[0]]]
    return tuple(heard.prepared.sentences[k] for k in kept)


def _abstain(heard: Heard, why: Abstention, thresholds: Thresholds, version: str) -> Classification:
    probabilities = {}
    if heard.outputs is not None:
        found = _sigmoid(thresholds.scaled(heard.outputs.logits))
        probabilities = {intent: float(found[k]) for k, intent in enumerate(INTENTS)}
    return Classification(
        probabilities=probabilities,
        complaints=heard.cues.complaints,
        urgent=_urgency(heard, thresholds),
        language=heard.language.code,
        wholly_english=heard.language.wholly_english,
        abstention=why,
        version=version,
    )


def _sigmoid(values: np.ndarray) -> np.ndarray:
    found: np.ndarray = 1 / (1 + np.exp(-np.clip(values, -60, 60)))
    return found


_STOPS_AN_ANSWER = {
    Veto.NOT_WHOLLY_ENGLISH,
    Veto.THIRD_PERSON,
    Veto.SERVICE_IMITATION,
    Veto.TOO_LONG,
    Veto.URGENCY_UNCLEAR,
}
