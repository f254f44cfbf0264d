"""What would have changed the outcome is said on the case page, and promises no more than holds."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from intake.console.hindrances import hindrances
from intake.officers import LetterOnFile
from intake.pipeline import House
from intake.store import Store
from tests.unit.console.test_cases import Desk, desk_of
from tests.unit.officers.conftest import WITHDRAWAL, house

__all__ = ["house"]
TAKEN_BACK = WITHDRAWAL.replace("policy.\n", "policy. I am writing on behalf of my son.\n")


@pytest.fixture
def desk(store: Store, house: House) -> Iterator[Desk]:
    """A console over two students."""
    with desk_of(store, house) as found:
        yield found


def test_the_page_names_what_stood_in_the_way_and_the_sentence_only_once_opened(desk: Desk) -> None:
    file = desk.receive(TAKEN_BACK)
    page = f"/case/{file.case.case_id}"
    closed = desk.ida.get(page).text
    assert "were it not for:" in closed
    assert "words that were written by or for somebody else" in closed
    assert "on behalf of my son" not in closed
    assert "<q data-private>I am writing on behalf of my son.</q>" in desk.ida.post(f"{page}/letters", page=page).text


def test_a_sure_withdrawal_has_nothing_in_its_way(desk: Desk) -> None:
    file = desk.receive(WITHDRAWAL)
    assert "were it not for" not in desk.ida.get(f"/case/{file.case.case_id}").text


@pytest.mark.parametrize(
    ("reasons", "assurance", "lead"),
    [
        (["withdrawal_unsure"], 4, "In automatic mode it would have been applied alone"),
        (["withdrawal_unsure", "data_rights"], 4, "In automatic mode it would have been applied alone"),
        (["withdrawal_unsure", "assist_mode"], 4, "In automatic mode it would have been applied alone"),
        (["withdrawal_unsure", "limits_stated"], 4, "Its words alone"),
        (["urgent"], 4, "Its words alone"),
        (["withdrawal_unsure"], 2, "Its words alone"),
    ],
)
def test_the_lead_promises_no_more_than_holds(desk: Desk, reasons: list[str], assurance: int, lead: str) -> None:
    letter = with_findings(desk, {"name": "margin", "sentence": None, "short_by": 3.18}, reasons, assurance)
    found = hindrances(letter)
    assert found is not None
    assert found.lead.startswith(lead)
    assert [one.text for one in found.items] == ["the model, which was not sure enough: its margin is 3.2 too small"]


def with_findings(desk: Desk, obstacle: dict[str, Any], reasons: list[str], assurance: int) -> LetterOnFile:
    (letter,) = desk.receive(WITHDRAWAL).letters
    assert letter.findings is not None
    findings = {
        **letter.findings,
        "classification": {**letter.classification, "obstacles": [obstacle]},
        "decision": {**letter.findings["decision"], "reasons": reasons},
        "sender": {**letter.findings["sender"], "assurance": assurance},
    }
    return replace(letter, findings=findings)
