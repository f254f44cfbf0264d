"""The pages of work over HTTP: queue, case, decisions, search, two officers; words stay closed, and are escaped."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from intake import officers
from intake.officers import CaseFile
from intake.pipeline import House
from intake.store import Store, audit, consent, students
from intake.store.schema import audit_entries
from intake.vocabulary import WITHDRAWABLE, CaseState, Role, Standing
from tests.support.console import SAME_ORIGIN, Client, Served, csrf_token, served
from tests.unit.officers.conftest import AMINA, BEN, QUESTION, URGENT, WITHDRAWAL, Place, house, office_settings

__all__ = ["house"]
HOSTILE = (
    "Dear Wellbeing,\n\nI withdraw my consent to Student Wellbeing using my information, all of it.\n"
    '<script>alert(1)</script> <img src=x onerror="alert(2)"> {{ 7*7 }}\n\nAmina Okafor\n'
)


@dataclass(frozen=True, slots=True)
class Desk:
    """A console, the office behind it, and two officers' browsers."""

    console: Served
    office: Place
    ida: Client
    ron: Client

    def receive(self, body: str, sender: str = AMINA.email or "") -> CaseFile:
        return self.office.receive(body, sender, received_at=datetime.now(UTC) - timedelta(minutes=5))

    def stands(self, standing: Standing) -> frozenset[object]:
        with self.office.store.reading() as session:
            return consent.purposes_standing(session, AMINA.student_id, standing)


@contextmanager
def desk_of(store: Store, house: House) -> Iterator[Desk]:
    """Open a console over two students."""
    with store.writing() as session:
        students.add(session, [AMINA, BEN], datetime.now(UTC))
        students.note_size(session, datetime.now(UTC))
    with served(office_settings(), store, house.desk.vault) as console:
        ida, ron = console.account("Ida"), console.account("Ron", Role.LEAD)
        place = console.place
        office = Place(
            store, place.vault, place.settings, place.desk, place.holidays, house, ida.account_id, ron.account_id, ""
        )
        yield Desk(console, office, console.signed_in(ida), console.signed_in(ron))


@pytest.fixture
def desk(store: Store, house: House) -> Iterator[Desk]:
    """A console over two students."""
    with desk_of(store, house) as found:
        yield found


def act(
    client: Client, file: CaseFile, act: str, *, version: int | None = None, **fields: str | list[str]
) -> httpx2.Response:
    page = f"/case/{file.case.case_id}"
    if version is None:
        shown = re.search(r'name="version" value="(\d+)"', client.get(page).text)
        assert shown is not None
        version = int(shown[1])
    token = csrf_token(client.get("/account").text)
    data = {"csrf": token, "act": act, "version": str(version), **fields}
    return client.http.post(f"{page}/act", data=data, headers=SAME_ORIGIN)


def test_the_queue_puts_urgent_cases_on_top_and_in_the_title(desk: Desk) -> None:
    first, urgent = desk.receive(WITHDRAWAL), desk.receive(URGENT)
    page = desk.ida.get("/queue").text
    assert "<title>(1 urgent) Queue" in page
    assert page.index(urgent.case.reference) < page.index(first.case.reference)
    filtered = desk.ida.get("/queue?disposition=escalate").text
    assert urgent.case.reference in filtered
    assert first.case.reference not in filtered


@pytest.mark.parametrize(
    "query",
    [
        "state=nonsense",
        "after=x~y",
        "after=2026-01-01~c",
        "reason=%3Cscript%3E",
        "mine=1",
        "after=2026-01-01T00:00:00Z~%00",
    ],
)
def test_a_queue_that_is_asked_strangely_answers(desk: Desk, query: str) -> None:
    desk.receive(WITHDRAWAL)
    assert desk.ida.get(f"/queue?{query}").status_code == 200


def test_words_stay_closed_until_opened_and_opening_is_audited(desk: Desk) -> None:
    file = desk.receive(HOSTILE)
    path = f"/case/{file.case.case_id}"
    closed = desk.ida.get(path)
    assert closed.status_code == 200
    assert "I withdraw my consent" not in closed.text
    opened = desk.ida.post(f"{path}/letters", page=path)
    assert "I withdraw my consent" in opened.text
    assert "<mark" in opened.text
    assert "<script>alert" not in opened.text
    assert "<img src=x" not in opened.text
    assert "&lt;script&gt;" in opened.text
    assert "{{ 7*7 }}" in opened.text
    with desk.office.store.reading() as session:
        entries = [one for one in session.execute(audit_entries.select()) if one.action == "letters_opened"]
        assert audit.verify(session).ok
    assert [(one.actor, one.subject) for one in entries] == [(desk.office.ida, file.case.case_id)]


def test_looking_changes_nothing(desk: Desk) -> None:
    file = desk.receive(WITHDRAWAL)
    desk.ida.get("/account")

    def everything() -> tuple[object, int]:
        with desk.office.store.reading() as session:
            return officers.read_case(desk.office, file.case.case_id), audit.verify(session).entries

    before = everything()
    for path in ("/queue", f"/case/{file.case.case_id}", "/record"):
        assert desk.ida.get(path).status_code == 200
    assert everything() == before


def test_a_withdrawal_is_applied_by_a_click_and_undone_by_another(desk: Desk) -> None:
    file = desk.receive(WITHDRAWAL)
    page = f"/case/{file.case.case_id}"
    assert "Apply the withdrawal" in desk.ida.get(page).text
    done = act(desk.ida, file, "apply", purpose=[one.value for one in WITHDRAWABLE], acknowledge="1")
    assert (done.status_code, done.headers["location"]) == (303, page)
    assert desk.stands(Standing.WITHDRAWN) == frozenset(WITHDRAWABLE)
    shown = desk.ida.get(page).text
    decision = re.search(r'name="decision" value="([^"]+)"', shown)
    assert decision is not None
    assert act(desk.ida, file, "undo", decision=decision[1]).status_code == 303
    assert desk.stands(Standing.RESTRICTED) == frozenset(WITHDRAWABLE)


def test_a_stale_save_shows_what_changed_and_keeps_what_was_typed(desk: Desk) -> None:
    file = desk.receive(WITHDRAWAL)
    version = file.case.version
    act(desk.ida, file, "note", words="Rang them.")
    act(desk.ida, file, "give_back")
    stale = act(desk.ron, file, "release", version=version, ground="recorded_call", words="They said it was a joke.")
    assert stale.status_code == 409
    assert "Nothing was changed" in stale.text
    assert "Ida wrote a note" in stale.text
    assert "They said it was a joke." in stale.text
    assert desk.stands(Standing.RESTRICTED) == frozenset(WITHDRAWABLE)


def test_a_case_in_anothers_hand_is_taken_over_only_aloud(desk: Desk) -> None:
    file = desk.receive(WITHDRAWAL)
    act(desk.ida, file, "claim")
    assert "Ida has this case in hand" in desk.ron.get(f"/case/{file.case.case_id}").text
    assert act(desk.ron, file, "not_ours").status_code == 409
    assert act(desk.ron, file, "take_over").status_code == 303
    assert act(desk.ida, file, "note", words="Mine?").status_code == 409


def test_what_is_previewed_is_sent(desk: Desk) -> None:
    file = desk.receive(QUESTION)
    page = f"/case/{file.case.case_id}"
    shown = desk.ida.post(f"{page}/preview", page=page, template="neutral_receipt", recipient="originator")
    assert "X-Wellbeing-Intake: neutral_receipt" in shown.text
    fields = dict(re.findall(r'name="(act|version|template|recipient|written_at|digest)" value="([^"]*)"', shown.text))
    sent = desk.ida.post(f"{page}/act", page=page, **fields)
    assert sent.status_code == 303
    (row,) = [one for one in desk.office.written(file.case) if one.verdict == "officer"]
    assert row.template == "neutral_receipt"


def test_searches_lead_to_cases_and_are_audited_without_their_words(desk: Desk) -> None:
    file = desk.receive(WITHDRAWAL)
    by_reference = desk.ida.post("/queue/search", page="/queue", text=file.case.reference.lower())
    assert by_reference.headers["location"] == f"/case/{file.case.case_id}"
    for text in ("23529452", "okafor", "Amina Okafor", AMINA.email or ""):
        found = desk.ida.post("/queue/search", page="/queue", text=text)
        assert file.case.reference in found.text, text
        assert "Okafor" not in str(found.url)
    with desk.office.store.reading() as session:
        entries = [one for one in session.execute(audit_entries.select()) if one.action == "cases_searched"]
    assert len(entries) == 5
    assert not any("okafor" in one.detail.lower() for one in entries)


def test_the_right_student_is_found_and_chosen(desk: Desk) -> None:
    file = desk.receive(QUESTION)
    page = f"/case/{file.case.case_id}"
    found = desk.ida.post(f"{page}/students", page=page, text="Benedict Whitlow")
    assert BEN.student_id in found.text
    chosen = act(desk.ida, file, "correct", intent="consent_withdrawal", scope="contact", student_id=BEN.student_id)
    assert chosen.status_code == 303
    assert officers.read_case(desk.office, file.case.case_id).case.student_id == BEN.student_id


def test_an_urgent_letter_comes_with_a_note_and_is_acknowledged(desk: Desk) -> None:
    file = desk.receive(URGENT)
    page = desk.ida.get(f"/case/{file.case.case_id}").text
    assert "Before you read" in page
    assert "I have this" in page
    assert act(desk.ida, file, "close", reason="done").status_code == 409
    assert act(desk.ida, file, "acknowledge").status_code == 303
    assert "I have this" not in desk.ida.get(f"/case/{file.case.case_id}").text


def test_a_call_is_recorded_in_a_case_of_its_own(desk: Desk) -> None:
    fields = {"student_id": AMINA.student_id, "purpose": "contact", "channel": "telephone", "act": "record_withdrawal"}
    empty = desk.ida.post("/record", page="/record", at="2026-11-20T10:00", words="", **fields)
    assert empty.status_code == 409
    done = desk.ida.post(
        "/record", page="/record", at="2026-11-20T10:00", words="Rang from the number we have.", **fields
    )
    assert done.status_code == 303
    file = officers.read_case(desk.office, done.headers["location"].rpartition("/")[2])
    assert (file.case.state, file.case.student_id) == (CaseState.SETTLED, AMINA.student_id)
    (event,) = file.events
    # London time, in winter the same as UTC.
    assert event.effective_at == datetime(2026, 11, 20, 10, tzinfo=UTC)


@pytest.mark.parametrize(("path", "status"), [("/case/c-none", 404), ("/case/%3Cscript%3E", 404), ("/case/%00", 404)])
def test_no_such_case(desk: Desk, path: str, status: int) -> None:
    assert desk.ida.get(path).status_code == status


@pytest.mark.parametrize("fields", [{"act": "nonsense"}, {"act": "apply", "purpose": "souls"}, {"act": "release"}])
def test_what_no_form_of_ours_sends_is_a_bad_request(desk: Desk, fields: dict[str, str]) -> None:
    file = desk.receive(WITHDRAWAL)
    page = f"/case/{file.case.case_id}"
    assert desk.ida.post(f"{page}/act", page=page, version="1", **fields).status_code == 400
    assert officers.read_case(desk.office, file.case.case_id) == file


def test_a_rights_request_is_extended_by_a_click_and_the_page_shows_it(desk: Desk) -> None:
    file = desk.receive(QUESTION)
    page = f"/case/{file.case.case_id}"
    assert "The clock of the rights request" not in desk.ida.get(page).text
    act(desk.ida, file, "correct", intent="data_rights_request", student_id=AMINA.student_id)
    assert "The clock of the rights request" in desk.ida.get(page).text
    assert act(desk.ida, file, "clock", event="nonsense").status_code == 400
    assert act(desk.ida, file, "clock", event="extended").status_code == 303
    shown = desk.ida.get(page).text
    assert "three months, as extended" in shown
    assert 'value="extended"' not in shown
    assert act(desk.ida, file, "clock", event="extended").status_code == 409


def test_the_pulse_counts_what_came_since_the_queue_was_shown(desk: Desk) -> None:
    def new(**query: str) -> int:
        found: int = desk.ida.get("/pulse", params=query).json()["new"]
        return found

    shown = re.search(r'data-since="([^"]+)"', desk.ida.get("/queue").text)
    assert shown is not None
    assert new(since=shown[1]) == 0
    file = desk.receive(WITHDRAWAL)
    assert new(since=shown[1]) == 1
    shown_then = re.search(r'data-since="([^"]+)"', desk.ida.get("/queue").text)
    assert shown_then is not None
    assert new(since=shown_then[1]) == 0
    act(desk.ida, file, "apply", purpose="contact")
    assert new(since=shown[1]) == 0
    for strange in ("", "yesterday", "2026-01-01T00:00:00", "<script>"):
        assert new(since=strange) == 0
