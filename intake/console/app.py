"""The console as an ASGI application: its routes, what stands in front of them, and what its templates may use."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from anyio import CapacityLimiter
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from intake.console import pages, pulse, roles, sign_in
from intake.console.assets import asset, read_assets
from intake.console.headers import Door
from intake.console.oidc import Provider
from intake.console.place import Place
from intake.console.rendering import LABELS, environment, prove, refusal, render
from intake.console.roles import needs
from intake.console.sessions import SignedIn
from intake.console.site import Site
from intake.places import templates_folder

#: after sign-in each role goes to the first of these pages that is open to it
_HOMES = tuple(LABELS)


def create_app(place: Place, site: Site, work: Sequence[Route] = pages.ROUTES) -> Starlette:
    """Make the console. Raises `TypeError` where a page does not say who may open it."""
    routes = [*work, *_OWN]
    for route in routes:
        roles.allowed(route.endpoint)
    provider = Provider(place.settings.openid) if place.settings.openid.issuer else None

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        if provider is not None:
            provider.close()

    app = Starlette(
        routes=routes,
        middleware=[Middleware(Door, site=site), Middleware(SignedIn, place=place)],
        exception_handlers={HTTPException: _refused},
        lifespan=lifespan,
    )
    # A slash too many is another page, which there is not.
    app.router.redirect_slashes = False
    folder = templates_folder() / "console"
    app.state.assets = read_assets(folder / "assets")
    app.state.templates = environment(folder, app.state.assets)
    prove(app.state.templates)
    app.state.service = place.settings.service.name
    app.state.provider = provider
    # Slow work waits in line without taking the threads of those who are signed in; a hash takes 64 MiB.
    app.state.passwords_at_once = CapacityLimiter(2)
    app.state.universities_at_once = CapacityLimiter(4)
    return app


def _refused(request: Request, error: Exception) -> Response:
    return refusal(request, error.status_code if isinstance(error, HTTPException) else 500)


@needs()
def home(request: Request) -> Response:
    """Go to the first page that is open to this role."""
    role = request.state.account.role
    open_to = {
        route.name: route.path
        for route in request.app.routes
        if isinstance(route, Route) and role in (roles.allowed(route.endpoint) or ())
    }
    return RedirectResponse(next(open_to[name] for name in _HOMES if name in open_to), 303)


@needs()
def account_page(request: Request) -> Response:
    """Show who is signed in, and what they may do."""
    return render(request, "account.html")


_OWN = [
    Route("/", home, methods=["GET"]),
    Route("/account", account_page, methods=["GET"], name="account"),
    Route("/pulse", pulse.pulse, methods=["GET"]),
    Route("/assets/{name}", asset, methods=["GET"]),
    *sign_in.ROUTES,
]
