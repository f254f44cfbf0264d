"""The header section as values: every field counted as it stands, topmost first."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import Any

from intake.parse import bounds
from intake.parse.addresses import addresses, path
from intake.parse.decoding import octets, scalar
from intake.parse.fields import decoded
from intake.parse.message import Defect

_FOLD = re.compile(r"[\r\n]+")
_MESSAGE_ID = re.compile(r"<([^<>\s]{1,990})>")


@dataclass(frozen=True, slots=True)
class Headers:
    """The fields of one header section; `cut` where a bound was reached."""

    fields: tuple[tuple[str, str], ...]
    cut: bool

    def values(self, *names: str) -> list[str]:
        """Every value of the fields `names`, topmost first."""
        return [value for name, value in self.fields if name in names]

    def first(self, name: str) -> str:
        """The topmost value of `name`, or ""."""
        return next((value for key, value in self.fields if key == name), "")


def read_headers(message: Message) -> Headers:
    """Unfold the message's own fields. Names lower case, values as written, 8-bit bytes decoded."""
    # raw_items gives what stands there; items() would wrap 8-bit values in Header objects.
    raw: list[tuple[str, str]] = list(message.raw_items())
    kept, cut, size = [], len(raw) > bounds.HEADER_FIELDS, 0
    for name, value in raw[: bounds.HEADER_FIELDS]:
        text = str(value)
        size += len(text)
        if len(text) > bounds.HEADER_VALUE or size > bounds.HEADER_BYTES:
            cut = True
            text = text[: bounds.HEADER_VALUE] if size <= bounds.HEADER_BYTES else ""
        if "\n" in text or "\r" in text:
            text = _FOLD.sub("", text)
        kept.append((name.lower(), text.strip() if text.isascii() else scalar(octets(text)).strip()))
    return Headers(tuple(kept), cut)


def envelope(headers: Headers) -> dict[str, Any]:
    """Give the header-made fields of an `InboundMessage`."""
    from_values = headers.values("from")
    from_addresses = addresses(from_values)
    sender = addresses(headers.values("sender")[:1])
    paths = headers.values("return-path")
    return {
        "from_addresses": from_addresses,
        "from_fields": len(from_values),
        "sender": sender[0] if sender else None,
        "reply_to": addresses(headers.values("reply-to")),
        "recipients": addresses(headers.values("to", "cc", "resent-to", "resent-cc")),
        "reverse_path": path(paths[0]) if paths else None,
        "subject": decoded(headers.first("subject")),
        "message_id": next(iter(message_ids(headers.values("message-id"))), None),
        "in_reply_to": message_ids(headers.values("in-reply-to")),
        "references": message_ids(headers.values("references")),
        "date": _date(headers.first("date")),
        "headers": headers.fields,
    }


def header_defects(headers: Headers, found: dict[str, Any]) -> set[Defect]:
    """Say what is wrong with the header section."""
    defects = set()
    if found["from_fields"] != 1 or len(found["from_addresses"]) != 1:
        defects.add(Defect.FROM_COUNT)
    if headers.cut:
        defects.add(Defect.OVERSIZE)
    return defects


def message_ids(values: Iterable[str]) -> tuple[str, ...]:
    """Every Message-ID in `values`, with its angle brackets, each once; a blank one is none (RULES 9)."""
    found = (f"<{one}>" for value in values for one in _MESSAGE_ID.findall(value))
    return tuple(dict.fromkeys(found))[: bounds.MESSAGE_IDS]


def _date(value: str) -> datetime | None:
    if not value:
        return None
    try:
        moment = parsedate_to_datetime(value[:200])
        # RFC 5322 section 3.3: "-0000" tells no zone; it is UTC all the same.
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    except (ValueError, TypeError, OverflowError, IndexError, AttributeError):
        return None
