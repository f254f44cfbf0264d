"""Who may open a page: each endpoint says so itself, and the console does not start with one that does not."""

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import Request

from intake.vocabulary import Role

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])

EVERYBODY = frozenset(Role)
_MARK = "__roles__"


def needs(*roles: Role) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let only these roles in (none named: whoever is signed in). Nobody: 401; another role: 403."""
    allowed = frozenset(roles) or EVERYBODY

    def decorate(endpoint: Callable[..., Any]) -> Callable[..., Any]:
        if inspect.iscoroutinefunction(endpoint):

            @functools.wraps(endpoint)
            async def guarded(request: Request) -> Any:
                _prove(request, allowed)
                return await endpoint(request)
        else:

            @functools.wraps(endpoint)
            def guarded(request: Request) -> Any:
                _prove(request, allowed)
                return endpoint(request)

        setattr(guarded, _MARK, allowed)
        return guarded

    return decorate


def public(endpoint: Endpoint) -> Endpoint:
    """Let everybody in, signed in or not."""
    setattr(endpoint, _MARK, None)
    return endpoint


def allowed(endpoint: Callable[..., Any]) -> frozenset[Role] | None:
    """Give the roles that an endpoint lets in; None: everybody. Raises `TypeError` where it does not say."""
    try:
        found: frozenset[Role] | None = getattr(endpoint, _MARK)
    except AttributeError:
        raise TypeError(f"{endpoint!r} does not say who may open it: decorate it with `needs` or `public`") from None
    return found


def _prove(request: Request, allowed: frozenset[Role]) -> None:
    account = request.state.account
    if account is None:
        raise HTTPException(401)
    if account.role not in allowed:
        raise HTTPException(403)
