"""Access, in a real browser (WCAG 2.2 AA): axe, narrow windows, targets, focus, motion, shortcuts, the live region."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from intake.store import Store, cases
from intake.store.cases import NewCase
from intake.vocabulary import CaseState, Disposition, Role
from tests.browser.conftest import Opener
from tests.support.browser import Screen
from tests.support.console import Served


def sign_in_refused(screen: Screen) -> None:
    screen.goto("/sign-in")
    screen.page.get_by_label("Name").fill("ada")
    screen.page.get_by_label("Password").fill("not the password")
    screen.page.get_by_role("button", name="Sign in").click()
    expect(screen.page.get_by_role("alert")).to_be_visible()


def account(screen: Screen) -> None:
    screen.sign_in(screen.console.account("A rather long name of an officer of this service", Role.LEAD))
    screen.goto("/account")


def sheet(screen: Screen) -> None:
    account(screen)
    screen.page.keyboard.press("?")
    expect(screen.page.get_by_role("dialog")).to_be_visible()


def refusal(screen: Screen) -> None:
    account(screen)
    screen.goto("/nowhere")


PAGES: dict[str, Callable[[Screen], None]] = {
    "sign_in": lambda screen: screen.goto("/sign-in"),
    "sign_in_refused": sign_in_refused,
    "link": lambda screen: screen.goto("/sign-in/link?token=x"),
    "account": account,
    "sheet": sheet,
    "refusal": refusal,
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page", PAGES)
def test_axe_finds_nothing(opened: Opener, page: str, scheme: str) -> None:
    screen = opened(color_scheme=scheme)
    PAGES[page](screen)
    assert screen.faults() == []


@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_cut_off_at_320_pixels(opened: Opener, page: str) -> None:
    """Which is 1280 at 400 % zoom (WCAG 1.4.10)."""
    screen = opened(viewport={"width": 320, "height": 640})
    PAGES[page](screen)
    assert screen.page.evaluate("document.scrollingElement.scrollWidth") <= 320


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("page", PAGES)
def test_targets_are_large_enough(opened: Opener, page: str, width: int) -> None:
    """WCAG 2.5.8: 24 by 24 pixels, links within a sentence aside."""
    screen = opened(viewport={"width": width, "height": 640})
    PAGES[page](screen)
    small = screen.page.evaluate(
        """() => [...document.querySelectorAll("a, button, input:not([type=hidden]), select, textarea")]
            .filter(one => one.checkVisibility() && !one.matches("main p a:not(.button), .skip, .news a"))
            .filter(one => { const box = one.getBoundingClientRect(); return box.width < 24 || box.height < 24; })
            .map(one => one.outerHTML)"""
    )
    assert small == []


@pytest.mark.parametrize("page", ["sign_in", "account"])
def test_the_focus_is_seen_at_every_stop_in_the_order_of_the_page(opened: Opener, page: str) -> None:
    screen = opened()
    PAGES[page](screen)
    stops = screen.page.evaluate(
        """[...document.querySelectorAll("a, button, input:not([type=hidden])")]
            .filter(one => one.checkVisibility()).length"""
    )
    places = []
    for _ in range(stops):
        screen.page.keyboard.press("Tab")
        width, place = screen.page.evaluate(
            """() => {
                const one = document.activeElement;
                const style = getComputedStyle(one);
                const every = [...document.querySelectorAll("*")];
                return [style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth), every.indexOf(one)];
            }"""
        )
        assert width >= 2
        places.append(place)
    assert places == sorted(set(places))


def test_nothing_moves_for_who_asked_for_less_motion(opened: Opener) -> None:
    screen = opened(reduced_motion="reduce")
    screen.goto("/sign-in")
    assert screen.page.evaluate("getComputedStyle(document.querySelector('button')).transitionDuration") == "0s"


def test_a_page_has_its_landmarks_and_its_language(opened: Opener) -> None:
    screen = opened()
    account(screen)
    for role in ("banner", "navigation", "main"):
        expect(screen.page.get_by_role(role)).to_have_count(1)
    expect(screen.page.get_by_role("link", name="Your account")).to_have_attribute("aria-current", "page")
    assert screen.page.evaluate("document.documentElement.lang") == "en"


def test_the_sheet_of_shortcuts_and_how_they_are_turned_off(opened: Opener) -> None:
    screen = opened()
    sheet(screen)
    dialog = screen.page.get_by_role("dialog", name="Keyboard shortcuts")
    screen.page.get_by_label("Shortcuts of one key are on").uncheck()
    screen.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    for _ in range(2):
        screen.page.keyboard.press("?")
        expect(dialog).to_be_hidden()
        screen.page.reload()
    screen.page.get_by_role("button", name="Shortcuts").click()
    screen.page.get_by_label("Shortcuts of one key are on").check()
    screen.page.get_by_role("button", name="Close").click()
    screen.page.keyboard.press("?")
    expect(dialog).to_be_visible()


def test_a_question_mark_that_somebody_types_is_a_question_mark(opened: Opener) -> None:
    screen = opened()
    account(screen)
    screen.page.evaluate("document.querySelector('main').append(document.createElement('textarea'))")
    screen.page.locator("main textarea").press_sequentially("g1?")
    expect(screen.page.locator("main textarea")).to_have_value("g1?")
    expect(screen.page.get_by_role("dialog")).to_be_hidden()


def test_g_and_a_number_go_to_that_page(opened: Opener) -> None:
    screen = opened()
    account(screen)
    screen.goto("/nowhere")
    screen.page.keyboard.press("g")
    screen.page.keyboard.press("1")
    screen.page.wait_for_url("**/queue")


def urgent_case(store: Store) -> None:
    new = NewCase(
        CaseState.OPEN, Disposition.ESCALATE, None, None, True, (), ("urgent",), datetime.now(UTC), None, None
    )
    with store.writing() as session:
        cases.open_case(session, new)


def test_an_urgent_case_that_comes_in_is_said_without_a_reload(
    opened: Opener, console: Served, console_store: Store
) -> None:
    urgent_case(console_store)
    screen = opened()
    screen.page.clock.install()
    screen.sign_in(console.account("ada"))
    screen.goto("/account")
    expect(screen.page).to_have_title("(1 urgent) Your account – Student Wellbeing")
    news = screen.page.locator("#news")
    expect(news).to_be_empty()
    expect(news).to_have_attribute("aria-live", "assertive")
    urgent_case(console_store)
    screen.page.clock.fast_forward(21_000)
    expect(news).to_contain_text("An urgent case came in")
    expect(screen.page).to_have_title("(2 urgent) Your account – Student Wellbeing")
    assert screen.faults() == []


#: counts the tones that are really started
COUNT_TONES = """
    window.tones = 0;
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (...when) { window.tones += 1; return start.apply(this, when); };
"""


@pytest.mark.parametrize("chosen", [False, True])
def test_a_new_urgent_case_sounds_only_where_that_was_chosen(
    opened: Opener, console: Served, console_store: Store, chosen: bool
) -> None:
    screen = opened()
    page = screen.page
    page.add_init_script(COUNT_TONES)
    screen.sign_in(console.account("ada"))
    screen.goto("/account")
    choice = page.get_by_label("Play a short sound")
    expect(choice).not_to_be_checked()
    if chosen:
        choice.check()
        page.wait_for_function("window.tones === 2")
    page.clock.install()
    with page.expect_response("**/pulse"):
        page.reload()
    expect(choice).to_be_checked(checked=chosen)
    page.get_by_role("heading", name="Your account").click()
    assert page.evaluate("window.tones") == 0
    urgent_case(console_store)
    page.clock.fast_forward(21_000)
    expect(page.locator("#news")).to_contain_text("An urgent case came in")
    if chosen:
        page.wait_for_function("window.tones === 2")
    assert page.evaluate("window.tones") == (2 if chosen else 0)
    assert screen.faults() == []


def test_who_was_signed_out_meanwhile_is_told_and_loses_nothing(opened: Opener, console: Served) -> None:
    screen = opened()
    screen.page.clock.install()
    screen.sign_in(console.account("ada"))
    with screen.page.expect_response("**/pulse"):
        screen.goto("/account")
    screen.page.context.clear_cookies()
    screen.page.clock.fast_forward(21_000)
    expect(screen.page.locator("#news")).to_contain_text("You were signed out")
    expect(screen.page.get_by_role("heading", name="Your account")).to_be_visible()


def test_a_role_that_reads_no_letters_is_not_asked_to_wait_for_any(opened: Opener, console: Served) -> None:
    screen = opened()
    screen.sign_in(console.account("it", Role.ADMINISTRATOR))
    screen.goto("/account")
    assert screen.page.locator("body").get_attribute("data-pulse") is None
