"""The pages of work in a real browser: by the keyboard alone, without scripts, small screens, axe, two officers."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from intake import officers
from intake.officers import CaseFile, CloseReason
from intake.pipeline import House
from intake.store import Store, arrivals, audit, consent, deliveries, facts, students
from intake.store.accounts import Account
from intake.vocabulary import WITHDRAWABLE, ArrivalState, CaseState, DeliveryState, Role, Standing
from tests.support.browser import Screen, screen
from tests.support.console import Served, served
from tests.unit.officers.conftest import AMINA, BEN, QUESTION, URGENT, WITHDRAWAL, Place, house, office_settings

__all__ = ["house"]


class Desk:
    """A console with letters, and windows in which officers are signed in."""

    def __init__(self, console: Served, house: House, browser: Browser, stack: ExitStack) -> None:
        """Take a console and a browser; `stack` closes the windows."""
        self.console, self._browser, self._stack = console, browser, stack
        self.ida, self.ron = console.account("Ida"), console.account("Ron")
        at = console.place
        self.office = Place(
            at.store, at.vault, at.settings, at.desk, at.holidays, house, self.ida.account_id, self.ron.account_id, ""
        )
        self.screens: list[Screen] = []

    def receive(self, body: str) -> CaseFile:
        """Let a letter come in."""
        return self.office.receive(body, received_at=datetime.now(UTC) - timedelta(minutes=5))

    def window(self, account: Account, **context: Any) -> Screen:
        """Open a window of its own for an account."""
        found = self._stack.enter_context(screen(self._browser, self.console, **context))
        found.sign_in(account)
        self.screens.append(found)
        return found

    def stands(self, standing: Standing) -> frozenset[object]:
        """Which of Amina's purposes stand so."""
        with self.office.store.reading() as session:
            return consent.purposes_standing(session, AMINA.student_id, standing)


@pytest.fixture
def desk(console_store: Store, house: House, browser: Browser) -> Iterator[Desk]:
    """A console over two students; at the end no window may have complained of anything."""
    with console_store.writing() as session:
        students.add(session, [AMINA, BEN], datetime.now(UTC))
        students.note_size(session, datetime.now(UTC))
    with served(office_settings(), console_store, house.desk.vault) as console, ExitStack() as stack:
        found = Desk(console, house, browser, stack)
        yield found
        assert [complaint for one in found.screens for complaint in one.complaints] == []


def path(file: CaseFile) -> str:
    return f"/case/{file.case.case_id}"


def test_a_case_is_settled_and_undone_by_the_keyboard_alone(desk: Desk) -> None:
    desk.receive(WITHDRAWAL)
    window = desk.window(desk.ida)
    window.goto("/queue")
    page: Page = window.page
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


def reach(page: Page, target: Locator) -> None:
    """Press Tab until `target` has the focus."""
    for _ in range(120):
        if target.evaluate("(one) => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError("the keyboard does not get there")


def test_an_erasure_goes_from_the_first_key_to_the_ledger_by_two_keyboards(desk: Desk) -> None:
    file = desk.receive(QUESTION)
    done = officers.close(desk.office, replace(desk.office.hand(file.case), now=datetime.now(UTC)), CloseReason.DONE)
    assert isinstance(done, officers.Done)
    with desk.office.store.writing() as session:
        for row in deliveries.reserve(session, "t", datetime.now(UTC) + timedelta(days=1), timedelta(minutes=5), 20):
            deliveries.settle(session, row.delivery_id, DeliveryState.SENT, datetime.now(UTC))
    asks = desk.window(desk.ida)
    asks.goto(path(file))
    reach(asks.page, asks.page.locator("summary", has_text="Erase its words"))
    asks.page.keyboard.press("Enter")
    form = asks.page.locator("form", has_text="The mailbox has its own copy")
    reach(asks.page, form.get_by_label("Why"))
    asks.page.keyboard.type("They asked for it, Article 17.")
    reach(asks.page, form.get_by_role("button", name="Ask a lead"))
    asks.page.keyboard.press("Enter")
    asks.page.get_by_text("You ask for a second pair of eyes").wait_for()
    assert asks.faults() == []

    approves = desk.window(desk.console.account("Lea", Role.LEAD))
    approves.goto("/queue")
    assert approves.faults() == []
    reach(approves.page, approves.page.get_by_role("link", name=file.case.reference))
    approves.page.keyboard.press("Enter")
    approves.page.wait_for_url("**/case/*")
    assert approves.faults() == []
    reach(approves.page, approves.page.get_by_role("button", name="Approve, and erase them now"))
    approves.page.keyboard.press("Enter")
    approves.page.get_by_text("Asked for by Ida, approved by Lea").wait_for()
    assert approves.faults() == []
    with desk.office.store.reading() as session:
        kept = arrivals.find(session, file.letters[0].arrival.arrival_id)
        entries = audit.search(session, audit.Sought(action="officer_erase"), 9)
        assert audit.verify(session).ok
    assert kept is not None
    assert (kept.wrapped_key, kept.content, kept.sha256) == (None, None, file.letters[0].arrival.sha256)
    assert [one.subject for one in entries] == [file.case.case_id]
    for window in (asks, approves):
        window.page.set_viewport_size({"width": 320, "height": 640})
        window.goto("/queue")
        assert window.page.evaluate("document.documentElement.scrollWidth") == 320


def test_a_case_is_settled_without_scripts(desk: Desk) -> None:
    file = desk.receive(WITHDRAWAL)
    window = desk.window(desk.ida, java_script_enabled=False)
    window.goto(path(file))
    window.page.get_by_role("button", name="Open it").click()
    window.page.get_by_label("Supervision").first.uncheck()
    window.page.get_by_role("button", name="Apply the withdrawal").click()
    window.page.get_by_text("Nothing has left yet").wait_for()
    assert desk.stands(Standing.WITHDRAWN) == {one for one in WITHDRAWABLE if one.value != "supervision"}


def test_of_two_officers_the_second_sees_what_the_first_did(desk: Desk) -> None:
    file = desk.receive(WITHDRAWAL)
    first, second = desk.window(desk.ida), desk.window(desk.ron)
    for one in (first, second):
        one.goto(path(file))
    first.page.get_by_role("button", name="Apply the withdrawal").click()
    first.page.get_by_role("button", name="Let go of it").click()
    second.page.get_by_role("button", name="Apply the withdrawal").click()
    second.page.get_by_text("Nothing was changed.").wait_for()
    assert "Ida applied the withdrawal" in second.page.content()
    after = officers.read_case(desk.office, file.case.case_id)
    assert (len(after.decisions), after.case.state) == (1, CaseState.SETTLED)


COVERED = "(one) => getComputedStyle(one).filter !== 'none'"


@pytest.mark.parametrize("scripts", [True, False])
def test_privacy_mode_covers_names_until_they_are_reached(desk: Desk, scripts: bool) -> None:
    file = desk.receive(WITHDRAWAL)
    window = desk.window(desk.ida, java_script_enabled=scripts)
    window.goto("/queue")
    page = window.page
    name = page.get_by_role("cell", name="Amina Okafor")
    assert not name.evaluate(COVERED)
    page.get_by_role("button", name="Privacy mode").click()
    page.locator("body.private").wait_for()
    assert name.evaluate(COVERED)
    name.hover()
    assert not name.evaluate(COVERED)
    page.get_by_role("link", name=file.case.reference).focus()
    page.get_by_role("heading", name="Queue").hover()
    assert not name.evaluate(COVERED)
    window.goto(path(file))
    student = page.locator("section[aria-labelledby=student-title] [data-private]").first
    assert student.evaluate(COVERED)
    student.focus()
    assert not student.evaluate(COVERED)
    page.get_by_role("button", name="Privacy mode").click()
    page.locator("body:not(.private)").wait_for()
    page.get_by_role("heading", name="Decide").hover()
    assert not student.evaluate(COVERED)


def test_privacy_mode_by_its_key_leaves_letters_open_and_typing_as_it_was(desk: Desk) -> None:
    file = desk.receive(WITHDRAWAL)
    window = desk.window(desk.ida)
    window.goto(path(file))
    page = window.page
    page.keyboard.press("r")
    page.get_by_text("I withdraw my consent").first.wait_for()
    page.get_by_label("Note", exact=True).fill("Half a sen")
    page.get_by_role("heading", name="Decide").click()
    with page.expect_response("**/privacy"):
        page.keyboard.press("p")
    assert page.locator(".own").first.evaluate(COVERED)
    assert page.get_by_label("Note", exact=True).input_value() == "Half a sen"
    assert window.faults() == []
    window.goto("/queue")
    assert page.locator("body.private").count() == 1


def test_new_cases_are_said_quietly_and_shown_by_a_plain_link(desk: Desk) -> None:
    first = desk.receive(WITHDRAWAL)
    window = desk.window(desk.ida)
    page = window.page
    page.clock.install()
    with page.expect_response("**/pulse*"):
        window.goto("/queue")
    more = page.get_by_role("status")
    expect(more).to_be_empty()
    second = desk.receive(QUESTION)
    page.clock.fast_forward(21_000)
    expect(more).to_have_text("1 new case: show")
    desk.receive(QUESTION)
    page.clock.fast_forward(21_000)
    expect(more).to_have_text("2 new cases: show")
    expect(page.locator("#news")).to_be_empty()
    assert page.get_by_role("link", name=second.case.reference).count() == 0
    assert window.faults() == []
    more.get_by_role("link").click()
    for one in (first, second):
        page.get_by_role("link", name=one.case.reference).wait_for()
    expect(more).to_be_empty()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_pages_of_work(desk: Desk, scheme: str) -> None:
    plain, urgent = desk.receive(WITHDRAWAL), desk.receive(URGENT)
    window = desk.window(desk.ida, color_scheme=scheme)
    for where in ("/queue", "/record", "/week", path(plain), path(urgent)):
        window.goto(where)
        window.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        assert window.faults() == [], where
    window.page.keyboard.press("r")
    window.page.locator(".own").first.wait_for()
    assert window.faults() == []
    window.goto(path(plain))
    window.page.get_by_text("Write", exact=True).click()
    window.page.get_by_role("button", name="Neutral receipt").first.click()
    window.page.locator(".bytes").wait_for()
    assert window.faults() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_pages_of_oversight(desk: Desk, scheme: str) -> None:
    desk.receive(WITHDRAWAL)
    window = desk.window(desk.console.account("Dora", Role.DATA_PROTECTION_OFFICER), color_scheme=scheme)
    window.goto("/ledger")
    window.page.get_by_label("Student number").fill(AMINA.student_id)
    window.page.get_by_role("button", name="Show").click()
    window.page.get_by_text("Where consents of").wait_for()
    assert window.faults() == []
    window.goto("/audit")
    window.page.get_by_role("button", name="Search").click()
    window.page.get_by_text("newest first").wait_for()
    assert window.faults() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_what_administrators_and_leads_see(desk: Desk, scheme: str) -> None:
    file = desk.receive(WITHDRAWAL)
    with desk.office.store.writing() as session:
        arrivals.set_aside(session, file.letters[0].arrival.arrival_id, ArrivalState.SHUNTED, "ValueError at parse")
        facts.put(session, facts.UNACCOUNTED, datetime.now(UTC), number=2)
    for name, role, where in (("Adam", Role.ADMINISTRATOR, "/health"), ("Lea", Role.LEAD, "/comparison")):
        window = desk.window(desk.console.account(name, role), color_scheme=scheme)
        window.goto(where)
        assert window.page.get_by_role("heading", level=1).count() == 1
        assert window.faults() == [], where
        window.page.set_viewport_size({"width": 320, "height": 640})
        assert window.page.evaluate("document.documentElement.scrollWidth") == 320, where


@pytest.mark.parametrize("body", [WITHDRAWAL, URGENT])
def test_nothing_is_wider_than_a_small_screen(desk: Desk, body: str) -> None:
    file = desk.receive(body)
    window = desk.window(desk.ida, viewport={"width": 320, "height": 640})
    for where in (path(file), "/queue", "/record", "/week"):
        window.goto(where)
        assert window.page.evaluate("document.documentElement.scrollWidth") == 320, where


def test_what_is_clicked_is_24_pixels_high(desk: Desk) -> None:
    file = desk.receive(URGENT)
    window = desk.window(desk.ida)
    for where in (path(file), "/queue"):
        window.goto(where)
        # WCAG 2.5.8, target size (minimum).
        small = window.page.evaluate(
            """() => [...document.querySelectorAll("button, select, summary, main a, input:not([type=hidden])")]
                .filter((one) => one.checkVisibility())
                .map((one) => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()])
                .filter(([_, box]) => box.height < 24 || box.width < 24).map(([html]) => html)"""
        )
        assert small == [], where
