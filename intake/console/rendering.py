"""Rendering: Jinja2 with escaping always on; a page that refuses says no more than it must."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateSyntaxError
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from intake.console import csrf, roles
from intake.console.assets import Assets
from intake.console.site import Site
from intake.errors import TemplateRefused

#: what the navigation calls a page, by its route's name; in this order
LABELS = {
    "queue": "Queue",
    "record": "Record a withdrawal",
    "week": "The week",
    "comparison": "Comparison",
    "ledger": "Ledger",
    "audit": "Audit",
    "health": "Health",
    "account": "Your account",
}
VISIT_COOKIE = "visit"

_SAYINGS = {
    400: ("That request was not understood", "Go back and try again."),
    401: ("Please sign in", "This page is for people who are signed in."),
    403: (
        "This is not open to you",
        "Your role does not allow it, or the form was not from this session. "
        "If you were signed out in the meantime, sign in and open the page anew.",
    ),
    404: ("There is no such page", "It may have been moved, or the address has a slip."),
    408: ("That took too long", "The form did not arrive in time. Go back and send it again."),
    405: ("That cannot be done here", "Go back and use the page's own buttons."),
    413: ("That was too much", "What you sent is larger than any form of this console."),
    503: ("The console cannot reach its database", "Nothing was changed. Try again in a minute."),
}
_OTHERWISE = (
    "Something went wrong",
    "Nothing was changed. It was noted; try again, and tell the administrator if it stays.",
)


def environment(folder: Path, assets: Assets) -> Environment:
    """Make the templates' environment: every value is escaped, a missing one is an error."""
    found = Environment(
        loader=FileSystemLoader(folder, encoding="utf-8"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals["asset"] = assets.path
    found.filters["slugs"] = _slugs
    return found


def prove(templates: Environment) -> None:
    """Read every template once. Raises `TemplateRefused`, naming file and line, where one does not parse."""
    for name in templates.list_templates(extensions=["html"]):
        try:
            templates.get_template(name)
        except TemplateSyntaxError as error:
            raise TemplateRefused(f"templates/console/{name}, line {error.lineno}: {error.message}") from error


def render(request: Request, name: str, status: int = 200, **context: Any) -> HTMLResponse:
    """Render a template of templates/console/.

    `account`, `csrf_field()`, `navigation`, `path`, `private`, `reach` and `service` are always there.
    """
    template = request.app.state.templates.get_template(name)
    text = template.render(
        account=request.state.account,
        csrf_field=_csrf_field(request),
        navigation=_navigation(request),
        path=request.url.path,
        private=request.state.private,
        # what is covered is uncovered by the keyboard too
        reach=Markup(' tabindex="0"') if request.state.private else "",
        service=request.app.state.service,
        **context,
    )
    response = HTMLResponse(text, status)
    fresh = getattr(request.state, "fresh_visit", None)
    if fresh is not None:
        set_cookie(response, request.state.site, VISIT_COOKIE, fresh)
    return response


def refusal(request: Request, status: int) -> Response:
    """Answer what is refused: nobody who only wants to read is shown the way in; everybody else a plain page."""
    app = request.scope.get("app")
    if request.url.path == "/pulse" or app is None:
        return JSONResponse({"error": HTTPStatus(status).phrase}, status)
    if status == 401 and request.method in ("GET", "HEAD"):
        return RedirectResponse(f"/sign-in?next={quote(request.url.path)}", 303)
    heading, text = _SAYINGS.get(status, _OTHERWISE)
    return render(request, "message.html", status, heading=heading, text=text)


def set_cookie(response: Response, site: Site, name: str, value: str, *, max_age: int | None = None) -> None:
    """Set a cookie that no script reads, that no other site's form brings along, and that TLS alone carries."""
    response.set_cookie(
        site.cookie(name), value, max_age, path="/", secure=site.is_secure, httponly=True, samesite="lax"
    )


def clear_cookie(response: Response, site: Site, name: str) -> None:
    """Remove a cookie."""
    response.delete_cookie(site.cookie(name), path="/", secure=site.is_secure, httponly=True, samesite="lax")


def _slugs(slugs: Sequence[str], words: Mapping[str, str]) -> list[str]:
    """Say slugs in words; one without words is shown as it is."""
    return [words.get(one, one.replace("_", " ")) for one in slugs]


def _csrf_field(request: Request) -> Callable[[], Markup]:
    return lambda: csrf.field(request.state.secret)


def _navigation(request: Request) -> list[tuple[str, str]]:
    account = request.state.account
    if account is None:
        return []
    open_to = {
        route.name: route.path
        for route in request.app.routes
        if isinstance(route, Route) and route.name in LABELS and account.role in (roles.allowed(route.endpoint) or ())
    }
    return [(open_to[name], label) for name, label in LABELS.items() if name in open_to]
