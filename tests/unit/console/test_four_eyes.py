"""Four eyes over HTTP: what one asks another approves; the case says who, when and what; no other role gets near it."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from intake import officers
from intake.officers import CaseFile
from intake.pipeline import House
from intake.store import Store, deliveries
from intake.vocabulary import DeliveryState, Role
from tests.unit.console.test_cases import Desk, act, desk_of
from tests.unit.officers.conftest import QUESTION, house

__all__ = ["house"]
RELEASE: dict[str, Any] = {
    "party": "Dr Vale",
    "released": "Dates of appointments",
    "basis": "permission",
    "because": "By form.",
}


@pytest.fixture
def desk(store: Store, house: House) -> Iterator[Desk]:
    """A console over two students; Ida is an officer, Ron a lead."""
    with desk_of(store, house) as found:
        yield found


def settled(desk: Desk) -> CaseFile:
    file, now = desk.receive(QUESTION), datetime.now(UTC)
    assert act(desk.ida, file, "close", reason="done").status_code == 303
    with desk.office.store.writing() as session:
        for row in deliveries.reserve(session, "test", now + timedelta(days=1), timedelta(minutes=5), 20):
            deliveries.settle(session, row.delivery_id, DeliveryState.SENT, now)
    return file


def asked(desk: Desk, file: CaseFile) -> str:
    shown = re.search(r'name="approval" value="([^"]+)"', desk.ron.get(f"/case/{file.case.case_id}").text)
    assert shown is not None
    return shown[1]


def test_an_erasure_is_asked_approved_and_shown(desk: Desk) -> None:
    file = settled(desk)
    page = f"/case/{file.case.case_id}"
    assert act(desk.ida, file, "ask_erasure", words="They asked for it.").status_code == 303
    assert file.case.reference in desk.ron.get("/queue").text.partition("Waits for a second pair of eyes")[2]
    assert "Waits for a second pair of eyes" not in desk.ida.get("/queue").text
    approval = asked(desk, file)
    assert "Approve, and erase them now" not in desk.ida.get(page).text
    assert act(desk.ida, file, "settle", approval=approval, verdict="approve").status_code == 409
    assert act(desk.ron, file, "settle", approval=approval, verdict="approve").status_code == 303
    shown = desk.ida.get(page).text
    assert re.search(r"Erased on .*1 letter, .*Asked for by Ida, approved by Ron\.", shown)
    assert "Open it" not in shown
    assert [one.erased for one in officers.read_case(desk.office, file.case.case_id).letters] == [True]


def test_a_release_shows_what_was_asked_and_what_became_of_it(desk: Desk) -> None:
    file = desk.receive(QUESTION)
    page = f"/case/{file.case.case_id}"
    assert act(desk.ida, file, "ask_third_party", **{**RELEASE, "basis": "souls"}).status_code == 400
    empty = act(desk.ida, file, "ask_third_party", **{**RELEASE, "because": " "})
    assert (empty.status_code, "Dates of appointments" in empty.text) == (409, True)
    assert act(desk.ida, file, "ask_third_party", **RELEASE).status_code == 303
    approval = asked(desk, file)
    waiting = desk.ron.get(page).text
    assert "Dr Vale" in waiting
    assert "Released to a third party on" not in waiting
    assert act(desk.ron, file, "withdraw", approval=approval).status_code == 409
    assert act(desk.ida, file, "withdraw", approval=approval).status_code == 303
    assert "taken back: <strong>not released</strong>" in desk.ida.get(page).text
    assert act(desk.ida, file, "ask_third_party", **RELEASE).status_code == 303
    assert act(desk.ron, file, "settle", approval=asked(desk, file), verdict="approve").status_code == 303
    assert re.search(r"Released to a third party on .*asked for by Ida, approved by Ron\.", desk.ida.get(page).text)


@pytest.mark.parametrize("role", [Role.DATA_PROTECTION_OFFICER, Role.ADMINISTRATOR])
@pytest.mark.parametrize("what", ["ask_erasure", "ask_third_party", "settle", "withdraw"])
def test_roles_that_settle_nothing_do_none_of_it(desk: Desk, role: Role, what: str) -> None:
    client = desk.console.signed_in(desk.console.account("Dora", role))
    file = desk.receive(QUESTION)
    assert act(client, file, what, version=1, words="x", approval="x", verdict="approve").status_code == 403
