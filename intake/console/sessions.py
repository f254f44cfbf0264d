"""Sessions: kept on the server under the hash of a token that the browser alone holds."""

import re
import secrets
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from intake.console import csrf
from intake.console.place import Place
from intake.console.rendering import VISIT_COOKIE
from intake.settings import Console
from intake.store import Store, audit, sessions
from intake.store.accounts import Account
from intake.store.sessions import Lifetime, LiveSession

SESSION_COOKIE = "session"
LINK_LASTS = timedelta(hours=1)
#: a page that only asks whether something is new does not keep its reader signed in
QUIET_PATHS = frozenset({"/pulse"})

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
# Each click would be a write; once a minute is exact enough for half an hour.
_TOUCH_EVERY = timedelta(minutes=1)


def new_token() -> str:
    """Make a token of 256 random bits."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """Hash a token as it is stored; it is random and long, so that no slow hash is needed."""
    return sha256(token.encode()).digest()


def lifetime(settings: Console) -> Lifetime:
    """Give how long a session lasts."""
    return Lifetime(timedelta(minutes=settings.idle_minutes), timedelta(hours=settings.session_hours))


def begin(place: Place, account: Account, how: str, now: datetime, *, instead_of: str | None = None) -> str:
    """Begin a session under a fresh token, and end the one that this browser had; give the token."""
    token = new_token()
    with place.store.writing() as session:
        sessions.purge(session, lifetime(place.settings.console), now)
        if instead_of is not None:
            sessions.end(session, token_hash(instead_of))
        sessions.begin(session, token_hash(token), account, now)
        audit.append(
            session, now, account.account_id, "signed_in", account.account_id, how=how, role=account.role.value
        )
    return token


def new_link(store: Store, account: Account, now: datetime) -> str:
    """Make a way in that works once, within the hour; give its token."""
    token = new_token()
    with store.writing() as session:
        sessions.add_link(session, token_hash(token), account.account_id, now + LINK_LASTS)
        audit.append(session, now, account.account_id, "sign_in_link_made", account.account_id)
    return token


class SignedIn:
    """ASGI middleware: finds who asks, and refuses a form that did not come from one of this browser's own pages."""

    def __init__(self, app: ASGIApp, place: Place) -> None:
        """Stand in front of `app`."""
        self._app, self._place = app, place

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Set `request.state` (account, private, house, secret, session_token, form), then go on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        state = request.state
        state.house = self._place
        cookies, site = request.cookies, state.site
        token = _sound(cookies.get(site.cookie(SESSION_COOKIE)))
        found = None if token is None else await run_in_threadpool(self._found, token, request.url.path)
        state.account = None if found is None else found.account
        state.private = found is not None and found.private
        state.session_token = None if found is None else token
        state.secret = state.session_token
        if state.secret is None:
            visit = _sound(cookies.get(site.cookie(VISIT_COOKIE)))
            state.secret = visit or new_token()
            state.fresh_visit = None if visit else state.secret
        if request.method == "POST":
            csrf.prove_same_site(request)
            body = await request.body()
            state.form = await request.form(max_fields=200)
            csrf.prove_token(request, state.form.get(csrf.FIELD))
            receive = _again(body)
        await self._app(scope, receive, send)

    def _found(self, token: str, path: str) -> LiveSession | None:
        now, store, hashed = datetime.now(UTC), self._place.store, token_hash(token)
        with store.reading() as session:
            found = sessions.live(session, hashed, lifetime(self._place.settings.console), now)
        if found is not None and path not in QUIET_PATHS and found.seen_at < now - _TOUCH_EVERY:
            with store.writing() as session:
                sessions.touch(session, hashed, now)
        return found


def _sound(token: str | None) -> str | None:
    return token if token is not None and _TOKEN.fullmatch(token) else None


def _again(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
