"""Train the reader anew: `python -m classifiers.train --base FOLDER`. Needs the `train` extra; see docs/model-card.md.

`--base` names the small encoder's folder, `--teacher` the large one's; each holds config.json, model.safetensors and
tokenizer.json. Without `--teacher` the committed logits of the last teacher are distilled.
"""

import argparse
import shutil
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from classifiers.calibrate import POLICY, Risk, fitted
from classifiers.classification import Intent
from classifiers.corpus_files import Example, read, read_all, split
from classifiers.decision import NAME as THRESHOLDS
from classifiers.decision import conclude
from classifiers.encoder import GRAPH
from classifiers.labels import OUTPUTS
from classifiers.pieces import Pieces
from classifiers.reader import MODEL, Reader, blank, load, seal

if TYPE_CHECKING:
    import torch

    from classifiers.training.fit import Recipe

LOGITS = Path(__file__).parent / "teacher" / "out_of_fold_logits.npz"
_FOLDS, _TEACHER_EPOCHS, _TEACHER_RATE = 4, 8, 5e-5
_EPOCHS, _RATE, _SOFT = 12, 2e-4, 0.5
#: for going on from a trained reader: (epochs, rate of the encoder, rate of the heads)
_ONWARD = (4, 8e-5, 3e-4)
#: of weights gone on from, so much is kept in the mean (Wortsman et al. 2022, model soups): steadier on unseen writers
_KEPT = 0.25


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, calibrate and compare; put the model in place where it is no worse."""
    call = _arguments().parse_args(arguments)
    training, calibration = (_few(read_all(split()[name]), call.most) for name in ("training", "calibration"))
    try:
        if call.corrections is not None:
            training = [*training, *read(call.corrections)]
        if call.most is not None and call.out.resolve() == MODEL.resolve():
            raise ValueError("a trial with --most needs --out: what so few letters teach is no reader")
        for folder in filter(None, (call.base, call.teacher)):
            _complete(folder)
        if call.teacher is not None:
            _save_logits(out_of_fold(call.teacher, training, call.epochs or _TEACHER_EPOCHS), training, call.logits)
        soft = taught(call.logits, training)
    except (OSError, ValueError) as error:
        print(f"cannot train: {error}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "model"
        distil(call.base, training, soft, made, _recipe(call), call.out if call.onward else None)
        return _placed(made, call.out, calibration, replace=call.replace)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m classifiers.train", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--base", type=Path, required=True, help="folder of the small encoder's weights")
    parser.add_argument("--teacher", type=Path, help="folder of the large encoder's weights: train it first, by folds")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, help=f"default {_EPOCHS}, of the teacher {_TEACHER_EPOCHS}")
    parser.add_argument("--out", type=Path, default=MODEL, help="where the model goes; default: where it is read from")
    parser.add_argument("--logits", type=Path, default=LOGITS, help="the teacher's logits: read, or written")
    parser.add_argument("--corrections", type=Path, help="officers' corrections, in the corpus' format: learnt too")
    parser.add_argument("--most", type=int, help="only so many letters, to try whether everything runs")
    parser.add_argument(
        "--onward",
        action="store_true",
        help="go on from the reader at --out: for a few new letters, in a third of the time",
    )
    parser.add_argument("--replace", action="store_true", help="replace a better model too")
    return parser


def _recipe(call: argparse.Namespace) -> "Recipe":
    from classifiers.training.fit import Recipe  # noqa: PLC0415

    if call.onward:
        epochs, rate, head_rate = _ONWARD
        return Recipe(call.epochs or epochs, rate, head_rate=head_rate, seed=call.seed, soft=_SOFT)
    return Recipe(call.epochs or _EPOCHS, _RATE, seed=call.seed, soft=_SOFT)


def _few(examples: Sequence[Example], most: int | None) -> Sequence[Example]:
    """Give so many letters from all over, or all."""
    return examples if most is None else examples[:: max(len(examples) // most, 1)][:most]


def _complete(folder: Path) -> None:
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        if not (folder / name).is_file():
            raise ValueError(f"{folder / name} is missing")


def out_of_fold(base: Path, examples: Sequence[Example], epochs: int) -> np.ndarray:
    """Give logits (letters, OUTPUTS) by a large encoder that saw no letter of the same author."""
    from classifiers.training.fit import Recipe, fit, predict  # noqa: PLC0415
    from classifiers.training.model import build  # noqa: PLC0415

    pieces, device = Pieces(base / "tokenizer.json"), _device()
    found = np.zeros((len(examples), OUTPUTS), dtype=np.float32)
    for seed, held_out in enumerate(_folds(examples)):
        learnt = [one for one in examples if one.author not in held_out]
        rows = [row for row, one in enumerate(examples) if one.author in held_out]
        network = build(base)
        fit(network, learnt, pieces, Recipe(epochs, _TEACHER_RATE, seed=seed), device)
        found[rows] = predict(network, [examples[row] for row in rows], pieces, device)
        print(f"fold {seed + 1} of {_FOLDS}: {len(learnt)} letters learnt, {len(rows)} read", file=sys.stderr)
    return found


def _folds(examples: Sequence[Example]) -> list[set[str]]:
    """Share the authors out, most letters first, each to the fold that has fewest; empty folds are left out."""
    folds: list[set[str]] = [set() for _ in range(_FOLDS)]
    sizes = [0] * _FOLDS
    for author, letters in Counter(one.author for one in examples).most_common():
        least = sizes.index(min(sizes))
        folds[least].add(author)
        sizes[least] += letters
    filled = [fold for fold in folds if fold]
    if len(filled) < 2:
        raise ValueError("a teacher needs letters of at least two authors")
    return filled


def taught(path: Path, examples: Sequence[Example]) -> np.ndarray:
    """Give the teacher's logits of `examples`, in their order; NaN for letters that it never read.

    Raises ValueError where those are most: distilling from labels alone is no distilling.
    """
    with np.load(path) as file:
        rows = dict(zip(file["ids"].tolist(), file["logits"].astype(np.float32), strict=True))
    unread = np.full(OUTPUTS, np.nan, dtype=np.float32)
    found = np.stack([rows.get(one.letter_id, unread) for one in examples])
    alone = int(np.isnan(found[:, 0]).sum())
    if alone > len(examples) / 2:
        raise ValueError(
            f"{path.name} has no logits for {alone} of {len(examples)} letters: train a teacher (--teacher)"
        )
    if alone:
        print(f"{alone} letters that the teacher never read are learnt from their labels alone", file=sys.stderr)
    return found


def _save_logits(logits: np.ndarray, examples: Sequence[Example], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    ids = np.array([one.letter_id for one in examples])
    np.savez_compressed(path, logits=logits.astype(np.float16), ids=ids)


def distil(
    base: Path,
    examples: Sequence[Example],
    soft: np.ndarray,
    folder: Path,
    recipe: "Recipe",
    onward: Path | None = None,
) -> None:
    """Train the small reader on labels and teacher, and put the pipeline together in `folder`.

    `onward`: a trained reader whose weights are gone on from, instead of those of `base`.
    """
    from classifiers.training.export import export  # noqa: PLC0415
    from classifiers.training.fit import fit  # noqa: PLC0415
    from classifiers.training.model import build  # noqa: PLC0415
    from classifiers.training.restore import restore  # noqa: PLC0415

    network = build(base)
    if onward is not None:
        restore(network, onward / "letter_encoder" / GRAPH)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    fit(network, examples, Pieces(base / "tokenizer.json"), recipe, _device(), soft)
    if onward is not None:
        after = network.cpu().state_dict()
        network.load_state_dict({name: _KEPT * before[name] + (1 - _KEPT) * after[name] for name in after})
    exported = folder.with_name("exported")
    export(network, exported, accuracy_level=4)
    shutil.copy(base / "tokenizer.json", exported)
    assemble(exported, folder)


def assemble(exported: Path, folder: Path) -> None:
    """Put a pipeline around an exported graph and its tokenizer, and seal it."""
    pipeline = blank()
    pipeline.get_pipe("letter_encoder").from_disk(exported)  # type: ignore[attr-defined]
    pipeline.to_disk(folder)
    seal(folder)


def _placed(made: Path, out: Path, calibration: Sequence[Example], *, replace: bool) -> int:
    """Calibrate what was made; put it at `out` unless what is there reads better on the same letters."""
    risk = Risk(**tomllib.loads(POLICY.read_text(encoding="utf-8"))["classifier"])
    new = _measured(load(made), calibration, risk, made)
    old = _measured(load(out), calibration, risk) if out.exists() else None
    print(f"made:  {_written(new)}\nthere: {_written(old) if old else 'nothing'}")
    if old is not None and not replace and (new[0] < old[0] or new[1] < old[1]):
        print(f"{out} keeps the better model; --replace puts the other there all the same", file=sys.stderr)
        return 1
    # Whole beside it first: a full disk leaves what was there.
    arrived = Path(shutil.copytree(made, out.with_name(f"{out.name}.new"), dirs_exist_ok=True))
    shutil.rmtree(out, ignore_errors=True)
    arrived.rename(out)
    return 0


def _measured(
    reader: Reader, examples: Sequence[Example], risk: Risk, folder: Path | None = None
) -> tuple[float, float]:
    """Fit thresholds, writing them into `folder` if given; give act coverage and macro F1 at them."""
    heard = [reader.heard(one.letter) for one in examples]
    thresholds = fitted(heard, examples, risk)
    if folder is not None:
        thresholds.write(folder / "letter_decision" / THRESHOLDS)
        seal(folder)
    read = [conclude(one, thresholds, "") for one in heard]
    withdrawals = [row for row, one in enumerate(examples) if Intent.CONSENT_WITHDRAWAL in one.intents]
    acted = sum(Intent.CONSENT_WITHDRAWAL in read[row].sure for row in withdrawals)
    f1 = [
        2 * sum(one.has(intent) and intent in label.intents for one, label in zip(read, examples, strict=True)) / both
        for intent in Intent
        if (both := sum(one.has(intent) for one in read) + sum(intent in label.intents for label in examples))
    ]
    return acted / max(len(withdrawals), 1), sum(f1) / max(len(f1), 1)


def _written(figures: tuple[float, float]) -> str:
    return f"acts on {figures[0]:.3f} of the withdrawals alone, macro F1 {figures[1]:.3f} (calibration authors)"


def _device() -> "torch.device":
    import torch  # noqa: PLC0415

    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


if __name__ == "__main__":
    sys.exit(main())
