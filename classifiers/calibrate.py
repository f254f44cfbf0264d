"""Fit the thresholds on the calibration authors: `python -m classifiers.calibrate`. Needs no torch.

Thresholds come from the risk stated in `config/policy.toml`, on writers of whom nothing was trained on; each bound
that was shown is stored beside its threshold.
"""

import math
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from classifiers.classification import Intent, Scope
from classifiers.corpus_files import Example, read_all, split
from classifiers.decision import Heard, Thresholds, act_distance, conclude, margin
from classifiers.labels import INTENTS, URGENT
from classifiers.reader import MODEL, Reader, load, seal

POLICY = Path(__file__).parent.parent / "config" / "policy.toml"
_ONE_SIDED_95 = 1.645
_WITHDRAWAL = INTENTS.index(Intent.CONSENT_WITHDRAWAL)
_QUESTION = INTENTS.index(Intent.CONFIDENTIALITY_QUESTION)


@dataclass(frozen=True, slots=True)
class Risk:
    """What `config/policy.toml` accepts."""

    withdrawal_bound: float
    answer_bound: float
    scope_bound: float
    withdrawal_recall: float
    false_alarms: float


def main() -> None:
    """Fit, write and print."""
    risk = Risk(**tomllib.loads(POLICY.read_text(encoding="utf-8"))["classifier"])
    reader = load()
    examples = read_all(split()["calibration"])
    heard = [reader.heard(one.letter) for one in examples]
    thresholds = fitted(heard, examples, risk)
    thresholds.write(MODEL / "letter_decision" / "thresholds.json")
    seal(MODEL)
    print(_report(thresholds, heard, examples, reader))


def fitted(heard: Sequence[Heard], examples: Sequence[Example], risk: Risk) -> Thresholds:
    """Fit every threshold, one after the other: later ones rest on earlier ones."""
    logits = np.stack([_logits(one) for one in heard])
    temperature, bias = _scaling(logits, examples)
    found = Thresholds(temperature=temperature, bias=bias)
    scaled = np.stack([found.scaled(one) for one in logits])
    found = replace(found, queue=_queue(scaled, examples, risk))
    alone, with_word = _urgency(scaled, heard, examples, risk)
    found = replace(found, urgent=alone, urgent_with_word=with_word)
    return _acting(found, heard, examples, risk)


def wilson(right: int, of: int) -> float:
    """Give the lower Wilson bound, one-sided 95 %, of a share (Wilson 1927)."""
    if of == 0:
        return 0.0
    share, z2 = right / of, _ONE_SIDED_95**2
    spread = _ONE_SIDED_95 * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    return (share + z2 / (2 * of) - spread) / (1 + z2 / of)


def _logits(heard: Heard) -> np.ndarray:
    if heard.outputs is None:
        return np.full(len(INTENTS) + 1, -20.0)
    return heard.outputs.logits[: len(INTENTS) + 1]


def _scaling(logits: np.ndarray, examples: Sequence[Example]) -> tuple[float, dict[str, float]]:
    """Give the temperature and each intent's bias of least negative log-likelihood (Platt 1999, one slope for all)."""
    truth = np.array([[intent in one.intents for intent in INTENTS] for one in examples])
    biases = np.arange(-30, 41) / 10

    def losses(temperature: float) -> np.ndarray:
        z = logits[:, : len(INTENTS), None] / temperature - biases
        return np.asarray(np.logaddexp(0, np.where(truth[:, :, None], -z, z)).mean(0))

    tried: list[float] = [1 + step / 20 for step in range(-10, 61)]
    temperature = min(tried, key=lambda one: float(losses(one).min(1).sum()))
    best = losses(temperature).argmin(1)
    return round(temperature, 2), {
        intent.value: round(float(biases[at]), 1) for intent, at in zip(INTENTS, best, strict=True)
    }


def _queue(scaled: np.ndarray, examples: Sequence[Example], risk: Risk) -> dict[str, float]:
    """A withdrawal is named where nearly all of them are; the others where F1 is best."""
    found: dict[str, float] = {}
    for column, intent in enumerate(INTENTS):
        truth = np.array([intent in one.intents for one in examples])
        probability = 1 / (1 + np.exp(-scaled[:, column]))
        if column == _WITHDRAWAL:
            at = float(np.quantile(probability[truth], 1 - risk.withdrawal_recall))
            found[intent.value] = round(min(0.5, max(0.02, at)), 3)
        else:
            found[intent.value] = round(_best_f1(probability, truth), 3)
    return found


def _best_f1(probability: np.ndarray, truth: np.ndarray) -> float:
    def f1(at: float) -> float:
        said = probability >= at
        return float(2 * (said & truth).sum() / max(said.sum() + truth.sum(), 1))

    # Below a half a person looks once more than needed; above it an ask could be lost.
    return max((step / 50 for step in range(8, 26)), key=f1)


def _urgency(
    scaled: np.ndarray, heard: Sequence[Heard], examples: Sequence[Example], risk: Risk
) -> tuple[float, float]:
    """Spend the accepted false alarms: the lexicon's first, the model's (alone, with a word) with the rest."""
    urgent = np.array([one.urgent for one in examples])
    always = np.array([bool(one.alarms) for one in heard])
    whispered = np.array([bool(one.whispers) for one in heard])
    probability = 1 / (1 + np.exp(-scaled[:, URGENT]))
    ordinary = ~urgent
    best = (1.0, 1.0)
    best_found = -1
    for with_word in (0.02, 0.05, 0.1, 0.2, 0.3, 0.5):
        for alone in (step / 50 for step in range(1, 50)):
            raised = always | (probability >= np.where(whispered, min(with_word, alone), alone))
            if raised[ordinary].mean() <= risk.false_alarms and raised[urgent].sum() > best_found:
                best_found, best = int(raised[urgent].sum()), (alone, min(with_word, alone))
    return best


def _acting(found: Thresholds, heard: Sequence[Heard], examples: Sequence[Example], risk: Risk) -> Thresholds:
    """Find the least margins at which the bounds hold; where none does, acting alone is off."""
    wide_open = replace(found, act_margin=-99.0, answer_margin=-99.0, scope_margin=0.0)
    read = [conclude(one, wide_open, "") for one in heard]
    scaled = [found.scaled(_logits(one)) for one in heard]
    acts = [
        (act_distance(letter), _right_act(one))
        for letter, reading, one in zip(heard, read, examples, strict=True)
        if Intent.CONSENT_WITHDRAWAL in reading.sure
    ]
    answers = [
        (margin(z, _QUESTION), one.intents[0] is Intent.CONFIDENTIALITY_QUESTION and len(one.intents) == 1)
        for z, reading, one in zip(scaled, read, examples, strict=True)
        if Intent.CONFIDENTIALITY_QUESTION in reading.sure
    ]
    act_margin, act_bound = _least(acts, risk.withdrawal_bound)
    answer_margin, answer_bound = _least(answers, risk.answer_bound)
    found = replace(
        found, act_margin=act_margin, act_bound=act_bound, answer_margin=answer_margin, answer_bound=answer_bound
    )
    return _scope(found, heard, examples, risk)


def _scope(found: Thresholds, heard: Sequence[Heard], examples: Sequence[Example], risk: Risk) -> Thresholds:
    def exact(scope: tuple[Scope, ...], one: Example) -> bool:
        return set(scope) == set(one.scope or ())

    # Without any act nothing is decided by scope: then all sure scopes count.
    trial = replace(found, scope_margin=0.0)
    pairs = []
    for step in range(13):
        margin_now = step / 4
        now = replace(trial, scope_margin=margin_now)
        read = [conclude(one, now, "") for one in heard]
        kept = [
            exact(reading.scope, one)
            for reading, one in zip(read, examples, strict=True)
            if reading.scope_sure and Intent.CONSENT_WITHDRAWAL in reading.sure
        ]
        pairs.append((margin_now, wilson(sum(kept), len(kept)), len(kept)))
    good = [pair for pair in pairs if pair[1] >= risk.scope_bound]
    if not good:
        return replace(found, scope_margin=None, scope_bound=max((pair[1] for pair in pairs), default=0.0))
    chosen = good[0]
    return replace(found, scope_margin=chosen[0], scope_bound=round(chosen[1], 4))


def _right_act(one: Example) -> bool:
    """An act is right where the student withdraws: not somebody else for them."""
    return Intent.CONSENT_WITHDRAWAL in one.intents and Intent.THIRD_PARTY_ENQUIRY not in one.intents


def _least(acts: Sequence[tuple[float, bool]], bound: float) -> tuple[float | None, float]:
    """Give the least margin whose acts show the bound, and the bound; (None, best) where none does."""
    ranked = sorted(acts, key=lambda act: -act[0])
    best: tuple[float | None, float] = (None, 0.0)
    highest = 0.0
    for count in range(1, len(ranked) + 1):
        shown = wilson(sum(right for _, right in ranked[:count]), count)
        highest = max(highest, shown)
        if shown >= bound:
            best = (round(ranked[count - 1][0] - 1e-6, 4), round(shown, 4))
    return best if best[0] is not None else (None, round(highest, 4))


def _report(thresholds: Thresholds, heard: Sequence[Heard], examples: Sequence[Example], reader: Reader) -> str:
    read = [conclude(one, thresholds, "") for one in heard]
    lines = [
        f"reader {reader.version}, {len(examples)} letters of {', '.join(split()['calibration'])}",
        str(thresholds),
    ]
    counters: dict[str, Callable[[int], bool]] = {
        "withdrawals acted on alone": lambda k: Intent.CONSENT_WITHDRAWAL in read[k].sure,
        "of these right": lambda k: Intent.CONSENT_WITHDRAWAL in read[k].sure and _right_act(examples[k]),
        "of these with sure scope": lambda k: Intent.CONSENT_WITHDRAWAL in read[k].sure and read[k].scope_sure,
        "withdrawals": lambda k: Intent.CONSENT_WITHDRAWAL in examples[k].intents,
        "withdrawals left alone": lambda k: (
            Intent.CONSENT_WITHDRAWAL in examples[k].intents
            and {one.intent for one in read[k].intents} == {Intent.OTHER}
            and not read[k].urgent.flag
        ),
        "urgent": lambda k: examples[k].urgent,
        "urgent missed": lambda k: examples[k].urgent and not read[k].urgent.flag,
        "false alarms": lambda k: not examples[k].urgent and read[k].urgent.flag,
        "abstained": lambda k: read[k].abstention is not None,
    }
    lines += [f"{name}: {sum(map(counts, range(len(examples))))}" for name, counts in counters.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
