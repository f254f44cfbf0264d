"""The door: what every answer carries, which requests get in at all, and what is said when something breaks."""

import asyncio

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from intake import log
from intake.console.rendering import refusal
from intake.console.site import Site
from intake.errors import DatabaseUnavailable

#: a form of ours is far smaller
LONGEST_BODY = 256 * 1024
#: seconds in which all of it must be here
PATIENCE_S = 20
_LONGEST_QUERY = 4096
_METHODS = ("GET", "HEAD", "POST")

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        # the script asks /pulse whether something urgent came
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
_EVERYWHERE = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_HSTS = "max-age=31536000"


class Door:
    """ASGI middleware around everything: nothing passes it without the headers, and no error shows its inside."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        """Stand in front of `app`."""
        self._app, self._site = app, site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or answer it here."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        answer = _Answer(send, self._site)
        request = Request(scope)
        request.state.site = self._site
        request.state.account = None
        request.state.private = False
        try:
            self._check(request)
            body = await _body(request, receive)
            await self._app(scope, _again(body, receive), answer.send)
        except HTTPException as error:
            await self._say(request, error.status_code, answer)
        except DatabaseUnavailable:
            log.get().warning("the console waits for the database")
            await self._say(request, 503, answer)
        except Exception as error:
            log.get().error("the console broke", error=type(error).__name__, at=log.trace_places(error))
            await self._say(request, 500, answer)

    def _check(self, request: Request) -> None:
        # A Host of somebody else's is how DNS rebinding reaches a console on loopback.
        hosts = request.headers.getlist("host")
        if len(hosts) != 1 or hosts[0].lower() not in self._site.hosts:
            raise HTTPException(421)
        if request.method not in _METHODS:
            raise HTTPException(405)
        if len(request.scope["query_string"]) > _LONGEST_QUERY:
            raise HTTPException(414)

    @staticmethod
    async def _say(request: Request, status: int, answer: "_Answer") -> None:
        if answer.begun:
            return
        response = await run_in_threadpool(refusal, request, status)
        await response(request.scope, request.receive, answer.send)


class _Answer:
    """The way back: adds the headers, and knows whether an answer was begun."""

    def __init__(self, send: Send, site: Site) -> None:
        self._send, self._site, self.begun = send, site, False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun = True
            headers = MutableHeaders(scope=message)
            for name, value in _EVERYWHERE.items():
                headers[name] = value
            headers.setdefault("Cache-Control", "no-store")
            if self._site.is_secure:
                headers["Strict-Transport-Security"] = _HSTS
        await self._send(message)


async def _body(request: Request, receive: Receive) -> bytes:
    """Read the whole body, which is a form's; refuse a longer one before it is all here."""
    if request.method != "POST":
        return b""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise HTTPException(415)
    length = request.headers.get("content-length", "0")
    if not length.isdigit() or int(length) > LONGEST_BODY:
        raise HTTPException(413)
    body = bytearray()
    try:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise HTTPException(400)
                body += message.get("body", b"")
                if len(body) > LONGEST_BODY:
                    raise HTTPException(413)
                if not message.get("more_body", False):
                    return bytes(body)
    except TimeoutError as error:
        raise HTTPException(408) from error


def _again(body: bytes, receive: Receive) -> Receive:
    """Give the body that was read, then what comes after it."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
