"""Sign-in at the university, against a real OpenID Connect provider: what proves somebody, and every lie that fails."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from intake.console import accounts, oidc
from intake.console.oidc import role_of
from intake.sealing import Vault
from intake.settings import OpenId
from intake.store import Store, open_store
from intake.store import accounts as stored
from intake.vocabulary import Role
from tests.support.console import SAME_ORIGIN, Client, Served, console_settings, csrf_token, served
from tests.support.provider import CLIENT_ID, CLIENT_SECRET, Claims, Provider

BACK = "/sign-in/university/back"
ROLES = {
    "officer": ["wellbeing-officers"],
    "lead": ["wellbeing-leads"],
    "data_protection_officer": ["dpo"],
    "administrator": ["it"],
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """SQLite alone: what differs between databases is proved in test_accounts.py and test_sessions.py."""
    opened = open_store(f"sqlite:///{tmp_path}/test.db", create=True)
    yield opened
    opened.close()


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider().running() as found:
        yield found


@pytest.fixture
def console(tmp_path: Path, store: Store, vault: Vault, provider: Provider) -> Iterator[Served]:
    openid = {"issuer": provider.issuer, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, **ROLES}
    with served(console_settings(tmp_path, openid=openid), store, vault) as found:
        yield found


def at_university(client: Client, path: str = "/sign-in/university") -> dict[str, str]:
    """Go there, and come back with its answer; nothing is sent to the console yet."""
    there = client.get(path)
    assert there.status_code == 303, there.text
    back = httpx2.get(there.headers["location"])
    assert back.status_code == 302, back.text
    address = urlsplit(back.headers["location"])
    assert f"{address.scheme}://{address.netloc}{address.path}" == client.origin + BACK
    return dict(httpx2.QueryParams(address.query))


def completed(client: Client, answer: dict[str, str]) -> httpx2.Response:
    """Press the button of the page to which the university led back."""
    page = client.get(BACK, params=answer)
    assert page.status_code == 200
    return client.http.post(BACK, data={"csrf": csrf_token(page.text), **answer}, headers=SAME_ORIGIN)


def sign_in(client: Client) -> httpx2.Response:
    return completed(client, at_university(client))


def is_in(client: Client) -> bool:
    return client.get("/account").status_code == 200


def test_whom_the_university_vouches_for_is_signed_in(console: Served) -> None:
    client = console.client()
    assert "/sign-in/university" in client.get("/sign-in").text
    answer = sign_in(client)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    page = client.get("/account").text
    assert "ada" in page
    assert "officer" in page


def test_the_browser_goes_on_to_where_it_was_going(console: Served) -> None:
    client = console.client()
    answer = completed(client, at_university(client, "/sign-in/university?next=/account"))
    assert answer.headers["location"] == "/account"


def test_the_same_person_is_the_same_account_under_another_name(console: Served, provider: Provider) -> None:
    sign_in(console.client())
    provider.user = {**provider.user, "preferred_username": "ada.king"}
    client = console.client()
    sign_in(client)
    with console.place.store.reading() as session:
        assert [one.name for one in stored.every(session)] == ["ada.king"]
    assert "ada.king" in client.get("/account").text


def test_a_local_account_of_the_same_name_is_somebody_else(console: Served) -> None:
    local = console.account("ada", Role.ADMINISTRATOR)
    client = console.client()
    sign_in(client)
    assert "officer" in client.get("/account").text
    with console.place.store.reading() as session:
        rows = stored.every(session)
    assert {one.account_id for one in rows if one.role is Role.ADMINISTRATOR} == {local.account_id}
    assert len(rows) == 2


@pytest.mark.parametrize(
    ("claim", "role"),
    [
        (["wellbeing-officers", "staff"], Role.OFFICER),
        ("wellbeing-leads", Role.LEAD),
        (["wellbeing-officers", "wellbeing-leads"], Role.LEAD),
        (["dpo"], Role.DATA_PROTECTION_OFFICER),
        (["it"], Role.ADMINISTRATOR),
        (["it", "wellbeing-officers"], None),
        (["dpo", "wellbeing-leads"], None),
        (["staff"], None),
        ([], None),
        (None, None),
        ("", None),
        ({"it": 1}, None),
        ([["it"]], None),
        ("IT", None),
    ],
)
def test_the_role_is_what_the_claim_says(claim: object, role: Role | None) -> None:
    assert role_of(OpenId.model_validate({"issuer": "https://idp.example", "client_id": "x", **ROLES}), claim) is role


def test_who_has_no_role_is_not_let_in_and_leaves_no_account(console: Served, provider: Provider) -> None:
    provider.user = {**provider.user, "roles": ["staff"]}
    client = console.client()
    answer = sign_in(client)
    assert answer.status_code == 422
    assert "you have no role here" in answer.text
    assert not is_in(client)
    with console.place.store.reading() as session:
        assert stored.every(session) == []


def test_another_role_ends_the_sessions_of_the_old_one(console: Served, provider: Provider) -> None:
    first, second = console.client(), console.client()
    sign_in(first)
    provider.user = {**provider.user, "roles": ["it"]}
    sign_in(second)
    assert not is_in(first)
    assert "administrator" in second.get("/account").text
    provider.user = {**provider.user, "roles": []}
    sign_in(console.client())
    assert not is_in(second)


def test_who_was_shut_out_here_is_not_let_in_by_the_university(console: Served) -> None:
    sign_in(console.client())
    with console.place.store.reading() as session:
        account_id = stored.every(session)[0].account_id
    from datetime import UTC, datetime

    accounts.disable(console.place.store, account_id, datetime.now(UTC))
    client = console.client()
    assert sign_in(client).status_code == 422
    assert not is_in(client)


LIES: dict[str, Callable[[Claims], Claims]] = {
    "another issuer": lambda claims: {**claims, "iss": "https://evil.example"},
    "no issuer": lambda claims: {key: value for key, value in claims.items() if key != "iss"},
    "another audience": lambda claims: {**claims, "aud": "another client"},
    "no audience": lambda claims: {key: value for key, value in claims.items() if key != "aud"},
    "made for several, authorised for another": lambda claims: {**claims, "aud": [CLIENT_ID, "b"], "azp": "b"},
    "made for several, authorised for nobody": lambda claims: {**claims, "aud": [CLIENT_ID, "b"]},
    "expired": lambda claims: {**claims, "exp": claims["iat"] - 120},
    "without an end": lambda claims: {key: value for key, value in claims.items() if key != "exp"},
    "made long ago": lambda claims: {**claims, "iat": claims["iat"] - 3600},
    "made in the future": lambda claims: {**claims, "iat": claims["iat"] + 3600},
    "another nonce": lambda claims: {**claims, "nonce": "n" * 43},
    "no nonce": lambda claims: {key: value for key, value in claims.items() if key != "nonce"},
    "nobody": lambda claims: {**claims, "sub": ""},
    "somebody who is a number": lambda claims: {**claims, "sub": 7},
    "somebody who cannot be seen": lambda claims: {**claims, "sub": "a\x00b"},
    "somebody endless": lambda claims: {**claims, "sub": "x" * 256},
}


@pytest.mark.parametrize("lie", LIES)
def test_an_id_token_with_one_wrong_claim_proves_nobody(console: Served, provider: Provider, lie: str) -> None:
    provider.bend = LIES[lie]
    refused(console)


@pytest.mark.parametrize("way", ["signed_with_secret", "unsigned", "signed_by_another"])
def test_an_id_token_that_the_provider_did_not_sign_proves_nobody(
    console: Served, provider: Provider, way: str
) -> None:
    provider.sign = getattr(provider, way)
    refused(console)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "e30.e30.", "a.b.c.d.e", 7, None])
def test_what_is_no_token_proves_nobody(console: Served, provider: Provider, token: Any) -> None:
    provider.sign = lambda _claims: token
    refused(console)


def refused(console: Served) -> None:
    client = console.client()
    answer = sign_in(client)
    assert answer.status_code == 422
    assert "did not vouch for you" in answer.text
    assert not is_in(client)
    with console.place.store.reading() as session:
        assert stored.every(session) == []


@pytest.mark.parametrize("change", [{"state": "x" * 43}, {"state": ""}, {"iss": "https://evil.example"}, {"code": ""}])
def test_an_answer_that_does_not_fit_is_refused(console: Served, change: dict[str, str]) -> None:
    client = console.client()
    assert completed(client, {**at_university(client), **change}).status_code == 422
    assert not is_in(client)


def test_an_answer_with_an_error_is_refused_whatever_else_it_brings(console: Served) -> None:
    client = console.client()
    answer = completed(client, {**at_university(client), "error": "<script>alert(1)</script>"})
    assert answer.status_code == 422
    assert "<script>alert" not in answer.text


def test_the_answer_of_another_browser_signs_nobody_in(console: Served) -> None:
    """Log-in CSRF and code injection: the attacker's code, with the attacker's state and with the victim's."""
    attacker, victim = console.client(), console.client()
    stolen = at_university(attacker)
    assert completed(victim, stolen).status_code == 422
    own = at_university(victim)
    assert completed(victim, {**own, "code": stolen["code"]}).status_code == 422, "PKCE binds the code to its browser"
    assert not is_in(victim)


def test_a_code_counts_once(console: Served) -> None:
    client = console.client()
    answer = at_university(client)
    flow = client.http.cookies.get("university")
    assert completed(client, answer).status_code == 303
    client.post("/sign-out")
    client.http.cookies.set("university", flow or "", domain="127.0.0.1", path="/")
    assert completed(client, answer).status_code == 422
    assert not is_in(client)


def test_coming_back_signs_nobody_in_before_the_button_is_pressed(console: Served) -> None:
    client = console.client()
    page = client.get(BACK, params=at_university(client))
    assert "Go on to the console" in page.text
    assert not is_in(client)


def test_a_new_key_of_the_provider_is_read_once_it_signs_with_it(
    console: Served, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oidc, "_KEYS_ANEW_AFTER_S", 0)
    sign_in(console.client())
    provider.key = type(provider.key).generate_key(2048, {"kid": "second"})
    client = console.client()
    assert sign_in(client).status_code == 303
    assert provider.seen == ["discovery", "keys", "keys"]


def test_forged_tokens_do_not_make_us_ask_for_keys_again_and_again(console: Served, provider: Provider) -> None:
    provider.sign = provider.signed_by_another
    for _ in range(3):
        sign_in(console.client())
    assert provider.seen.count("keys") == 1


@pytest.mark.parametrize(
    "discovery",
    [
        {"issuer": "https://evil.example"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": None},
    ],
)
def test_a_provider_that_is_not_the_one_is_not_used(
    console: Served, provider: Provider, discovery: dict[str, object]
) -> None:
    provider.discovery = discovery
    answer = console.client().get("/sign-in/university")
    assert answer.status_code == 503
    assert "does not answer" in answer.text


def test_without_a_provider_there_is_no_such_way_in(tmp_path: Path, store: Store, vault: Vault) -> None:
    with served(console_settings(tmp_path), store, vault) as console:
        client = console.client()
        assert client.get("/sign-in/university").status_code == 404
        assert client.get(BACK).status_code == 404
        assert "/sign-in/university" not in client.get("/sign-in").text


def test_a_provider_that_is_away_is_said_to_be_away(tmp_path: Path, store: Store, vault: Vault) -> None:
    openid = {"issuer": "http://127.0.0.1:9", "client_id": CLIENT_ID, **ROLES}
    with served(console_settings(tmp_path, openid=openid), store, vault) as console:
        assert console.client().get("/sign-in/university").status_code == 503


def test_a_name_from_the_university_is_shown_as_text(console: Served, provider: Provider) -> None:
    provider.user = {**provider.user, "preferred_username": "<img src=x onerror=alert(1)>"}
    client = console.client()
    sign_in(client)
    page = client.get("/account").text
    assert "<img" not in page
    assert "&lt;img" in page


def test_what_cannot_be_seen_of_a_name_is_left_out(console: Served, provider: Provider) -> None:
    provider.user = {**provider.user, "preferred_username": "\u202e\x00", "name": " ada\u202e\x00 king\n" + "x" * 900}
    sign_in(console.client())
    with console.place.store.reading() as session:
        assert stored.every(session)[0].name == "ada king" + "x" * 192


def test_the_secret_of_a_sign_in_under_way_is_the_browsers_alone(console: Served) -> None:
    there = console.client().get("/sign-in/university")
    cookie = there.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "Max-Age=600" in cookie
    secret = cookie.partition("=")[2].partition(".")[0]
    assert secret not in there.headers["location"]
    flow = oidc.Flow(secret, "/")
    assert flow.verifier not in there.headers["location"]
    assert flow.challenge in there.headers["location"]
