"""The reader's pipeline on a public benchmark: `python -m classifiers.benchmark clinc150 FILE --base FOLDER`.

CLINC150 (Larson et al., EMNLP 2019, doi:10.18653/v1/D19-1131): 150 intents and what is none of them. FILE is its
data_full.json, which the user supplies. The same text preparation, windows, network and descent as for letters; a
sentence is in scope by its greatest logit, from the threshold that keeps 95 % of the in-scope validation set. Needs the
`train` extra.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from classifiers.classification import Letter
from classifiers.encode import Window, windows
from classifiers.pieces import Pieces
from classifiers.text import prepare

_KEPT = 0.95
_EPOCHS, _RATE = 12, 2e-4


@dataclass(frozen=True, slots=True)
class Clinc:
    """The benchmark's parts: sentences, and the numbers of their intents where they have one."""

    train: tuple[tuple[str, ...], np.ndarray]
    validation: tuple[tuple[str, ...], np.ndarray]
    test: tuple[tuple[str, ...], np.ndarray]
    out_of_scope: tuple[str, ...]
    intents: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares from 0 to 1: right intents in scope, outsiders found where 95 % of in-scope are kept, area under ROC."""

    accuracy: float
    outsiders_found: float
    kept: float
    area: float


def read_clinc(path: Path) -> Clinc:
    """Read data_full.json. Raises ValueError where it is another file."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        names = sorted({intent for _text, intent in data["train"]})
        train, validation, test = (_part(data[name], names) for name in ("train", "val", "test"))
        outside = tuple(text for text, _intent in data["oos_test"])
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} is not CLINC150's data_full.json: {error}") from error
    return Clinc(train, validation, test, outside, len(names))


def measured(test: np.ndarray, labels: np.ndarray, outside: np.ndarray, validation: np.ndarray) -> Figures:
    """Measure logits (sentences, intents) of the test set and of outsiders; `validation` gives the threshold."""
    threshold = np.quantile(validation.max(1), 1 - _KEPT)
    inner, outer = test.max(1), outside.max(1)
    return Figures(
        float((test.argmax(1) == labels).mean()),
        float((outer < threshold).mean()),
        float((inner >= threshold).mean()),
        _area(inner, outer),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Train on the benchmark, and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m classifiers.benchmark", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("benchmark", choices=["clinc150"])
    parser.add_argument("file", type=Path, help="the benchmark's data_full.json")
    parser.add_argument("--base", type=Path, required=True, help="folder of the small encoder's weights")
    parser.add_argument("--epochs", type=int, default=_EPOCHS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="print JSON")
    call = parser.parse_args(arguments)
    try:
        clinc = read_clinc(call.file)
    except (OSError, ValueError) as error:
        print(f"cannot measure: {error}", file=sys.stderr)
        return 2
    began = time.monotonic()
    found = _trained_and_measured(clinc, call.base, call.epochs, call.seed)
    figures = {
        "in_scope_accuracy": round(found.accuracy, 4),
        "out_of_scope_recall": round(found.outsiders_found, 4),
        "in_scope_kept": round(found.kept, 4),
        "auroc": round(found.area, 4),
        "seconds": round(time.monotonic() - began),
    }
    print(json.dumps(figures) if call.json else "\n".join(f"{name:<20} {value}" for name, value in figures.items()))
    return 0


def _part(rows: Sequence[tuple[str, str]], names: Sequence[str]) -> tuple[tuple[str, ...], np.ndarray]:
    number = {name: at for at, name in enumerate(names)}
    return tuple(text for text, _intent in rows), np.array([number[intent] for _text, intent in rows])


def _trained_and_measured(clinc: Clinc, base: Path, epochs: int, seed: int) -> Figures:
    import torch  # noqa: PLC0415
    from torch.nn import functional  # noqa: PLC0415

    from classifiers.training.fit import Recipe, descend, read  # noqa: PLC0415
    from classifiers.training.model import build  # noqa: PLC0415

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    pieces, network = Pieces(base / "tokenizer.json"), build(base, outputs=clinc.intents)
    labels = torch.tensor(clinc.train[1], device=device)

    def loss(chosen: Sequence[int], logits: torch.Tensor) -> torch.Tensor:
        return functional.cross_entropy(logits, labels[list(chosen)])

    recipe = Recipe(epochs=epochs, encoder_rate=_RATE, seed=seed)
    descend(network, _laid(clinc.train[0], pieces), pieces, recipe, device, loss)
    test, outside, validation = (
        read(network, _laid(texts, pieces), pieces, device)
        for texts in (clinc.test[0], clinc.out_of_scope, clinc.validation[0])
    )
    return measured(test, clinc.test[1], outside, validation)


def _laid(texts: Sequence[str], pieces: Pieces) -> list[list[Window]]:
    return [windows(prepare(Letter(text)), pieces, pieces.special) for text in texts]


def _area(inner: np.ndarray, outer: np.ndarray) -> float:
    """Give the area under the ROC curve: how often one in scope scores above one out of scope, ties half."""
    ordered = np.sort(outer)
    below = np.searchsorted(ordered, inner, side="left")
    ties = np.searchsorted(ordered, inner, side="right") - below
    return float((below + ties / 2).mean() / max(len(outer), 1))


if __name__ == "__main__":
    sys.exit(main())
