"""The files of the model: sealed by their digests, and a reader that works whatever became of them."""

import shutil
from pathlib import Path

import pytest

from classifiers.classification import Abstention, Intent, Letter
from classifiers.reader import MANIFEST, MODEL, load, seal

ACT = Letter("I withdraw my consent to Student Wellbeing using my information in all the ways in your policy.")
ALARM = Letter("I am going to kill myself tonight")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(MODEL, tmp_path / "model"))


def test_an_undamaged_copy_reads_like_the_original(copy: Path) -> None:
    found = load(copy)

    assert found.problem is None
    assert found.read(ACT) == load().read(ACT)


@pytest.mark.parametrize(
    "name",
    [
        "letter_encoder/encoder.onnx",
        "letter_encoder/tokenizer.json",
        "letter_decision/thresholds.json",
        "config.cfg",
        MANIFEST,
    ],
)
def test_a_missing_file_is_named_and_letters_are_still_read(copy: Path, name: str) -> None:
    (copy / name).unlink()

    _works_without_a_model(copy, name)


@pytest.mark.parametrize("name", ["letter_encoder/encoder.onnx", "letter_decision/thresholds.json", "tokenizer"])
def test_one_changed_byte_is_noticed_and_letters_are_still_read(copy: Path, name: str) -> None:
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(content)

    _works_without_a_model(copy, name)


@pytest.mark.parametrize("manifest", ["", "not JSON", "[]"])
def test_a_damaged_manifest_is_named_and_letters_are_still_read(copy: Path, manifest: str) -> None:
    (copy / MANIFEST).write_text(manifest, encoding="utf-8")

    _works_without_a_model(copy, MANIFEST)


def test_sealed_files_that_are_no_model_are_no_error(copy: Path) -> None:
    (copy / "letter_encoder" / "encoder.onnx").write_bytes(b"not a graph")
    seal(copy)

    _works_without_a_model(copy, copy.name)


def test_a_changed_model_is_another_version(copy: Path) -> None:
    (copy / "meta.json").write_text((copy / "meta.json").read_text(encoding="utf-8") + "\n", encoding="utf-8")
    seal(copy)

    assert load(copy).version != load().version


def _works_without_a_model(folder: Path, name: str) -> None:
    reader = load(folder)

    assert reader.problem is not None
    assert name in reader.problem
    assert reader.read(ACT).abstention is Abstention.MODEL_MISSING
    assert Intent.CONSENT_WITHDRAWAL not in reader.read(ACT).sure
    assert reader.read(ALARM).urgent.flag
