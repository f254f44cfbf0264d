"""One-time codes by time (RFC 6238, over RFC 4226): six digits of HMAC-SHA-1, a new one each 30 seconds.

Twenty lines with test vectors in the RFC; a library for it would be one more to keep.
"""

import base64
import hmac
import secrets
from datetime import datetime
from urllib.parse import quote, urlencode

_STEP_S = 30
_SECRET_BYTES = 20


def new_secret() -> bytes:
    """Make a secret of 160 bits."""
    return secrets.token_bytes(_SECRET_BYTES)


def code(secret: bytes, step: int, digits: int = 6) -> str:
    """Give the code of one time step (RFC 4226 section 5.3)."""
    digest = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**digits).zfill(digits)


def step_at(now: datetime) -> int:
    """Give the time step of a moment."""
    return int(now.timestamp()) // _STEP_S


def matching_step(secret: bytes, given: str, now: datetime) -> int | None:
    """Give the time step whose code was given: this one, or the one before or after it where clocks differ."""
    typed, found = "".join(given.split()), None
    for step in (step_at(now) + drift for drift in (-1, 0, 1)):
        if hmac.compare_digest(code(secret, step).encode(), typed.encode("utf-8", "replace")):
            found = step
    return found


def address(secret: bytes, name: str, issuer: str) -> str:
    """Write the `otpauth://` address that an authenticator app reads."""
    text = base64.b32encode(secret).decode().rstrip("=")
    label = f"{quote(issuer)}:{quote(name)}"
    return f"otpauth://totp/{label}?{urlencode({'secret': text, 'issuer': issuer}, quote_via=quote)}"
