"""Sessions and forms, attacked over real HTTP: fixation, theft after sign-out, expiry, forged forms, open redirects."""

import re
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from sqlalchemy import select, update

from intake.console import accounts, sessions
from intake.console.sessions import lifetime
from intake.console.sign_in import safe_path
from intake.store import sessions as stored
from intake.store.sessions import Lifetime
from intake.store.sign_in_schema import sessions as session_table
from intake.vocabulary import Role
from tests.support.console import PASSWORD, SAME_ORIGIN, Client, Served, csrf_token

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)


def is_in(client: Client) -> bool:
    return client.get("/account").status_code == 200


def test_signing_in_and_out(console: Served) -> None:
    console.account("ada")
    client = console.client()
    assert client.get("/account").headers["location"] == "/sign-in?next=/account"
    answer = client.sign_in("ada", next="/account")
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    page = client.get("/account")
    assert page.status_code == 200
    assert "ada" in page.text
    assert client.post("/sign-out").headers["location"] == "/sign-in"
    assert not is_in(client)


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(console: Served) -> None:
    console.account("ada")
    cookies = console.client().sign_in("ada").headers.get_list("set-cookie")
    assert any(re.fullmatch(r"session=[\w-]{43}; HttpOnly; Path=/; SameSite=lax", one) for one in cookies)


def test_a_refusal_is_the_same_for_a_known_and_an_unknown_name(console: Served) -> None:
    console.account("ada")
    pages = []
    for name in ("ada", "bob"):
        answer = console.client().sign_in(name, "a wrong password")
        assert answer.status_code == 422
        assert "set-cookie" not in answer.headers
        pages.append(re.sub(r'value="[0-9a-f]{64}"', "", answer.text))
    assert pages[0] == pages[1]
    assert "Name, password or code is not right" in pages[0]


def test_five_wrong_passwords_lock_the_right_one_out(console: Served) -> None:
    console.account("ada")
    client = console.client()
    for _ in range(5):
        client.sign_in("ada", "a wrong password")
    assert client.sign_in("ada").status_code == 422
    assert not is_in(client)


def test_a_session_that_somebody_else_chose_is_never_taken_up(console: Served) -> None:
    console.account("ada")
    client, chosen = console.client(), "A" * 43
    for name in ("session", "visit"):
        client.http.cookies.set(name, chosen, domain="127.0.0.1", path="/")
    client.sign_in("ada")
    assert is_in(client)
    assert client.session not in (None, chosen)
    thief = console.client()
    thief.http.cookies.set("session", chosen, domain="127.0.0.1", path="/")
    assert not is_in(thief)


def test_signing_in_again_gives_another_token_and_ends_the_first(console: Served) -> None:
    console.account("ada")
    client = console.client()
    client.sign_in("ada")
    first = client.session
    token = csrf_token(client.get("/account").text)
    client.http.post("/sign-in", data={"csrf": token, "name": "ada", "password": PASSWORD}, headers=SAME_ORIGIN)
    assert client.session != first
    thief = console.client()
    thief.http.cookies.set("session", first or "", domain="127.0.0.1", path="/")
    assert not is_in(thief)


def test_a_token_that_was_copied_is_worth_nothing_after_sign_out(console: Served) -> None:
    client = console.signed_in(console.account("ada"))
    copied = client.session
    client.post("/sign-out")
    client.http.cookies.set("session", copied or "", domain="127.0.0.1", path="/")
    assert not is_in(client)


def test_signing_out_everywhere_ends_every_session_of_that_account_alone(console: Served) -> None:
    account, other = console.account("ada"), console.account("bob")
    here, there, bob = console.signed_in(account), console.signed_in(account), console.signed_in(other)
    here.post("/sign-out/everywhere")
    assert [is_in(one) for one in (here, there, bob)] == [False, False, True]


def test_only_a_hash_of_the_token_is_stored(console: Served) -> None:
    client = console.signed_in(console.account("ada"))
    with console.place.store.reading() as session:
        kept = session.execute(select(session_table.c.token_hash)).scalar_one()
    assert kept == sha256((client.session or "").encode()).digest()


@pytest.mark.parametrize("change", ["role", "password", "disabled", "code"])
def test_whatever_changes_an_account_ends_its_sessions(console: Served, change: str) -> None:
    client, store, now = console.signed_in(console.account("ada")), console.place.store, datetime.now(UTC)
    assert is_in(client)
    match change:
        case "role":
            accounts.change_role(store, "ada", Role.ADMINISTRATOR, now)
        case "password":
            accounts.change_password(store, "ada", "staple tomorrow moon", now)
        case "disabled":
            accounts.disable(store, "ada", now)
        case "code":
            accounts.ask_for_code(store, console.place.vault, "ada", now)
    assert not is_in(client)


@pytest.mark.parametrize(
    ("column", "age", "lives"),
    [
        ("seen_at", timedelta(minutes=29), True),
        ("seen_at", timedelta(minutes=31), False),
        ("created_at", timedelta(hours=9), True),
        ("created_at", timedelta(hours=11), False),
    ],
)
def test_a_session_ends_when_it_was_idle_and_when_it_is_old(
    console: Served, column: str, age: timedelta, lives: bool
) -> None:
    client = console.signed_in(console.account("ada"))
    with console.place.store.writing() as session:
        session.execute(update(session_table).values({column: datetime.now(UTC) - age}))
    assert is_in(client) is lives


def test_a_click_keeps_a_session_alive_and_the_page_that_only_asks_does_not(console: Served) -> None:
    client = console.signed_in(console.account("ada"))
    before = datetime.now(UTC) - timedelta(minutes=20)

    def seen_after(path: str) -> datetime:
        with console.place.store.writing() as session:
            session.execute(update(session_table).values(seen_at=before))
        assert client.get(path).status_code == 200
        with console.place.store.reading() as session:
            seen: datetime = session.execute(select(session_table.c.seen_at)).scalar_one()
        return seen

    assert seen_after("/pulse") == before
    assert seen_after("/account") > before


def test_what_expired_is_removed_at_the_next_sign_in(console: Served) -> None:
    account = console.account("ada")
    console.signed_in(account)
    with console.place.store.writing() as session:
        session.execute(update(session_table).values(seen_at=NOW - timedelta(days=9)))
    console.signed_in(account)
    with console.place.store.reading() as session:
        assert len(session.execute(select(session_table)).all()) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {},
    ],
)
def test_a_form_from_another_site_is_refused_even_with_the_right_token(
    console: Served, headers: dict[str, str]
) -> None:
    client = console.signed_in(console.account("ada"))
    token = csrf_token(client.get("/account").text)
    assert client.http.post("/sign-out", data={"csrf": token}, headers=headers).status_code == 403
    assert is_in(client)


def test_a_browser_without_fetch_metadata_is_judged_by_origin(console: Served) -> None:
    client = console.signed_in(console.account("ada"))
    token = csrf_token(client.get("/account").text)
    answer = client.http.post("/sign-out", data={"csrf": token}, headers={"Origin": console.origin})
    assert answer.status_code == 303


def test_a_form_needs_the_token_of_this_very_session(console: Served) -> None:
    client = console.signed_in(console.account("ada"))
    other = console.signed_in(console.account("eve", Role.LEAD))
    tokens = [
        "",
        "0" * 64,
        "é",
        csrf_token(other.get("/account").text),
        csrf_token(console.client().get("/sign-in").text),
    ]
    for token in tokens:
        assert client.http.post("/sign-out", data={"csrf": token}, headers=SAME_ORIGIN).status_code == 403
    assert client.http.post("/sign-out", data={"x": ""}, headers=SAME_ORIGIN).status_code == 403
    assert is_in(client)


def test_nobody_is_signed_in_by_a_form_of_another_site(console: Served) -> None:
    """Log-in CSRF: the attacker's own token is bound to the attacker's own browser."""
    console.account("eve")
    token = csrf_token(console.client().get("/sign-in").text)
    victim = console.client()
    form = {"csrf": token, "name": "eve", "password": PASSWORD}
    assert victim.http.post("/sign-in", data=form, headers=SAME_ORIGIN).status_code == 403
    assert victim.session is None


@pytest.mark.parametrize(
    "given", ["//evil.example", "https://evil.example", "/\\evil.example", "evil", "", "/a\r\nX: y", "/é", None, 7]
)
def test_sign_in_leads_nowhere_else(given: object) -> None:
    assert safe_path(given) == "/"


def test_sign_in_leads_back_to_where_somebody_was_going(console: Served) -> None:
    assert safe_path("/cases/c-123") == "/cases/c-123"
    console.account("ada")
    client = console.client()
    assert client.sign_in("ada", next="//evil.example/").headers["location"] == "/"


def test_a_link_works_once_by_its_button_alone(console: Served) -> None:
    account = console.account("ada")
    token = sessions.new_link(console.place.store, account, datetime.now(UTC))
    path = f"/sign-in/link?token={token}"
    client, scanner = console.client(), console.client()
    for _ in range(3):
        assert scanner.get(path).status_code == 200, "looking at it must not use it up"
    assert not is_in(scanner)
    assert client.post("/sign-in/link", page=path, token=token).headers["location"] == "/"
    assert is_in(client)
    assert scanner.post("/sign-in/link", page=path, token=token).status_code == 422
    assert not is_in(scanner)


def test_a_link_is_over_after_its_hour_and_with_its_account(console: Served) -> None:
    account, store = console.account("ada"), console.place.store
    late = sessions.new_link(store, account, datetime.now(UTC) - sessions.LINK_LASTS - timedelta(seconds=1))
    client = console.client()
    assert client.post("/sign-in/link", page="/sign-in/link", token=late).status_code == 422
    shut = sessions.new_link(store, account, datetime.now(UTC))
    accounts.disable(store, "ada", datetime.now(UTC))
    assert client.post("/sign-in/link", page="/sign-in/link", token=shut).status_code == 422


def test_what_a_link_brings_along_is_shown_as_text(console: Served) -> None:
    page = console.client().get("/sign-in/link", params={"token": '"><script>alert(1)</script>'}).text
    assert "<script>alert" not in page
    page = console.client().get("/sign-in", params={"next": '/"><script>alert(1)</script>'}).text
    assert "<script>alert" not in page


def test_a_name_is_shown_as_text(console: Served) -> None:
    client = console.signed_in(console.account("<script>alert(1)</script>"))
    page = client.get("/account").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_the_lifetime_comes_from_the_configuration(console: Served) -> None:
    assert lifetime(console.place.settings.console) == Lifetime(timedelta(minutes=30), timedelta(hours=10))


def test_looking_at_pages_changes_nothing(console: Served) -> None:
    account = console.account("ada")
    client = console.signed_in(account)
    token = sessions.new_link(console.place.store, account, datetime.now(UTC))

    def everything() -> list[object]:
        with console.place.store.reading() as session:
            tables = ("accounts", "sessions", "sign_in_links", "sign_in_failures", "audit_entries", "cases")
            run = session.connection().exec_driver_sql
            return [list(map(tuple, run(f"SELECT * FROM {name}").all())) for name in tables]

    before = everything()
    for path in ("/", "/account", "/sign-in", f"/sign-in/link?token={token}", "/sign-out", "/pulse", "/nowhere"):
        client.get(path)
        console.client().get(path)
    assert everything() == before


def test_sessions_begun_at_once_do_not_meet(console: Served) -> None:
    account = console.account("ada")
    first, second = console.signed_in(account), console.signed_in(account)
    assert first.session != second.session
    with console.place.store.writing() as session:
        stored.end(session, sessions.token_hash(first.session or ""))
    assert (is_in(first), is_in(second)) == (False, True)
