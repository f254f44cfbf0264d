"""Who may open what: every route of the console, asked for by every role and by nobody, against a written table.

A new route without a row fails here. So does a row without a route.
"""

import re
from collections.abc import Iterator

import pytest
from starlette.routing import Route

from intake.console.app import create_app
from intake.console.roles import allowed
from intake.console.site import site_at
from intake.sealing import Vault
from intake.store import open_store
from intake.store.schema import metadata
from intake.vocabulary import Role
from tests.support.console import SAME_ORIGIN, Client, Served, console_settings, csrf_token, served

O, L, D, A = Role.OFFICER, Role.LEAD, Role.DATA_PROTECTION_OFFICER, Role.ADMINISTRATOR  # noqa: E741
EVERYBODY = {None, O, L, D, A}
SIGNED_IN = {O, L, D, A}

#: method and path → who gets in (None: nobody is signed in)
MATRIX: dict[tuple[str, str], set[Role | None]] = {
    ("GET", "/"): {*SIGNED_IN},
    ("GET", "/account"): {*SIGNED_IN},
    ("GET", "/assets/{name}"): EVERYBODY,
    ("GET", "/pulse"): {O, L},
    ("GET", "/queue"): {O, L},
    ("POST", "/queue/search"): {O, L},
    ("GET", "/case/{case_id}"): {O, L},
    ("POST", "/case/{case_id}/letters"): {O, L},
    ("POST", "/case/{case_id}/students"): {O, L},
    ("POST", "/case/{case_id}/preview"): {O, L},
    ("POST", "/case/{case_id}/act"): {O, L},
    ("GET", "/record"): {O, L},
    ("POST", "/record"): {O, L},
    ("POST", "/privacy"): {O, L, D},
    ("GET", "/week"): {O, L, D},
    ("GET", "/comparison"): {L},
    ("GET", "/health"): {A},
    ("GET", "/ledger"): {D},
    ("POST", "/ledger"): {D},
    ("GET", "/audit"): {D},
    ("POST", "/audit"): {D},
    ("GET", "/sign-in"): EVERYBODY,
    ("POST", "/sign-in"): EVERYBODY,
    ("GET", "/sign-in/link"): EVERYBODY,
    ("POST", "/sign-in/link"): EVERYBODY,
    ("GET", "/sign-in/university"): EVERYBODY,
    ("GET", "/sign-in/university/back"): EVERYBODY,
    ("POST", "/sign-in/university/back"): EVERYBODY,
    ("POST", "/sign-out"): {*SIGNED_IN},
    ("POST", "/sign-out/everywhere"): {*SIGNED_IN},
}
CASES = [(method, path, who) for method, path in sorted(MATRIX) for who in (None, *Role)]


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("roles")
    store = open_store(f"sqlite:///{folder}/test.db", create=True)
    with served(console_settings(folder), store, Vault(bytes(range(32)))) as found:
        for role in Role:
            found.account(role.value, role)
        yield found
    store.close()


def client_of(console: Served, who: Role | None) -> Client:
    if who is None:
        return console.client()
    from intake.console.accounts import known

    return console.signed_in(known(console.place.store, who.value).account)


def test_every_route_has_a_row_and_every_row_a_route(console: Served) -> None:
    app = create_app(console.place, site_at(1, ""))
    found = {
        (method, route.path)
        for route in app.routes
        if isinstance(route, Route)
        for method in (route.methods or {"GET"}) - {"HEAD"}
    }
    assert found == set(MATRIX), "write down in MATRIX who may open each route"
    assert all(isinstance(route, Route) for route in app.routes), "mounts are not walked: use routes"


@pytest.mark.parametrize(("method", "path", "who"), CASES)
def test_the_route_lets_in_whom_the_table_names(console: Served, method: str, path: str, who: Role | None) -> None:
    client = client_of(console, who)
    path_here = re.sub(r"\{[^}]+\}", "none", path)
    if method == "GET":
        answer = client.get(path_here)
    else:
        token = csrf_token(client.get("/account" if who else "/sign-in").text)
        answer = client.http.post(path_here, data={"csrf": token}, headers=SAME_ORIGIN)
    if who in MATRIX[method, path]:
        assert answer.status_code not in (401, 403, 405, 500)
        assert not answer.headers.get("location", "").startswith("/sign-in?")
    elif who is not None:
        assert answer.status_code == 403
    elif method == "GET" and path != "/pulse":
        assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in?next={path_here}")
    else:
        assert answer.status_code == 401


def test_the_marks_on_the_endpoints_say_the_same(console: Served) -> None:
    app = create_app(console.place, site_at(1, ""))
    for route in app.routes:
        assert isinstance(route, Route)
        roles = allowed(route.endpoint)
        for method in (route.methods or {"GET"}) - {"HEAD"}:
            assert MATRIX[method, route.path] == (EVERYBODY if roles is None else set(roles)), route.path


def test_the_navigation_names_only_what_is_open(console: Served) -> None:
    for who in Role:
        client = client_of(console, who)
        navigation = client.get("/account").text.partition("<nav")[2].partition("</nav>")[0]
        for path in re.findall(r'href="([^"]+)"', navigation):
            assert client.get(path).status_code == 200


@pytest.mark.parametrize("who", [None, *Role])
def test_no_page_changes_anything_by_being_looked_at(console: Served, who: Role | None) -> None:
    client = client_of(console, who)

    def everything() -> dict[str, list[tuple[object, ...]]]:
        with console.place.store.reading() as session:
            run = session.connection().exec_driver_sql
            return {one: [tuple(row) for row in run(f"SELECT * FROM {one}")] for one in metadata.tables}

    before = everything()
    for method, path in sorted(MATRIX):
        if method == "GET":
            client.get(re.sub(r"\{[^}]+\}", "none", path))
    assert everything() == before


@pytest.mark.parametrize(("method", "path"), [one for one in sorted(MATRIX) if one[0] == "POST"])
def test_every_form_needs_its_token_and_its_own_site(console: Served, method: str, path: str) -> None:
    who = next(one for one in Role if one in MATRIX[method, path])
    client = client_of(console, who)
    token = csrf_token(client.get("/account").text)
    path_here = re.sub(r"\{[^}]+\}", "none", path)
    for form, headers in (
        ({"csrf": "0" * 64}, SAME_ORIGIN),
        ({"csrf": ""}, SAME_ORIGIN),
        ({"csrf": token}, {"Sec-Fetch-Site": "cross-site"}),
        ({"csrf": token}, {}),
    ):
        assert client.http.post(path_here, data=form, headers=headers).status_code == 403
    assert client.get("/account").status_code == 200


@pytest.mark.parametrize("who", [None, *Role])
def test_every_form_on_every_page_carries_a_token(console: Served, who: Role | None) -> None:
    client = client_of(console, who)
    for method, path in sorted(MATRIX):
        if method == "GET" and "{" not in path:
            page = client.get(path).text
            for form in re.findall(r"<form method=.?post.*?</form>", page, re.DOTALL):
                assert 'name="csrf"' in form, path
