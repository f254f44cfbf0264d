"""Forms that only our own pages send: a token bound to the browser's cookie, and the browser's word on where it was."""

import hmac

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request

FIELD = "csrf"


def token_for(secret: str) -> str:
    """Give the token of the forms on pages shown to the holder of `secret`, a cookie's value."""
    return hmac.digest(secret.encode(), b"wellbeing-intake csrf v1", "sha256").hex()


def field(secret: str) -> Markup:
    """Write the hidden field."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, token_for(secret))


def prove_same_site(request: Request) -> None:
    """Refuse a form that the browser says was sent by another site, and one of a client that says nothing (403).

    Fetch Metadata: `Sec-Fetch-Site`. Under our own `Referrer-Policy: no-referrer` browsers send `Origin: null` with a
    form, so that Origin counts only where the newer field is not there.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site != "same-origin":
            raise HTTPException(403)
        return
    if request.headers.get("origin") not in request.state.site.origins:
        raise HTTPException(403)


def prove_token(request: Request, given: object) -> None:
    """Refuse a form without the token of this browser (403)."""
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), token_for(request.state.secret).encode()):
        raise HTTPException(403)
