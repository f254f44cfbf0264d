"""`console` and `users`, through the command line only."""

import json
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.acceptance.support import Finished, Site
from tests.support.console import PASSWORD, Client

PATIENCE_S = 60


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site(tmp_path)
    site.configure(1, 1)
    site.make_key()
    return site


def fed(site: Site, words: str, *arguments: str) -> Finished:
    """Run a command that reads standard input."""
    return subprocess.run(
        site.command(*arguments),
        cwd=site.folder,
        env=site.variables(),
        input=words,
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
        check=False,
    )


def add(site: Site, name: str, role: str = "officer", password: str = PASSWORD) -> None:
    finished = fed(site, password + "\n", "users", "add", name, "--role", role)
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout == ""
    assert password not in finished.stderr


@contextmanager
def running(site: Site, *arguments: str) -> Iterator[tuple["subprocess.Popen[str]", Client]]:
    """Serve the console; give its process and a browser at its address."""
    command = site.command("console", "--port", "0", *arguments)
    with subprocess.Popen(
        command, cwd=site.folder, env=site.variables(), stderr=subprocess.PIPE, encoding="utf-8"
    ) as process:
        try:
            first = (process.stderr or iter(())).readline()  # type: ignore[union-attr]
            found = re.search(r"(http://127\.0\.0\.1:\d+)/", first)
            assert found, first
            client = Client(found[1])
            yield process, client
            client.close()
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_account_that_was_added_signs_in_and_the_console_stops_gracefully(
    site: Site, number: signal.Signals
) -> None:
    add(site, "ada")
    with running(site) as (process, client):
        assert client.sign_in("ada").status_code == 303
        assert client.get("/account").status_code == 200
        process.send_signal(number)
        assert process.wait(PATIENCE_S) == 0
        assert (process.stderr.read() if process.stderr else "") == ""


def test_accounts_are_listed_without_anything_secret(site: Site) -> None:
    add(site, "ada", "lead")
    add(site, "bob", "data_protection_officer")
    found = site.document("users", "list")["users"]
    assert [(one["name"], one["role"], one["state"], one["sign_in"]) for one in found] == [
        ("ada", "lead", "active", "password"),
        ("bob", "data_protection_officer", "active", "password"),
    ]
    assert "argon2" not in json.dumps(found)


def test_disabling_and_changing_reach_a_console_that_runs(site: Site) -> None:
    add(site, "ada")
    with running(site) as (_process, client):
        client.sign_in("ada")
        site.done("users", "role", "ada", "--role", "lead")
        assert client.get("/account").status_code == 303
        client.sign_in("ada")
        assert "lead" in client.get("/account").text
        site.done("users", "disable", "ada")
        assert client.get("/account").status_code == 303
        assert client.sign_in("ada").status_code == 422
        site.done("users", "disable", "ada", "--undo")
        assert fed(site, "staple tomorrow moon\n", "users", "passwd", "ada").returncode == 0
        assert client.sign_in("ada", "staple tomorrow moon").status_code == 303


def test_a_code_is_asked_for_after_its_address_was_printed_once(site: Site) -> None:
    add(site, "ada")
    assert site.done("users", "code", "ada").startswith("otpauth://totp/Student%20Wellbeing:ada?secret=")
    with running(site) as (_process, client):
        assert client.sign_in("ada").status_code == 422
        site.done("users", "code", "ada", "--off")
        assert client.sign_in("ada").status_code == 303


@pytest.mark.parametrize(
    ("words", "arguments", "says"),
    [
        ("short\n", ("users", "add", "ada", "--role", "officer"), "shorter than 12 characters"),
        ("", ("users", "add", "ada", "--role", "officer"), "no password"),
        (PASSWORD, ("users", "add", "ada", "--role", "king"), "king"),
        (PASSWORD, ("users", "add", "ada"), "--role"),
        ("", ("console", "--host", "0.0.0.0"), "plain HTTP"),
        ("", ("console", "--behind-proxy"), "console.origin"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line(
    site: Site, words: str, arguments: tuple[str, ...], says: str
) -> None:
    finished = fed(site, words, *arguments)
    assert finished.returncode == 2
    assert finished.stdout == ""
    assert len(finished.stderr.splitlines()) == 1
    assert says in finished.stderr


def test_an_unknown_account_and_a_port_in_use_fail(site: Site) -> None:
    add(site, "ada")
    assert "no such account" in site.refusal(1, "users", "disable", "nobody")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"port {port}" in site.refusal(1, "console", "--port", str(port))
