"""A real browser at the console: Debian's Chromium, driven by Playwright; it remembers what the page complained of."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, sync_playwright

from intake.store.accounts import Account
from tests.support.console import Served

_AXE = Path(__file__).parents[1] / "browser" / "axe" / "axe.min.js"
#: WCAG 2.2 AA and all below it
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@dataclass(slots=True)
class Screen:
    """One page in one browser window."""

    console: Served
    page: Page
    #: what the browser said on its console: refused by policy, failed, thrown
    complaints: list[str] = field(default_factory=list)

    def goto(self, path: str) -> None:
        """Open a page of the console."""
        self.page.goto(self.console.origin + path)

    def sign_in(self, account: Account) -> None:
        """Be signed in, without the form."""
        token = self.console.signed_in(account).session
        self.page.context.add_cookies([{"name": "session", "value": token or "", "url": self.console.origin}])

    def faults(self) -> list[str]:
        """What axe finds on the page as it stands."""
        self.page.evaluate(_AXE.read_text(encoding="utf-8"))
        found: dict[str, Any] = self.page.evaluate(
            "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}})", _RULES
        )
        assert len(found["passes"]) > 5
        return [
            f"{one['id']}: {node['target']} {node['failureSummary']}"
            for one in found["violations"]
            for node in one["nodes"]
        ]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Chromium; skip where it is not installed, though in CI nothing may be missing."""
    program = shutil.which("chromium")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is not installed, and in CI nothing may be missing")
        pytest.skip("Chromium is not installed (apt-get install chromium)")
    with sync_playwright() as playwright:
        # The sandbox needs a user that is not root; only pages of our own are opened.
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def screen(browser: Browser, console: Served, **context: Any) -> Iterator[Screen]:
    """Open a window with cookies of its own."""
    window = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **context})
    window.set_default_timeout(15_000)
    found = Screen(console, window.new_page())

    def note(message: ConsoleMessage) -> None:
        # A page that is refused on purpose (403, 404, 422) is reported by the browser as a failed resource.
        if message.type in ("error", "warning") and "the server responded with a status of 4" not in message.text:
            found.complaints.append(message.text)

    def refuse(dialog: Dialog) -> None:
        found.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    found.page.on("console", note)
    found.page.on("pageerror", lambda error: found.complaints.append(str(error)))
    found.page.on("dialog", refuse)
    try:
        yield found
    finally:
        window.close()
