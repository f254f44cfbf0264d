"""Authentication of the originator's domain (RFC 8601): who vouches for the From address, and what looks forged."""

from dataclasses import dataclass
from enum import StrEnum

from intake.parse import InboundMessage


class AuthenticationVerdict(StrEnum):
    """What the trusted server found."""

    #: aligned dmarc=pass under a trusted authserv-id (or intra-tenant, where configured)
    PASS = "pass"
    #: SPF or DKIM only, none, forwarded, unparseable, or nobody trusted said anything
    NONE = "none"
    #: dmarc=fail, two Froms, an address in the display name, Reply-To at another domain
    FORGED = "forged"


class ForgerySign(StrEnum):
    """What looks forged, or failed."""

    FROM_COUNT = "from_count"
    DISPLAY_NAME_ADDRESS = "display_name_address"
    REPLY_TO_ELSEWHERE = "reply_to_elsewhere"
    DMARC_FAIL = "dmarc_fail"
    UNPARSEABLE_RESULTS = "unparseable_results"
    LOOKALIKE_DOMAIN = "lookalike_domain"


@dataclass(frozen=True, slots=True)
class Authentication:
    """The verdict with what it rests on; `methods` as (method, result), e.g. ("dmarc", "pass")."""

    verdict: AuthenticationVerdict
    signs: tuple[ForgerySign, ...] = ()
    methods: tuple[tuple[str, str], ...] = ()
    authserv_id: str | None = None


def authenticate(message: InboundMessage, *, trusted_authserv_ids: tuple[str, ...]) -> Authentication:
    """Judge who vouches for `message`'s originator. Pure; never raises; fails closed.

    `trusted_authserv_ids`: whose Authentication-Results count; "" stands for a topmost one without an id (M365).
    """
    raise NotImplementedError
