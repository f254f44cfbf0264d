"""Delivery status notifications (RFC 3464): which of our messages did not arrive."""

import re

from intake.parse import bounds
from intake.parse.headers import Headers, message_ids

_NAMED = re.compile(
    r"^[ \t>|]{0,10}(?:Original-|X-Original-)?Message-ID[ \t]{0,5}:[ \t]{0,5}(?:\r?\n)?[ \t]{0,8}(<[^<>\s]{1,990}>)",
    re.I | re.M,
)
_ACTION = re.compile(r"^Action[ \t]*:[ \t]*([A-Za-z-]{1,20})", re.I | re.M)
_DAEMON = re.compile(r"^(?:mailer-daemon|postmaster|mail-daemon|mdaemon)$", re.I)
_FAILURE_SUBJECT = re.compile(
    r"undeliver(?:able|ed)|delivery (?:status notification \(failure\)|has failed|failure|failed)|failure notice|"
    r"mail delivery (?:failed|failure|subsystem|system)|returned mail|could ?n[o']t be delivered|unzustellbar|"
    r"non remis|no se ha podido entregar|niet bezorgd|mancato recapito",
    re.I,
)


def reported_message_ids(headers: Headers, content_types: list[str], reported: list[str], body: str) -> tuple[str, ...]:
    """Every Message-ID that a delivery failure names; nothing for a delay, a receipt, or any other message.

    An out-of-office from a postmaster is no failure (getmunin/munin#942): it takes the report's structure, the field
    that Exim and Gmail add, or a mailer daemon's own subject.
    """
    if content_types[:1] == ["multipart/report"]:
        if "message/delivery-status" not in content_types:
            return ()
        actions = [one.lower() for text in reported for one in _ACTION.findall(text)]
        if actions and "failed" not in actions:
            return ()
    elif not (headers.values("x-failed-recipients") or _is_daemons_failure(headers)):
        return ()
    found = [one for text in [*reported, body[: bounds.TEXT]] for one in _NAMED.findall(text)]
    return message_ids([*found, *headers.values("in-reply-to", "references")])


def _is_daemons_failure(headers: Headers) -> bool:
    local = headers.first("from").rpartition("<")[2].partition("@")[0].strip(' "')
    return bool(_DAEMON.match(local) and _FAILURE_SUBJECT.search(headers.first("subject")))
