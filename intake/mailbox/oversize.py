"""Of an oversize message, its header and its first text part are read: enough to hear what the writer asks."""

from collections.abc import Sequence
from email import message_from_bytes
from typing import Any

#: of the header, and of the part, so much is read
_BYTES = 200_000
WANTED_BYTES = 2 * _BYTES
_DEEPEST = 20


def first_text_part(structure: Any, number: str = "", depth: int = 0) -> str | None:
    """Give the number of the first text part (RFC 9051 section 7.5.2, BODYSTRUCTURE); None where there is none."""
    if not isinstance(structure, Sequence) or not structure or depth > _DEEPEST:
        return None
    if isinstance(structure[0], list):
        for place, part in enumerate(structure[0], 1):
            found = first_text_part(part, f"{number}.{place}" if number else str(place), depth + 1)
            if found is not None:
                return found
        return None
    is_text = isinstance(structure[0], bytes) and structure[0].lower() == b"text"
    return (number or "1") if is_text else None


def wanted(part: str | None) -> list[bytes]:
    """Say what to fetch: the header, and the part with its own header; without a part, the beginning of everything."""
    if part is None:
        return [b"BODY.PEEK[]<0.%d>" % _BYTES]
    text = part.encode()
    return [b"BODY.PEEK[HEADER]<0.%d>" % _BYTES, b"BODY.PEEK[%b.MIME]" % text, b"BODY.PEEK[%b]<0.%d>" % (text, _BYTES)]


def assembled(part: str | None, fetched: dict[bytes, Any]) -> bytes:
    """Put together what was fetched, so that it reads as a message; empty where the server gave nothing."""
    if part is None:
        return _item(fetched, b"BODY[]")
    header, text = _item(fetched, b"BODY[HEADER]"), _whole_lines(_item(fetched, b"BODY[%b]" % part.encode()))
    boundary = message_from_bytes(header).get_boundary() if header else None
    if boundary is None:
        return header + text if header else b""
    fence = b"--" + boundary.encode("ascii", "replace")
    mime = _item(fetched, b"BODY[%b.MIME]" % part.encode())
    return header + fence + b"\r\n" + mime + text + b"\r\n" + fence + b"--\r\n"


def _whole_lines(text: bytes) -> bytes:
    """Cut a part that was not read to its end after a whole line: half a line of base64 is none."""
    return text[: text.rfind(b"\n") + 1] or text if len(text) >= _BYTES else text


def _item(fetched: dict[bytes, Any], name: bytes) -> bytes:
    # The server answers `BODY[1]<0>` to a request for a part of it.
    return next((bytes(value) for key, value in fetched.items() if value and key.partition(b"<")[0] == name), b"")
