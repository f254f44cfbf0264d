"""The verdict on who vouches for a message's originator: fails closed, and the worst result wins."""

import re
from dataclasses import dataclass
from enum import StrEnum

from intake.authenticate.results import Result, Results, Unparseable, authserv_id, read_results
from intake.authenticate.signs import looks_like, names_another_address, replies_elsewhere
from intake.parse import InboundMessage
from intake.parse.domains import same_organisation

_FIELD = "authentication-results"
_RECEIVED_FROM = re.compile(r"^\s*from\s+(\S{1,255})", re.I)
_RECEIVED_BY = re.compile(r"\bby\s+([\w.-]{1,255})", re.I)
_LOCAL = re.compile(r"^\[?(?:localhost|127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|::1|unknown$)", re.I)
#: the owner of the domain asked for it, and the trusted server did or would have done it
_ENFORCED = re.compile(r"\b(?:dis|action|disposition)\s*=\s*(?:o?reject|quarantine|pct\.\w+)")
#: what Exchange writes on a message of the same tenant, where it writes the field at all
_TENANT_MARKS = (
    ("x-ms-exchange-organization-messagedirectionality", {"originating"}),
    ("x-ms-exchange-crosstenant-fromentityheader", {"hosted", "hybridonprem"}),
)
#: more trusted fields than this in one message were not written by a server
_MOST_FIELDS = 6
_FORWARDING_FIELDS = (
    "list-id",
    "list-post",
    "list-unsubscribe",
    "arc-seal",
    "resent-from",
    "x-forwarded-to",
    "x-forwarded-for",
)


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


#: signs that are evidence of forgery by themselves; the others only deny assurance
_FORGERY = frozenset(ForgerySign) - {ForgerySign.UNPARSEABLE_RESULTS, ForgerySign.DMARC_FAIL}


@dataclass(frozen=True, slots=True)
class Authentication:
    """The verdict with what it rests on; `methods` as (method, result), e.g. ("dmarc", "pass")."""

    verdict: AuthenticationVerdict
    signs: tuple[ForgerySign, ...] = ()
    methods: tuple[tuple[str, str], ...] = ()
    authserv_id: str | None = None


def authenticate(
    message: InboundMessage, *, trusted_authserv_ids: tuple[str, ...], trust_tenant: bool = False
) -> Authentication:
    """Judge who vouches for `message`'s originator. Pure; never raises; fails closed.

    `trusted_authserv_ids`: whose Authentication-Results count; "" stands for a topmost one without an id (M365).
    `trust_tenant`: whether Exchange's own mark of intra-tenant mail counts as a pass (RULES D2, D3).
    """
    trusted = tuple(one.strip().lower().rstrip(".") for one in trusted_authserv_ids)
    signs = _address_signs(message, trusted)
    fields, unparseable = _trusted_fields(message, trusted)
    if unparseable:
        signs.append(ForgerySign.UNPARSEABLE_RESULTS)
    results = [one for field in fields for one in field.results]
    failed = [one for one in results if one.method == "dmarc" and one.result == "fail"]
    if failed:
        signs.append(ForgerySign.DMARC_FAIL)
    forged = bool(_FORGERY.intersection(signs)) or (bool(failed) and _is_forgery(failed, results, message))
    if forged:
        verdict = AuthenticationVerdict.FORGED
    elif not unparseable and (_passes(message, fields) or (trust_tenant and _is_intra_tenant(message, results))):
        verdict = AuthenticationVerdict.PASS
    else:
        verdict = AuthenticationVerdict.NONE
    return Authentication(
        verdict,
        tuple(signs),
        tuple(dict.fromkeys((one.method, one.result) for one in results)),
        fields[0].authserv_id if fields else None,
    )


def _address_signs(message: InboundMessage, trusted: tuple[str, ...]) -> list[ForgerySign]:
    originator = message.originator
    if originator is None:
        return [ForgerySign.FROM_COUNT]
    signs = []
    if names_another_address(originator):
        signs.append(ForgerySign.DISPLAY_NAME_ADDRESS)
    if replies_elsewhere(message, originator):
        signs.append(ForgerySign.REPLY_TO_ELSEWHERE)
    if looks_like(originator.domain, frozenset([*trusted, *(one.domain for one in message.recipients[:20])])):
        signs.append(ForgerySign.LOOKALIKE_DOMAIN)
    return signs


def _trusted_fields(message: InboundMessage, trusted: tuple[str, ...]) -> tuple[list[Results], bool]:
    """Give the trusted fields, topmost first, and whether one that may be trusted does not parse.

    A receiving server writes above or just below its own Received field. What stands below a second hop from outside,
    or below the next Received field under trusted results, came with the message and is the sender's word.
    """
    fields: list[Results] = []
    hops = 0
    topmost = True
    for name, value in message.headers:
        if name == "received":
            hops += _comes_from_outside(value)
            if fields or hops > 1:
                break
        elif name == _FIELD:
            try:
                fields.extend(_if_trusted(value, trusted, topmost=topmost))
            except Unparseable:
                return fields, True
            topmost = False
    return fields[:_MOST_FIELDS], len(fields) > _MOST_FIELDS


def _if_trusted(value: str, trusted: tuple[str, ...], *, topmost: bool) -> list[Results]:
    """Read one field where it is trusted. Raises `Unparseable` where it may be, but says nothing readable."""
    identity = authserv_id(value)
    if identity is None and (topmost or _begins_as_ours(value, trusted)):
        raise Unparseable
    # Without a name only the topmost field of all can be the server's own.
    if identity not in trusted or (identity == "" and not topmost):
        return []
    return [read_results(value)]


def _begins_as_ours(value: str, trusted: tuple[str, ...]) -> bool:
    return any(one and value.strip().lower().startswith(one) for one in trusted)


def _comes_from_outside(received: str) -> bool:
    """Tell whether a Received field records a hop between two organisations."""
    origin, receiver = _RECEIVED_FROM.search(received), _RECEIVED_BY.search(received)
    if origin is None or receiver is None or _LOCAL.match(origin[1]):
        return False
    return "." in origin[1] and not same_organisation(origin[1].strip("[]()"), receiver[1])


def _passes(message: InboundMessage, fields: list[Results]) -> bool:
    """Tell whether the topmost trusted field says an aligned dmarc=pass and no trusted field says otherwise."""
    originator = message.originator
    if originator is None or not fields:
        return False
    every = [one for field in fields for one in field.results if one.method == "dmarc"]
    topmost = [one for one in fields[0].results if one.method == "dmarc"]
    composite = [one.result for field in fields for one in field.results if one.method == "compauth"]
    return (
        bool(topmost)
        and all(one.result == "pass" and _aligned(one, originator.domain) for one in every)
        and "fail" not in composite
    )


def _aligned(result: Result, domain: str) -> bool:
    """Tell whether DMARC was checked for the From domain itself, or for the organisation above it."""
    checked = [one.lower().strip('"').rstrip(".").rpartition("@")[2] for one in result.values("header.from")]
    return bool(checked) and all(
        one == domain or (domain.endswith(f".{one}") and same_organisation(one, domain)) for one in checked
    )


def _is_forgery(failed: list[Result], results: list[Result], message: InboundMessage) -> bool:
    """Tell a forgery from a forwarded message: forwarding breaks DMARC honestly (RULES 17, D3)."""
    if any(_ENFORCED.search(one.remarks) for one in failed):
        return True
    forwarded = any(one.method == "arc" and one.result == "pass" for one in results)
    return not forwarded and not any(message.all(name) for name in _FORWARDING_FIELDS)


def _is_intra_tenant(message: InboundMessage, results: list[Result]) -> bool:
    """Tell whether Exchange says that a signed-in user of the same tenant sent it, and nothing else says otherwise."""
    originator = message.originator
    if originator is None or not any(
        same_organisation(one.domain, originator.domain) for one in message.recipients[:20]
    ):
        return False  # a relay may send as internal what is from elsewhere
    if any(value.strip().lower() not in allowed for name, allowed in _TENANT_MARKS for value in message.all(name)):
        return False
    marks = [
        one.strip().lower()
        for name in ("x-ms-exchange-organization-authas", "x-ms-exchange-crosstenant-authas")
        for one in message.all(name)
    ]
    own = message.all("x-ms-exchange-organization-authas")
    return len(own) == 1 and set(marks) == {"internal"} and not any(one.result == "fail" for one in results)
