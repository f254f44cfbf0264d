"""Privacy mode is the account's: it covers what names a person on every page, and leads back to where one was."""

from collections.abc import Iterator
from html.parser import HTMLParser

import pytest

from intake.pipeline import House
from intake.store import Store, accounts
from tests.support.console import SAME_ORIGIN, csrf_token
from tests.unit.console.test_cases import Desk, desk_of
from tests.unit.officers.conftest import WITHDRAWAL, house

__all__ = ["house"]
ON = '<body class="private"'


@pytest.fixture
def desk(store: Store, house: House) -> Iterator[Desk]:
    """A console over two students."""
    with desk_of(store, house) as found:
        yield found


def test_it_is_on_for_the_account_in_every_session_until_it_is_off(desk: Desk) -> None:
    assert ON not in desk.ida.get("/queue").text
    desk.ida.post("/privacy", private="1", back="/queue")
    assert ON in desk.ida.get("/queue").text
    with desk.office.store.reading() as session:
        row = accounts.named(session, "Ida")
    assert row is not None
    assert ON in desk.console.signed_in(row.account).get("/queue").text
    assert ON not in desk.ron.get("/queue").text
    desk.ida.post("/privacy", private="", back="/queue")
    assert ON not in desk.ida.get("/queue").text


def test_names_and_numbers_are_marked_wherever_they_stand(desk: Desk) -> None:
    file = desk.receive(WITHDRAWAL)
    desk.ida.post("/privacy", private="1")
    page = f"/case/{file.case.case_id}"
    for text in (
        desk.ida.get("/queue").text,
        desk.ida.get(page).text,
        desk.ida.post(f"{page}/letters", page=page).text,
        desk.ida.post(f"{page}/students", page=page, text="Amina Okafor").text,
        desk.ida.post("/queue/search", page="/queue", text="Amina Okafor").text,
        desk.ida.post(f"{page}/preview", page=page, template="neutral_receipt", recipient="originator").text,
    ):
        shown = uncovered(text)
        assert "data-private" in text
        for personal in ("Okafor", "Amina", "ab23xyz", ">23529452"):
            assert personal not in shown


class Reader(HTMLParser):
    """Keeps text that stands in no covered element."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[bool] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("input", "meta", "link", "br", "line", "rect"):
            self.open.append("data-private" in dict(attrs) or tag == "title")

    def handle_endtag(self, tag: str) -> None:
        if self.open and tag not in ("line", "rect"):
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if not any(self.open):
            self.text.append(data)


def uncovered(page: str) -> str:
    """Give the page without its covered elements; a chart's hidden title is no text on the screen."""
    reader = Reader()
    reader.feed(page)
    return ">" + ">".join(reader.text)


@pytest.mark.parametrize(
    ("back", "leads_to"),
    [
        ("/queue", "/queue"),
        ("/case/c-1", "/case/c-1"),
        ("/case/c-1/letters", "/case/c-1"),
        ("/queue/search", "/"),
        ("//evil.example", "/"),
        ("https://evil.example/case/c-1", "/"),
        ("/privacy", "/"),
        ("", "/"),
    ],
)
def test_it_leads_back_to_a_page_of_this_console_alone(desk: Desk, back: str, leads_to: str) -> None:
    token = csrf_token(desk.ida.get("/account").text)
    data = {"csrf": token, "private": "1", "back": back}
    answer = desk.ida.http.post("/privacy", data=data, headers=SAME_ORIGIN)
    assert (answer.status_code, answer.headers["location"]) == (303, leads_to)
