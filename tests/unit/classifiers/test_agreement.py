"""Agreement of two readers: the published formula, and every second reading belongs to a letter."""

import json

import pytest

from classifiers.agreement import SECOND, kappa, main
from classifiers.corpus_files import CORPUS


@pytest.mark.parametrize(
    ("both", "first_only", "second_only", "neither", "value"),
    # Cohen's own kind of table: 20 and 15 agreed of 50 gives 0.4
    [(20, 5, 10, 15, 0.4), (10, 0, 0, 10, 1.0), (5, 5, 5, 5, 0.0), (20, 0, 0, 0, 1.0)],
)
def test_kappa_is_the_published_formulas(
    both: int, first_only: int, second_only: int, neither: int, value: float
) -> None:
    ours = [True] * (both + first_only) + [False] * (second_only + neither)
    theirs = [True] * both + [False] * first_only + [True] * second_only + [False] * neither
    assert kappa(ours, theirs) == pytest.approx(value)


def test_every_second_reading_is_of_a_letter_in_the_corpus() -> None:
    for path in SECOND.glob("*.jsonl"):
        letters = [json.loads(line)["id"] for line in (CORPUS / path.name).read_text().splitlines()]
        assert [json.loads(line)["id"] for line in path.read_text().splitlines()] == letters


def test_the_comparison_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["spring_weeks"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("260 letters of spring_weeks, read twice")
    assert "consent_withdrawal" in printed
    assert "in dispute" in printed
