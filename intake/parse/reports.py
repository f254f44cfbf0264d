"""Delivery status notifications (RFC 3464): which of our messages they are about."""

import re

from intake.parse import bounds
from intake.parse.headers import Headers, message_ids

_NAMED = re.compile(
    r"^[ \t>|]{0,10}(?:Original-|X-Original-|"
    r"In-Reply-To-)?Message-ID[ \t]{0,5}:[ \t]{0,5}\r?\n?[ \t]{0,8}(<[^<>\s]{1,990}>)",
    re.I | re.M,
)


def reported_message_ids(headers: Headers, content_types: list[str], reported: list[str], body: str) -> tuple[str, ...]:
    """Every Message-ID that a delivery report names; nothing for any other message."""
    is_report = "multipart/report" in content_types[:1] or bool(headers.values("x-failed-recipients"))
    if not is_report:
        return ()
    found = [one for text in [*reported, body[: bounds.TEXT]] for one in _NAMED.findall(text)]
    return message_ids([*found, *headers.values("in-reply-to", "references")])
