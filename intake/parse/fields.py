"""Header text and part metadata by mail-parser: encoded words, file names, MIME fields with raw 8-bit bytes.

Its own walk of a message is not used: it adds nested messages' text to the body and picks one of two From fields.
"""

import logging
import re
from email.message import Message

from mailparser.utils import decode_header_part, mime_header_view

from intake.parse import bounds
from intake.parse.decoding import octets, scalar

# It writes undecodable header values to its log: a letter's words must never get there.
logging.getLogger("mailparser").setLevel(logging.CRITICAL + 1)

_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")


def decoded(value: str, limit: int = bounds.SUBJECT) -> str:
    """Decode RFC 2047 encoded words in `value`; control characters become spaces."""
    text = octets(value[:limit])
    if "=?" in text:
        text = str(decode_header_part(text))
    return _CONTROLS.sub(" ", scalar(text)).strip()


def file_name(part: Message) -> str:
    """Give the part's file name, decoded (RFC 2231, RFC 2047, raw 8-bit), or ""."""
    if "content-disposition" not in part and "content-type" not in part:
        return ""
    try:
        view, _ = mime_header_view(part)
        name = view.get_filename()
    except (ValueError, LookupError, TypeError, UnicodeError, AttributeError):
        return ""
    return decoded(str(name), bounds.NAME) if name else ""
