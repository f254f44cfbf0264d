"""One Chromium for all browser tests; a console and a window for each."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from intake.sealing import Vault
from intake.store import Store, open_store
from tests.support.browser import Screen, chromium, screen
from tests.support.console import Served, console_settings, served

Opener = Callable[..., Screen]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium."""
    with chromium() as found:
        yield found


@pytest.fixture
def console_store(tmp_path: Path) -> Iterator[Store]:
    """A database in a file: what differs between databases is proved without a browser."""
    store = open_store(f"sqlite:///{tmp_path}/test.db", create=True)
    yield store
    store.close()


@pytest.fixture
def console(tmp_path: Path, console_store: Store, vault: Vault) -> Iterator[Served]:
    """A console that listens."""
    with served(console_settings(tmp_path), console_store, vault) as found:
        yield found


@pytest.fixture
def opened(browser: Browser, console: Served) -> Iterator[Opener]:
    """Open windows of the given kind; at the end none of them may have complained of anything."""
    with ExitStack() as stack:
        screens: list[Screen] = []

        def opener(**context: Any) -> Screen:
            screens.append(stack.enter_context(screen(browser, console, **context)))
            return screens[-1]

        yield opener
        assert [complaint for one in screens for complaint in one.complaints] == []
