"""Evaluation: figures that can be counted by hand, and files that are not letters."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from classifiers.calibrate import wilson
from classifiers.classification import Intent
from classifiers.evaluate import evaluate_file, written
from classifiers.plots import write_plots
from classifiers.reader import Reader

ACT = "I withdraw my consent to Student Wellbeing using my information in all the ways in your policy."
LETTERS: list[dict[str, Any]] = [
    {"id": "ann-1", "body": ACT, "intents": ["consent_withdrawal"], "scope": "all", "role": "student"},
    {"id": "ann-2", "body": "How long do you keep my counselling notes?", "intents": ["confidentiality_question"]},
    {"id": "ann-3", "body": "Could I move my appointment to Thursday please?", "intents": ["other"]},
    {"id": "bob-1", "body": "I am going to kill myself tonight.", "intents": ["other"], "urgent": True},
    # mislabelled on purpose: the one act here is wrong
    {"id": "bob-2", "body": ACT, "intents": ["other"]},
    {"id": "bob-3", "body": "Je retire mon consentement. Merci.", "intents": ["consent_withdrawal"], "scope": "all"},
]


@pytest.fixture
def letters(tmp_path: Path) -> Path:
    return _file(tmp_path, *(json.dumps({"role": "student", **one}) for one in LETTERS))


@pytest.mark.parametrize(
    ("right", "of", "bound"),
    [(0, 0, 0.0), (0, 10, 0.0), (50, 100, 0.4189), (100, 100, 0.9737), (190, 190, 0.9860), (123, 123, 0.9785)],
)
def test_the_wilson_bound_is_the_published_formulas(right: int, of: int, bound: float) -> None:
    assert wilson(right, of) == pytest.approx(bound, abs=1e-4)


def test_acts_are_counted_right_and_wrong(letters: Path, reader: Reader) -> None:
    acts = evaluate_file(letters, reader)["acts"]

    assert (acts["precision"]["right"], acts["precision"]["of"]) == (1, 2)
    assert acts["wrong"] == ["bob-2"]
    assert (acts["coverage"]["right"], acts["coverage"]["of"]) == (1, 2)
    assert acts["scope_exact"]["share"] == 0.5


def test_a_withdrawal_on_which_the_reader_abstains_is_seen_by_a_person(letters: Path, reader: Reader) -> None:
    found = evaluate_file(letters, reader)

    assert found["abstained"] == {"not_english": 1}
    assert (found["withdrawals_seen"]["right"], found["withdrawals_seen"]["missed"]) == (2, [])
    assert found["confusion"]["consent_withdrawal"] == {
        "consent_withdrawal": 1,
        "confidentiality_question": 0,
        "data_rights_request": 0,
        "consent_reinstatement": 0,
        "third_party_enquiry": 0,
        "other": 0,
        "abstained": 1,
    }


def test_precision_and_recall_are_what_one_counts_by_hand(letters: Path, reader: Reader) -> None:
    row = evaluate_file(letters, reader)["intents"]["consent_withdrawal"]

    assert (row["letters"], row["precision"]["value"], row["recall"]["value"]) == (2, 0.5, 0.5)
    assert row["f1"]["low"] <= row["f1"]["value"] <= row["f1"]["high"]


def test_urgency_and_false_alarms_are_counted(letters: Path, reader: Reader) -> None:
    urgency = evaluate_file(letters, reader)["urgency"]

    assert (urgency["recall"]["right"], urgency["recall"]["of"]) == (1, 1)
    assert urgency["false_alarms"]["of"] == 5


def test_each_writer_has_a_row(letters: Path, reader: Reader) -> None:
    found = evaluate_file(letters, reader)["authors"]

    assert {author: row["letters"] for author, row in found.items()} == {"ann": 3, "bob": 3}


def test_a_lower_threshold_misses_no_more_and_holds_no_less(letters: Path, reader: Reader) -> None:
    rows = evaluate_file(letters, reader)["queue_thresholds"]

    assert [row["missed"] for row in rows] == sorted(row["missed"] for row in rows)
    assert [row["falsely_held"] for row in rows] == sorted((row["falsely_held"] for row in rows), reverse=True)


def test_the_same_file_gives_the_same_figures(letters: Path, reader: Reader) -> None:
    first, second = (evaluate_file(letters, reader) for _ in range(2))

    del first["milliseconds"], second["milliseconds"]
    assert first == second


def test_the_report_is_json_and_a_page_of_text(letters: Path, reader: Reader) -> None:
    found = evaluate_file(letters, reader)

    assert json.loads(json.dumps(found)) == found
    assert "withdrawals acted on alone, right       1 of 2     0.500" in written(found)
    assert "not: bob-2" in written(found)


def test_one_letter_without_a_model_is_enough_for_a_report(tmp_path: Path) -> None:
    from classifiers.reader import load

    path = _file(tmp_path, json.dumps({"role": "student", **LETTERS[0]}))
    found = evaluate_file(path, load(tmp_path / "nowhere"))

    assert found["abstained"] == {"model_missing": 1}
    assert "no model: " in written(found)
    assert "no probabilities" in written(found)


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (["{}"], "line 1: the field 'intents' is missing"),
        ([json.dumps({"role": "student", **LETTERS[0]}), "", "{broken"], "line 3: not a labelled letter"),
        (["[]"], "line 1: not a labelled letter"),
        (["7"], "line 1: not a labelled letter"),
        ([json.dumps({"role": "student", **LETTERS[0], "intents": ["dance"]})], "'dance' is not a valid Intent"),
        ([json.dumps({"role": "pirate", **LETTERS[1]})], "'pirate' is not a valid AuthorRole"),
        ([], "no letters in it"),
        (["", "  "], "no letters in it"),
    ],
)
def test_a_file_that_is_not_labelled_letters_says_where_and_why(tmp_path: Path, lines: list[str], says: str) -> None:
    path = _file(tmp_path, *lines)

    with pytest.raises(ValueError, match=says) as refused:
        evaluate_file(path)
    assert str(path) in str(refused.value)


def test_a_file_that_is_not_text_says_so(tmp_path: Path) -> None:
    path = tmp_path / "letters.jsonl"
    path.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(ValueError, match="not UTF-8 text"):
        evaluate_file(path)


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="No such file"):
        evaluate_file(tmp_path / "nowhere.jsonl")


def _file(folder: Path, *lines: str) -> Path:
    path = folder / "letters.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_two_plots_show_how_far_to_trust_it(letters: Path, reader: Reader, tmp_path: Path) -> None:
    report = evaluate_file(letters, reader)

    assert sum(one["count"] for one in report["reliability"]) == len(LETTERS) * len(Intent)
    assert report["risk_coverage"][-1] == {"coverage": pytest.approx(5 / 6, abs=1e-4), "risk": pytest.approx(1 / 5)}
    for path in write_plots(report, tmp_path / "plots"):
        plot = ElementTree.parse(path).getroot()
        assert plot.attrib["role"] == "img"
        assert len(plot.findall(".//{*}circle") or plot.findall(".//{*}polyline")) > 0
