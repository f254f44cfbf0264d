"""A console that really listens, and a client that behaves as a browser: cookies, hidden fields, Fetch Metadata."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
from starlette.routing import Route

from intake.console import passwords, sessions
from intake.console.opening import open_place
from intake.console.place import Place
from intake.console.serving import Serving
from intake.sealing import Vault
from intake.settings import Settings
from intake.store import Store, accounts
from intake.store.accounts import Account
from intake.vocabulary import Role

PASSWORD = "correct horse battery"
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


def console_settings(folder: Path, **sections: dict[str, Any]) -> Settings:
    """A whole configuration whose mailbox is never opened."""
    values: dict[str, Any] = {
        "service": {"address": "wellbeing@herts.example", "duty_address": "duty@herts.example"},
        "mailbox": {"host": "127.0.0.1", "username": "wellbeing@herts.example"},
        "smtp": {"host": "127.0.0.1"},
        "encryption": {"key_file": folder / "key"},
        **sections,
    }
    return Settings.model_validate(values)


@cache
def _password_hash() -> str:
    # Made once: a hash takes its time.
    return passwords.hashed(PASSWORD)


class Client:
    """One browser, without the screen."""

    def __init__(self, origin: str) -> None:
        """Open it, at no page."""
        self.origin = origin
        self.http = httpx2.Client(base_url=origin, follow_redirects=False, timeout=30)

    def get(self, path: str, **more: Any) -> httpx2.Response:
        """Open a page."""
        return self.http.get(path, **more)

    def post(self, path: str, *, page: str = "/account", **fields: str) -> httpx2.Response:
        """Send a form as the one on `page` would be sent, with its hidden token."""
        token = csrf_token(self.get(page).text)
        return self.http.post(path, data={"csrf": token, **fields}, headers=SAME_ORIGIN)

    def sign_in(self, name: str, password: str = PASSWORD, **more: str) -> httpx2.Response:
        """Fill in the sign-in form."""
        return self.post("/sign-in", page="/sign-in", name=name, password=password, **more)

    @property
    def session(self) -> str | None:
        """The session's token, as the cookie jar has it."""
        return self.http.cookies.get("session")

    def close(self) -> None:
        """Close it."""
        self.http.close()


def csrf_token(page: str) -> str:
    """Read the hidden token of a page's first form."""
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', page)
    assert found, page
    return found[1]


class Served:
    """A console that listens on a free port."""

    def __init__(self, place: Place, serving: Serving) -> None:
        """Take what is served."""
        self.place, self.serving, self.origin = place, serving, serving.site.origin
        self._clients: list[Client] = []

    def account(self, name: str, role: Role = Role.OFFICER) -> Account:
        """Add a local account with the password of all tests."""
        with self.place.store.writing() as session:
            return accounts.add_local(session, name, role, _password_hash(), datetime.now(UTC))

    def client(self) -> Client:
        """Open a browser that nobody signed in with."""
        self._clients.append(Client(self.origin))
        return self._clients[-1]

    def signed_in(self, account: Account) -> Client:
        """Open a browser in which `account` is signed in (without the form: a hash takes its time)."""
        client = self.client()
        token = sessions.begin(self.place, account, "test", datetime.now(UTC))
        client.http.cookies.set("session", token, domain="127.0.0.1", path="/")
        return client

    def close(self) -> None:
        """Close every browser."""
        for client in self._clients:
            client.close()


@contextmanager
def served(settings: Settings, store: Store, vault: Vault, work: Sequence[Route] | None = None) -> Iterator[Served]:
    """Serve a console over `store` until the block ends."""
    place = open_place(settings, store, vault)
    serving = Serving(place, host="127.0.0.1", port=0, behind_proxy=False, **({} if work is None else {"work": work}))
    found = Served(place, serving)
    with serving.in_background():
        try:
            yield found
        finally:
            found.close()
