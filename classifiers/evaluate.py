"""Measuring the reader on labelled letters: `wellbeing-intake evaluate FILE.jsonl`. Fits nothing and needs no torch."""

import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from classifiers.calibrate import wilson
from classifiers.classification import Abstention, Classification, Intent
from classifiers.corpus_files import Example, read
from classifiers.labels import INTENTS
from classifiers.reader import Reader, load
from classifiers.report import written

_RESAMPLES, _SEED, _BINS, _PARTS = 1000, 0, 10, 20
_QUEUE_THRESHOLDS = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9)
_WITHDRAWAL, _QUESTION = Intent.CONSENT_WITHDRAWAL, Intent.CONFIDENTIALITY_QUESTION
#: abstentions that no threshold could change
_WHATEVER_THE_THRESHOLD = {Abstention.EMPTY, Abstention.NOT_ENGLISH, Abstention.MODEL_MISSING}
#: the column of letters on which the reader abstained
_ABSTAINED = "abstained"


@dataclass(frozen=True, slots=True)
class Case:
    """One labelled letter, what was read in it, and how long that took."""

    example: Example
    reading: Classification
    milliseconds: float

    @property
    def withdraws(self) -> bool:
        """Say whether the label is a withdrawal."""
        return _WITHDRAWAL in self.example.intents

    @property
    def acted(self) -> bool:
        """Say whether the reader would let a withdrawal be acted on without a person."""
        return _WITHDRAWAL in self.reading.sure

    @property
    def act_is_right(self) -> bool:
        """Say whether acting alone would be right: the student withdraws, not somebody else for them."""
        return self.withdraws and Intent.THIRD_PARTY_ENQUIRY not in self.example.intents

    @property
    def seen(self) -> bool:
        """Say whether a withdrawal here is named, or a person looks for another reason."""
        reading = self.reading
        if reading.has(_WITHDRAWAL) or reading.urgent.flag or reading.abstention is not None:
            return True
        return _QUESTION not in reading.sure and {one.intent for one in reading.intents} != {Intent.OTHER}


def evaluate_file(path: Path, reader: Reader | None = None) -> dict[str, Any]:
    """Read every letter of a file and measure; shares are 0 to 1, times milliseconds.

    Raises ValueError, naming file and line, where the file is not labelled letters (classifiers/corpus/GUIDE.md).
    """
    examples = _examples(path)
    reader = load() if reader is None else reader
    # The first letter pays for what is loaded lazily.
    reader.read(examples[0].letter)
    return report([_case(reader, one) for one in examples], reader, path.name)


def report(cases: Sequence[Case], reader: Reader, source: str) -> dict[str, Any]:
    """Gather every figure of the cases."""
    return {
        "source": source,
        "letters": len(cases),
        "reader": reader.version,
        "problem": reader.problem,
        **_intents(cases),
        "confusion": _confusion(cases),
        "abstained": _counted(cases),
        "calibration_error": _calibration_error(cases),
        "reliability": _reliability(cases),
        "risk_coverage": _risk_coverage(cases),
        "scope": _scope(cases),
        "urgency": _urgency(cases),
        "acts": _acts(cases),
        "answers": _answers(cases),
        "withdrawals_seen": _seen(cases),
        "queue_thresholds": _queue_thresholds(cases),
        "authors": _authors(cases),
        "milliseconds": _milliseconds(cases),
    }


def _examples(path: Path) -> list[Example]:
    found: list[Example] = []
    try:
        # Those read before a broken line tell its number.
        for one in read(path):
            found.append(one)
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: not UTF-8 text: {error.reason} at byte {error.start}") from error
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror or error}") from error
    except KeyError as error:
        raise ValueError(f"{path}, line {_line(path, len(found))}: the field {error} is missing") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"{path}, line {_line(path, len(found))}: not a labelled letter: {error}") from error
    if not found:
        raise ValueError(f"{path}: no letters in it")
    return found


def _line(path: Path, letters_before: int) -> int:
    """Give the number of the line after so many letters: blank lines count, and hold none."""
    with path.open(encoding="utf-8") as file:
        filled = [number for number, line in enumerate(file, 1) if line.strip()]
    return filled[letters_before]


def _case(reader: Reader, example: Example) -> Case:
    start = time.perf_counter()
    reading = reader.read(example.letter)
    return Case(example, reading, 1000 * (time.perf_counter() - start))


def _intents(cases: Sequence[Case]) -> dict[str, Any]:
    """Give precision, recall and F1 of each intent and the macro F1, each with its bootstrap 95 % interval."""
    truth, said = _labels(cases)
    once = _precision_recall_f1(np.ones((1, len(cases))), truth, said)[:, 0]
    drawn = np.random.default_rng(_SEED).multinomial(len(cases), np.full(len(cases), 1 / len(cases)), _RESAMPLES)
    again = _precision_recall_f1(drawn, truth, said)
    occurring = truth.any(0)
    table = {
        intent.value: {
            "letters": int(truth[:, column].sum()),
            **{
                name: _interval(once[figure, column], again[figure, :, column])
                for figure, name in enumerate(("precision", "recall", "f1"))
            },
        }
        for column, intent in enumerate(INTENTS)
    }
    return {
        "intents": table,
        "macro_f1": _interval(once[2, occurring].mean(), again[2][:, occurring].mean(1)),
    }


def _labels(cases: Sequence[Case]) -> tuple[np.ndarray, np.ndarray]:
    """Give what is true and what was named: (letters, intents) each."""
    truth = np.array([[intent in one.example.intents for intent in INTENTS] for one in cases])
    said = np.array([[one.reading.has(intent) for intent in INTENTS] for one in cases])
    return truth, said


def _precision_recall_f1(weights: np.ndarray, truth: np.ndarray, said: np.ndarray) -> np.ndarray:
    """Give (3, samples, intents) for `weights` (samples, letters); 0 where there is nothing to divide by."""
    hit, named, held = (weights @ one.astype(float) for one in (truth & said, said, truth))
    return np.stack([hit / np.maximum(named, 1), hit / np.maximum(held, 1), 2 * hit / np.maximum(named + held, 1)])


def _interval(value: float, samples: np.ndarray) -> dict[str, float]:
    low, high = np.quantile(samples, (0.025, 0.975))
    return {"value": _rounded(value), "low": _rounded(low), "high": _rounded(high)}


def _confusion(cases: Sequence[Case]) -> dict[str, dict[str, int]]:
    """Count first intents: rows are the labels, columns what was read."""
    pairs = Counter((one.example.intents[0].value, _first(one.reading)) for one in cases)
    columns = [*(intent.value for intent in INTENTS), _ABSTAINED]
    return {row.value: {column: pairs[row.value, column] for column in columns} for row in INTENTS}


def _first(reading: Classification) -> str:
    return reading.intents[0].intent.value if reading.intents else _ABSTAINED


def _counted(cases: Sequence[Case]) -> dict[str, int]:
    reasons = Counter(one.reading.abstention for one in cases)
    return {reason.value: reasons[reason] for reason in Abstention if reasons[reason]}


def _calibration_error(cases: Sequence[Case]) -> float | None:
    """Give the expected calibration error over all intents' probabilities (Naeini et al. 2015)."""
    bins = _reliability(cases)
    total = sum(one["count"] for one in bins)
    return _rounded(sum(abs(one["predicted"] - one["held"]) * one["count"] for one in bins) / total) if total else None


def _reliability(cases: Sequence[Case]) -> list[dict[str, float]]:
    """Give, for ten bins of equal width over all intents' probabilities, what was predicted and what held."""
    pairs = np.array(
        [
            (probability, intent in one.example.intents)
            for one in cases
            for intent, probability in one.reading.probabilities.items()
        ]
    )
    if not len(pairs):
        return []
    bins = np.minimum((pairs[:, 0] * _BINS).astype(int), _BINS - 1)
    means = [(pairs[bins == k].mean(0), int((bins == k).sum())) for k in range(_BINS) if (bins == k).any()]
    return [{"predicted": _rounded(mean[0]), "held": _rounded(mean[1]), "count": count} for mean, count in means]


def _risk_coverage(cases: Sequence[Case]) -> list[dict[str, float]]:
    """Give the share of wrong first intents among the surest letters, for twenty shares of all that were read."""
    read = [one for one in cases if one.reading.intents]
    read.sort(key=lambda one: -one.reading.intents[0].probability)
    wrong = np.cumsum([one.reading.intents[0].intent not in one.example.intents for one in read])
    counts = sorted({max(len(read) * part // _PARTS, 1) for part in range(1, _PARTS + 1)}) if read else []
    return [{"coverage": _rounded(count / len(cases)), "risk": _rounded(wrong[count - 1] / count)} for count in counts]


def _scope(cases: Sequence[Case]) -> dict[str, Any]:
    """Count withdrawals that were named, and whose scopes are exactly the label's."""
    named = [one for one in cases if one.withdraws and one.reading.has(_WITHDRAWAL)]
    sure = [one for one in named if one.reading.scope_sure]
    return {"named": _share(_exact, named), "sure": _share(_exact, sure)}


def _exact(case: Case) -> bool:
    return set(case.reading.scope) == set(case.example.scope or ())


def _urgency(cases: Sequence[Case]) -> dict[str, Any]:
    def raised(case: Case) -> bool:
        return case.reading.urgent.flag

    return {
        "recall": _share(raised, [one for one in cases if one.example.urgent]),
        "false_alarms": _share(raised, [one for one in cases if not one.example.urgent]),
        "missed": [one.example.letter_id for one in cases if one.example.urgent and not raised(one)],
    }


def _acts(cases: Sequence[Case]) -> dict[str, Any]:
    """Measure acting without a person: how often it is right, and how many withdrawals it settles."""
    acted = [one for one in cases if one.acted]
    sure = [one for one in acted if one.reading.scope_sure]
    return {
        "precision": _share(lambda one: one.act_is_right, acted),
        "coverage": _share(lambda one: one.acted, [one for one in cases if one.withdraws]),
        "scope_sure": len(sure),
        "scope_exact": _share(_exact, sure),
        "wrong": [one.example.letter_id for one in acted if not one.act_is_right],
    }


def _answers(cases: Sequence[Case]) -> dict[str, Any]:
    """Measure answering a question without a person; right where the letter asks that and nothing else."""
    answered = [one for one in cases if _QUESTION in one.reading.sure]
    return {
        "precision": _share(lambda one: one.example.intents == (_QUESTION,), answered),
        "wrong": [one.example.letter_id for one in answered if one.example.intents != (_QUESTION,)],
    }


def _seen(cases: Sequence[Case]) -> dict[str, Any]:
    """Measure what must not be lost: a withdrawal is named, or a person looks."""
    withdrawals = [one for one in cases if one.withdraws]
    return {
        **_share(lambda one: one.seen, withdrawals),
        "missed": [one.example.letter_id for one in withdrawals if not one.seen],
    }


def _queue_thresholds(cases: Sequence[Case]) -> list[dict[str, Any]]:
    """Say what each threshold for naming a withdrawal would miss, and what it would hold that is none."""
    weighed = [one for one in cases if one.reading.abstention not in _WHATEVER_THE_THRESHOLD]
    probability = np.array([one.reading.probabilities.get(_WITHDRAWAL, 0.0) for one in weighed])
    truth = np.array([one.withdraws for one in weighed], dtype=bool)
    return [
        {
            "threshold": at,
            "missed": int((truth & (probability < at)).sum()),
            "falsely_held": int((~truth & (probability >= at)).sum()),
        }
        for at in _QUEUE_THRESHOLDS
    ]


def _authors(cases: Sequence[Case]) -> dict[str, Any]:
    """Give the leading figures of each writer: the worst one is what the next writer may be like."""
    found: dict[str, list[Case]] = {}
    for one in cases:
        found.setdefault(_NUMBER.sub("", one.example.letter_id) or one.example.author, []).append(one)
    return {author: _author(letters) for author, letters in sorted(found.items())}


def _author(cases: Sequence[Case]) -> dict[str, Any]:
    truth, said = _labels(cases)
    f1 = _precision_recall_f1(np.ones((1, len(cases))), truth, said)[2, 0]
    return {
        "letters": len(cases),
        "macro_f1": _rounded(f1[truth.any(0)].mean()),
        "withdrawals_seen": _share(lambda one: one.seen, [one for one in cases if one.withdraws]),
        "acts": _share(lambda one: one.act_is_right, [one for one in cases if one.acted]),
        "urgency": _share(lambda one: one.reading.urgent.flag, [one for one in cases if one.example.urgent]),
    }


def _milliseconds(cases: Sequence[Case]) -> dict[str, float]:
    median, ninetieth = np.quantile([one.milliseconds for one in cases], (0.5, 0.9))
    return {"median": round(float(median), 1), "p90": round(float(ninetieth), 1)}


def _share(holds: Callable[[Case], bool], cases: Sequence[Case]) -> dict[str, Any]:
    """Count; the share is None of nothing; the bound is Wilson's lower one, one-sided 95 %."""
    right, of = sum(map(holds, cases)), len(cases)
    return {
        "right": right,
        "of": of,
        "share": _rounded(right / of) if of else None,
        "bound": _rounded(wilson(right, of)),
    }


def _rounded(value: float) -> float:
    return round(float(value), 4)


_NUMBER = re.compile(r"[-_ ]*\d*$")
__all__ = ["Case", "evaluate_file", "report", "written"]
