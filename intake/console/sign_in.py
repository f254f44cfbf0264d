"""Signing in and out: by name and password, by a link that works once, or at the university."""

from datetime import UTC, datetime

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from intake.console import accounts, oidc, sessions
from intake.console.rendering import VISIT_COOKIE, clear_cookie, render, set_cookie
from intake.console.roles import needs, public
from intake.console.sessions import SESSION_COOKIE
from intake.store import audit
from intake.store import sessions as stored
from intake.store.accounts import Account

_REFUSED = (
    "Name, password or code is not right, or there were too many tries. Check them, wait a little, and try again."
)
_LINK_REFUSED = "This link was used, or its hour is over. Ask for another, or sign in with your name and password."
_NO_ROLE = "The university knows you, but you have no role here. Ask whoever looks after this service."
_UNIVERSITY_REFUSED = "The university did not vouch for you this time. Try again."
_UNIVERSITY_AWAY = "The university's sign-in does not answer. Try again in a minute."


@public
def sign_in_page(request: Request) -> Response:
    """Show the way in."""
    if request.state.account is not None:
        return RedirectResponse(safe_path(request.query_params.get("next")), 303)
    return _form(request, next_path=safe_path(request.query_params.get("next")))


@public
async def sign_in(request: Request) -> Response:
    """Sign in by name and password, and a code where the account asks for one."""
    return await to_thread.run_sync(_sign_in, request, limiter=request.app.state.passwords_at_once)


def _sign_in(request: Request) -> Response:
    form, house = request.state.form, request.state.house
    next_path = safe_path(form.get("next"))
    account = accounts.proved(
        house.store,
        house.vault,
        name=_text(form.get("name")),
        password=_text(form.get("password")),
        code=_text(form.get("code")),
        address=request.client.host if request.client else "",
        now=datetime.now(UTC),
    )
    if account is None:
        return _form(request, next_path=next_path, error=_REFUSED, status=422)
    return _signed_in(request, account, "password", next_path)


@public
def link_page(request: Request) -> Response:
    """Show the button of a link that works once; looking at it changes nothing."""
    return render(request, "sign_in_link.html", token=_text(request.query_params.get("token"))[:64])


@public
def use_link(request: Request) -> Response:
    """Sign in by a link, and use it up."""
    token = sessions.token_hash(_text(request.state.form.get("token")))
    with request.state.house.store.writing() as session:
        account = stored.use_link(session, token, datetime.now(UTC))
    if account is None:
        return _form(request, error=_LINK_REFUSED, status=422)
    return _signed_in(request, account, "link", "/")


@public
async def to_university(request: Request) -> Response:
    """Send the browser to the university's sign-in; what it must bring back is kept in the browser alone."""
    return await to_thread.run_sync(_to_university, request, limiter=request.app.state.universities_at_once)


def _to_university(request: Request) -> Response:
    provider = _provider(request)
    flow = oidc.Flow.begun(safe_path(request.query_params.get("next")))
    try:
        address = provider.authorization_address(flow, request.state.site.origin)
    except oidc.ProviderUnavailable:
        return _form(request, error=_UNIVERSITY_AWAY, status=503)
    response = RedirectResponse(address, 303)
    set_cookie(response, request.state.site, oidc.FLOW_COOKIE, flow.written(), max_age=oidc.FLOW_LASTS_S)
    return response


@public
def back_from_university(request: Request) -> Response:
    """Show the button that completes the sign-in (the script presses it): nothing changes on GET."""
    _provider(request)
    query = request.query_params
    answer = {name: _text(query.get(name))[:2048] for name in ("code", "state", "iss", "error")}
    return render(request, "sign_in_back.html", answer=answer)


@public
async def complete_at_university(request: Request) -> Response:
    """Sign in by what the university says."""
    return await to_thread.run_sync(_complete_at_university, request, limiter=request.app.state.universities_at_once)


def _complete_at_university(request: Request) -> Response:
    provider, house, form = _provider(request), request.state.house, request.state.form
    flow = oidc.Flow.read(request.cookies.get(request.state.site.cookie(oidc.FLOW_COOKIE), ""))
    now = datetime.now(UTC)
    answer = oidc.Answer(*(_text(form.get(name)) for name in ("code", "state", "iss", "error")))
    error, status, account = _UNIVERSITY_REFUSED, 422, None
    try:
        voucher = provider.voucher(flow, answer, request.state.site.origin, now)
        account = oidc.account_for(house.store, provider.settings, voucher, now)
        error = _NO_ROLE
    except oidc.ProviderUnavailable:
        error, status = _UNIVERSITY_AWAY, 503
    except oidc.VoucherRefused as refused:
        with house.store.writing() as session:
            audit.append(session, now, "nobody", "sign_in_refused", "university", reason=refused.slug)
    if account is None:
        response: Response = _form(request, error=error, status=status)
    else:
        response = _signed_in(request, account, "university", flow.next_path if flow else "/")
    clear_cookie(response, request.state.site, oidc.FLOW_COOKIE)
    return response


@needs()
def sign_out(request: Request) -> Response:
    """End this session."""
    account = request.state.account
    with request.state.house.store.writing() as session:
        stored.end(session, sessions.token_hash(request.state.session_token))
        audit.append(session, datetime.now(UTC), account.account_id, "signed_out", account.account_id)
    return _out(request)


@needs()
def sign_out_everywhere(request: Request) -> Response:
    """End every session of this account, on whatever machine."""
    account = request.state.account
    with request.state.house.store.writing() as session:
        ended = stored.end_all(session, account.account_id)
        audit.append(
            session, datetime.now(UTC), account.account_id, "signed_out_everywhere", account.account_id, sessions=ended
        )
    return _out(request)


def safe_path(given: object) -> str:
    """Give a path of this console; whatever else was given becomes the first page."""
    path = given if isinstance(given, str) else ""
    whole = path.startswith("/") and path.isascii() and path.isprintable() and len(path) <= 512
    return path if whole and not path.startswith("//") and "\\" not in path else "/"


def _form(request: Request, *, next_path: str = "/", error: str = "", status: int = 200) -> Response:
    return render(
        request,
        "sign_in.html",
        status,
        next_path=next_path,
        error=error,
        university=request.app.state.provider is not None,
    )


def _signed_in(request: Request, account: Account, how: str, next_path: str) -> Response:
    """Begin a session under a token that nobody can have known before (no session fixation)."""
    now, before = datetime.now(UTC), request.state.session_token
    token = sessions.begin(request.state.house, account, how, now, instead_of=before)
    response = RedirectResponse(next_path, 303)
    set_cookie(response, request.state.site, SESSION_COOKIE, token)
    clear_cookie(response, request.state.site, VISIT_COOKIE)
    return response


def _out(request: Request) -> Response:
    response = RedirectResponse("/sign-in", 303)
    clear_cookie(response, request.state.site, SESSION_COOKIE)
    return response


def _provider(request: Request) -> oidc.Provider:
    provider: oidc.Provider | None = request.app.state.provider
    if provider is None:
        raise HTTPException(404)
    return provider


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


ROUTES = [
    Route("/sign-in", sign_in_page, methods=["GET"]),
    Route("/sign-in", sign_in, methods=["POST"]),
    Route("/sign-in/link", link_page, methods=["GET"]),
    Route("/sign-in/link", use_link, methods=["POST"]),
    Route("/sign-in/university", to_university, methods=["GET"]),
    Route("/sign-in/university/back", back_from_university, methods=["GET"]),
    Route("/sign-in/university/back", complete_at_university, methods=["POST"]),
    Route("/sign-out", sign_out, methods=["POST"]),
    Route("/sign-out/everywhere", sign_out_everywhere, methods=["POST"]),
]
