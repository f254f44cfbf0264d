"""The pages of work in a real browser: by the keyboard alone, without scripts, at 320 px, two officers at one case."""

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from intake import officers
from intake.console import sessions
from intake.officers import CaseFile
from intake.pipeline import House
from intake.store import consent, open_store, students
from intake.store.accounts import Account
from intake.vocabulary import WITHDRAWABLE, CaseState, Standing
from tests.support.console import Served, served
from tests.unit.officers.conftest import AMINA, BEN, URGENT, WITHDRAWAL, Place, house, office_settings

__all__ = ["house"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    program = shutil.which("chromium")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("chromium is not installed, and in CI nothing may be missing")
        pytest.skip("chromium is not installed (apt-get install chromium)")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield opened
        opened.close()


class Desk:
    """A console with letters, and browsers in which officers are signed in."""

    def __init__(self, console: Served, house: House, browser: Browser) -> None:
        self.console, self.browser = console, browser
        self.ida, self.ron = console.account("Ida"), console.account("Ron")
        at = console.place
        self.office = Place(
            at.store, at.vault, at.settings, at.desk, at.holidays, house, self.ida.account_id, self.ron.account_id, ""
        )
        self.broken: list[str] = []
        self.contexts: list[BrowserContext] = []

    def receive(self, body: str) -> CaseFile:
        return self.office.receive(body, received_at=datetime.now(UTC) - timedelta(minutes=5))

    def page(self, account: Account, *, scripts: bool = True, width: int = 1280) -> Page:
        """A page of a browser of its own; what it complains of (the content security policy, say) is collected."""
        context = self.browser.new_context(java_script_enabled=scripts, viewport={"width": width, "height": 800})
        token = sessions.begin(self.console.place, account, "test", datetime.now(UTC))
        context.add_cookies([{"name": "session", "value": token, "url": self.console.origin}])
        self.contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: self.broken.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.broken.append(str(error)))
        return page

    def url(self, file: CaseFile) -> str:
        return f"{self.console.origin}/case/{file.case.case_id}"

    def stands(self, standing: Standing) -> frozenset[object]:
        with self.office.store.reading() as session:
            return consent.purposes_standing(session, AMINA.student_id, standing)


@pytest.fixture
def desk(tmp_path: Path, house: House, browser: Browser) -> Iterator[Desk]:
    """A console over two students."""
    store = open_store(f"sqlite:///{tmp_path}/test.db", create=True)
    with store.writing() as session:
        students.add(session, [AMINA, BEN], datetime.now(UTC))
        students.note_size(session, datetime.now(UTC))
    with served(office_settings(), store, house.desk.vault) as console:
        found = Desk(console, house, browser)
        yield found
        for context in found.contexts:
            context.close()
    store.close()


def test_a_case_is_settled_and_undone_by_the_keyboard_alone(desk: Desk) -> None:
    desk.receive(WITHDRAWAL)
    page = desk.page(desk.ida)
    page.goto(f"{desk.console.origin}/queue")
    page.keyboard.press("o")
    page.wait_for_url("**/case/*")
    assert "I withdraw my consent" not in page.content()
    page.keyboard.press("r")
    page.get_by_text("I withdraw my consent").first.wait_for()
    page.keyboard.press("a")
    page.get_by_text("Nothing has left yet").wait_for()
    assert desk.stands(Standing.WITHDRAWN) == frozenset(WITHDRAWABLE)
    page.keyboard.press("z")
    page.get_by_role("button", name="Apply the withdrawal").wait_for()
    assert desk.stands(Standing.RESTRICTED) == frozenset(WITHDRAWABLE)
    assert desk.broken == []


def test_a_case_is_settled_without_scripts(desk: Desk) -> None:
    file = desk.receive(WITHDRAWAL)
    page = desk.page(desk.ida, scripts=False)
    page.goto(desk.url(file))
    page.get_by_role("button", name="Open it").click()
    page.get_by_label("Supervision").first.uncheck()
    page.get_by_role("button", name="Apply the withdrawal").click()
    page.get_by_text("Nothing has left yet").wait_for()
    assert desk.stands(Standing.WITHDRAWN) == {one for one in WITHDRAWABLE if one.value != "supervision"}


@pytest.mark.parametrize("body", [WITHDRAWAL, URGENT])
def test_nothing_is_wider_than_a_small_screen(desk: Desk, body: str) -> None:
    file = desk.receive(body)
    page = desk.page(desk.ida, width=320)
    for path in (desk.url(file), f"{desk.console.origin}/queue", f"{desk.console.origin}/record"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") == 320, path
    assert desk.broken == []


def test_what_is_clicked_is_24_pixels_high(desk: Desk) -> None:
    file = desk.receive(URGENT)
    page = desk.page(desk.ida)
    for path in (desk.url(file), f"{desk.console.origin}/queue"):
        page.goto(path)
        # WCAG 2.5.8, target size (minimum); a label is its checkbox's target too.
        small = page.evaluate(
            """() => [...document.querySelectorAll("button, select, summary, main a, input:not([type=hidden])")]
                .filter((one) => one.checkVisibility())
                .map((one) => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()])
                .filter(([_, box]) => box.height < 24 || box.width < 24).map(([html]) => html)"""
        )
        assert small == [], path


def test_of_two_officers_the_second_sees_what_the_first_did(desk: Desk) -> None:
    file = desk.receive(WITHDRAWAL)
    first, second = desk.page(desk.ida), desk.page(desk.ron)
    for page in (first, second):
        page.goto(desk.url(file))
    first.get_by_role("button", name="Apply the withdrawal").click()
    first.get_by_role("button", name="Let go of it").click()
    second.get_by_role("button", name="Apply the withdrawal").click()
    second.get_by_text("Nothing was changed.").wait_for()
    assert "Ida applied the withdrawal" in second.content()
    assert len(officers.read_case(desk.office, file.case.case_id).decisions) == 1
    assert officers.read_case(desk.office, file.case.case_id).case.state is CaseState.SETTLED
