"""The door of the console: what every answer carries, and which requests never get in. Proved over real HTTP."""

import http.client
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from intake.console import headers
from intake.console.assets import Assets
from intake.console.headers import LONGEST_BODY
from intake.console.rendering import environment, prove
from intake.console.roles import public
from intake.errors import CallRefused, ConfigurationRefused, DatabaseUnavailable, TemplateRefused
from intake.sealing import Vault
from intake.store import Store, open_store
from tests.support.console import SAME_ORIGIN, Served, console_settings, csrf_token, served

SECRET_WORDS = "a letter's own words"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """SQLite alone: what differs between databases is proved in test_accounts.py and test_sessions.py."""
    opened = open_store(f"sqlite:///{tmp_path}/test.db", create=True)
    yield opened
    opened.close()


@public
def broken(_request: Request) -> Response:
    raise RuntimeError(SECRET_WORDS)


@public
def away(_request: Request) -> Response:
    raise DatabaseUnavailable(SECRET_WORDS)


@pytest.mark.parametrize("path", ["/sign-in", "/", "/nowhere", "/pulse", "/sign-in/link", "/assets/none.css"])
def test_every_answer_carries_the_headers(console: Served, path: str) -> None:
    answer = console.client().get(path)
    policy = answer.headers["content-security-policy"]
    for rule in ("default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"):
        assert rule in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert "server" not in answer.headers


def test_a_page_asks_nothing_of_anybody_else(console: Served) -> None:
    page = console.client().get("/sign-in").text
    assert re.findall(r'(?:src|href|action)="([^"/#][^"]*|//[^"]*)"', page) == []
    assert "style=" not in page
    assert "<script>" not in page


def test_assets_are_kept_for_ever_under_a_name_that_changes_with_them(console: Served) -> None:
    client = console.client()
    paths = set(re.findall(r'"(/assets/[^"]+)"', client.get("/sign-in").text))
    assert {re.sub(r"\.[0-9a-f]{16}", "", path) for path in paths} == {
        "/assets/console.css",
        "/assets/console.js",
        "/assets/icon.svg",
    }
    for path in paths:
        answer = client.get(path)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert client.get("/assets/console.css").status_code == 404


def test_the_first_page_is_small(console: Served) -> None:
    client = console.client()
    page = client.get("/sign-in")
    paths = set(re.findall(r'"(/assets/[^"]+)"', page.text))
    assert len(page.content) + sum(len(client.get(path).content) for path in paths) < 100_000


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example", ""])
def test_a_request_for_another_host_is_refused(console: Served, host: str) -> None:
    assert console.client().get("/sign-in", headers={"Host": host}).status_code in (400, 421)


def test_a_second_host_field_is_refused(console: Served) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", console.serving.port)
    connection.putrequest("GET", "/sign-in", skip_host=True)
    connection.putheader("Host", f"127.0.0.1:{console.serving.port}")
    connection.putheader("Host", "evil.example")
    connection.endheaders()
    assert connection.getresponse().status in (400, 421)
    connection.close()


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_only_get_head_and_post_get_in(console: Served, method: str) -> None:
    assert console.client().http.request(method, "/sign-in").status_code == 405


def test_a_form_larger_than_any_of_ours_is_refused_before_it_is_read(console: Served) -> None:
    client = console.client()
    token = csrf_token(client.get("/sign-in").text)
    form = {"csrf": token, "name": "x" * LONGEST_BODY}
    assert client.http.post("/sign-in", data=form, headers=SAME_ORIGIN).status_code == 413


def test_a_form_in_pieces_without_a_length_is_measured_too(console: Served) -> None:
    pieces = (b"x" * 65536 for _ in range(LONGEST_BODY // 65536 + 1))
    kind = {"Content-Type": "application/x-www-form-urlencoded", **SAME_ORIGIN}
    assert console.client().http.post("/sign-in", content=pieces, headers=kind).status_code == 413


def test_only_forms_are_taken(console: Served) -> None:
    client = console.client()
    for kind in ("application/json", "multipart/form-data; boundary=x", "text/plain"):
        headers = {"Content-Type": kind, **SAME_ORIGIN}
        assert client.http.post("/sign-in", content=b"{}", headers=headers).status_code == 415


def test_a_form_that_never_ends_is_given_up(console: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(headers, "PATIENCE_S", 0.1)
    with socket.create_connection(("127.0.0.1", console.serving.port), timeout=30) as connection:
        host = f"Host: 127.0.0.1:{console.serving.port}"
        kind = "Content-Type: application/x-www-form-urlencoded"
        connection.sendall(f"POST /sign-in HTTP/1.1\r\n{host}\r\n{kind}\r\nContent-Length: 9\r\n\r\nname".encode())
        assert connection.recv(65536).startswith(b"HTTP/1.1 408 ")


def test_an_address_longer_than_any_of_ours_is_refused(console: Served) -> None:
    assert console.client().get("/sign-in?next=" + "x" * 5000).status_code == 414


def test_an_error_shows_nothing_of_its_inside(
    tmp_path: Path, store: Store, vault: Vault, capfd: pytest.CaptureFixture[str]
) -> None:
    with served(console_settings(tmp_path), store, vault, [Route("/broken", broken)]) as console:
        answer = console.client().get("/broken")
    assert answer.status_code == 500
    assert "Something went wrong" in answer.text
    for shown in (answer.text, "".join(capfd.readouterr())):
        assert SECRET_WORDS not in shown
    assert "content-security-policy" in answer.headers


def test_a_database_that_is_away_is_said_to_be_away(
    tmp_path: Path, store: Store, vault: Vault, capfd: pytest.CaptureFixture[str]
) -> None:
    with served(console_settings(tmp_path), store, vault, [Route("/away", away)]) as console:
        answer = console.client().get("/away")
    assert answer.status_code == 503
    assert "cannot reach its database" in answer.text
    assert SECRET_WORDS not in answer.text + "".join(capfd.readouterr())


def test_a_template_that_does_not_parse_is_named_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "broken.html").write_text("<p>\n{% if %}\n", encoding="utf-8")
    with pytest.raises(TemplateRefused, match=r"templates/console/broken\.html, line 2"):
        prove(environment(tmp_path, Assets({}, {})))


def test_a_page_that_does_not_say_who_may_open_it_keeps_the_console_from_starting(
    tmp_path: Path, store: Store, vault: Vault
) -> None:
    def open_to_whom(_request: Request) -> Response:
        return Response()

    with (
        pytest.raises(TypeError, match="does not say who may open it"),
        served(console_settings(tmp_path), store, vault, [Route("/x", open_to_whom)]),
    ):
        pass


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "intake.herts.example"])
def test_nothing_is_served_in_clear_over_a_network(tmp_path: Path, host: str) -> None:
    from intake.console.serving import prove_host

    with pytest.raises(CallRefused, match=r"plain HTTP.*--behind-proxy"):
        prove_host(host, console_settings(tmp_path).console, behind_proxy=False)
    with pytest.raises(ConfigurationRefused, match=r"console\.origin: is required"):
        prove_host(host, console_settings(tmp_path).console, behind_proxy=True)
    behind = console_settings(tmp_path, console={"origin": "https://intake.herts.example"}).console
    prove_host(host, behind, behind_proxy=True)


@pytest.mark.parametrize(("origin", "counted"), [("", "127.0.0.1"), ("https://intake.herts.example", "198.51.100.7")])
def test_the_address_that_a_proxy_names_counts_where_there_is_one(
    tmp_path: Path, store: Store, vault: Vault, origin: str, counted: str
) -> None:
    settings = console_settings(tmp_path, console={"origin": origin})
    with served(settings, store, vault) as console:
        client = console.client()
        client.http.base_url = f"http://127.0.0.1:{console.serving.port}"
        named = {"Host": urlsplit(console.origin).netloc, "X-Forwarded-For": "203.0.113.9, 198.51.100.7"}
        page = client.get("/sign-in", headers=named)
        visit = page.headers["set-cookie"].partition(";")[0]
        form = {"csrf": csrf_token(page.text), "name": "ada", "password": "a wrong password"}
        answer = client.http.post("/sign-in", data=form, headers={**named, **SAME_ORIGIN, "Cookie": visit})
    assert answer.status_code == 422
    with store.reading() as session:
        keys = session.connection().exec_driver_sql("SELECT key FROM sign_in_failures").scalars().all()
    assert f"addr-{vault.token('sign-in address', counted)}" in keys


def test_behind_a_proxy_cookies_go_over_tls_alone_and_only_the_public_host_is_answered(
    tmp_path: Path, store: Store, vault: Vault
) -> None:
    settings = console_settings(tmp_path, console={"origin": "https://intake.herts.example"})
    with served(settings, store, vault) as console:
        here = f"http://127.0.0.1:{console.serving.port}"
        client = console.client()
        client.http.base_url = here
        assert client.get("/sign-in").status_code == 421
        answer = client.get("/sign-in", headers={"Host": "intake.herts.example"})
    assert answer.status_code == 200
    assert re.fullmatch(r"__Host-visit=[\w-]{43}; HttpOnly; Path=/; SameSite=lax; Secure", answer.headers["set-cookie"])
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
