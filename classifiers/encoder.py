"""The trained encoder: an ONNX graph run on one thread, and its tokenizer. No torch."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime

from classifiers.encode import MOST_WINDOWS, Window, windows
from classifiers.labels import OUTPUTS
from classifiers.pieces import Pieces
from classifiers.text import Prepared

GRAPH, PIECES = "encoder.onnx", "tokenizer.json"


@dataclass(frozen=True, slots=True)
class Outputs:
    """Logits (outputs), each sentence's contribution (sentences, outputs), and whether more was there than is read."""

    logits: np.ndarray
    contributions: np.ndarray
    too_long: bool


class Encoder:
    """One ONNX session. Not thread-safe by itself."""

    def __init__(self, folder: Path) -> None:
        """Open graph and tokenizer."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(str(folder / GRAPH), options, providers=["CPUExecutionProvider"])
        self._inputs = {one.name for one in self._session.get_inputs()}
        self.pieces = Pieces(folder / PIECES)

    def read(self, prepared: Prepared) -> Outputs:
        """Read a letter: the strongest of its windows, output by output."""
        laid = windows(prepared, self.pieces, self.pieces.special)
        parts = np.zeros((len(prepared.sentences), OUTPUTS), dtype=np.float32)
        logits = np.full(OUTPUTS, -np.inf, dtype=np.float32)
        for window in laid[:MOST_WINDOWS]:
            found, contributions = self._run(window)
            logits = np.maximum(logits, found)
            seen = sorted({one for one in window.sentences if one >= 0})
            parts[seen] = np.maximum(parts[seen], contributions[: len(seen)])
        return Outputs(logits, parts, len(laid) > MOST_WINDOWS)

    def _run(self, window: Window) -> tuple[np.ndarray, np.ndarray]:
        numbers = sorted({one for one in window.sentences if one >= 0})
        belongs = np.zeros((1, max(len(numbers), 1), len(window.ids)), dtype=np.float32)
        row_of = {number: row for row, number in enumerate(numbers)}
        for at, number in enumerate(window.sentences):
            if number >= 0:
                belongs[0, row_of[number], at] = 1
        ids = np.array([window.ids], dtype=np.int64)
        feeds = {
            "ids": ids,
            "segments": np.array([window.segments], dtype=np.int64),
            "mask": np.ones_like(ids),
            "sentences": belongs,
        }
        logits, parts = self._session.run(None, {name: feeds[name] for name in self._inputs})
        return logits[0], parts[0]
