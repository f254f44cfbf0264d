"""The public benchmark: its file is read or refused, and its figures are what they say."""

import json
from pathlib import Path

import numpy as np
import pytest

from classifiers.benchmark import main, measured, read_clinc


def test_the_file_is_read_with_its_outsiders_apart(tmp_path: Path) -> None:
    rows = [["book a flight", "travel"], ["what is my balance", "bank"]]
    parts = dict.fromkeys(("train", "val", "test"), rows) | {"oos_test": [["sing to me", "oos"]]}
    (tmp_path / "data_full.json").write_text(json.dumps(parts))
    clinc = read_clinc(tmp_path / "data_full.json")
    assert (clinc.intents, clinc.out_of_scope) == (2, ("sing to me",))
    assert clinc.train[0] == ("book a flight", "what is my balance")
    assert clinc.train[1].tolist() == [1, 0]


def test_another_file_is_refused_with_its_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "other.json").write_text("{}")
    assert main(["clinc150", str(tmp_path / "other.json"), "--base", str(tmp_path)]) == 2
    assert "other.json is not CLINC150's data_full.json" in capsys.readouterr().err


def test_figures_are_worked_out_by_hand_alike() -> None:
    validation = np.arange(1, 101, dtype=float)[:, None]  # 95 % are at 5.95 or more
    test = np.array([[9.0, 1.0], [2.0, 8.0], [5.0, 4.0], [7.0, 6.0]])
    outside = np.array([[1.0, 0.0], [7.0, 3.0]])
    found = measured(test, np.array([0, 1, 1, 0]), outside, validation)
    assert found.accuracy == 0.75
    assert found.kept == 0.75
    assert found.outsiders_found == 0.5
    # 4 above 1; of 9, 8, 5 and 7 two are above 7 and one is level with it.
    assert found.area == (4 + 2.5) / 8
