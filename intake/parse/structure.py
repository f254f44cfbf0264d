"""The MIME tree, walked within bounds: which parts are the letter, which are attached, which are nested."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser

from intake.parse import bounds
from intake.parse.decoding import decode, octets, scalar
from intake.parse.fields import decoded, file_name
from intake.parse.message import Attachment, Defect

_BOUNDARY = re.compile(rb"boundary\s{0,20}=", re.I)
_BLANK_LINE = re.compile(rb"\r?\n\r?\n|\r\r")
_ILLEGAL = re.compile(rb"[^\x21-\x7e\r\n]")
_ILLEGAL_NAME = re.compile(rb"(?m)^[^\s:]{0,78}[\x00-\x08\x0e-\x1f\x7f-\xff][^\s:]{0,78}:")
_COMMON_FIELD = re.compile(rb"(?mi)^(?:from|to|subject|date|received|message-id|mime-version|content-type):")
_PARSER = BytesParser()  # compat32: a fifth of the cost of policy.default (measured)


@dataclass(slots=True)
class Segment:
    """One stretch of the letter: as plain text, as HTML source, or as both (alternatives)."""

    plain: str | None = None
    markup: str | None = None


@dataclass(slots=True)
class Tree:
    """What the walk found."""

    segments: list[Segment] = field(default_factory=list)
    #: messages within, and attached text, as text
    nested: list[str] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    content_types: list[str] = field(default_factory=list)
    #: header-like text of delivery status parts and returned headers
    reported: list[str] = field(default_factory=list)
    defects: set[Defect] = field(default_factory=set)


def read_bytes(content: bytes) -> tuple[Message, set[Defect]]:
    """Parse bytes into the standard library's message, cut where a bound is reached."""
    kept = _legal_names(_short_header(content[: bounds.MESSAGE_BYTES]))
    boundaries = len(_BOUNDARY.findall(kept))
    if boundaries:
        lines = min(bounds.MESSAGE_LINES, bounds.LINES_TIMES_BOUNDARIES // boundaries)
        kept = _up_to(_up_to(kept, b"\n", lines), b"\n--", bounds.BOUNDARY_LINES)
    else:
        kept = _up_to(kept, b"\n", bounds.MESSAGE_LINES)
    return _PARSER.parsebytes(kept), {Defect.OVERSIZE} if len(kept) < len(content) else set()


def read_tree(message: Message) -> Tree:
    """Walk `message` within bounds."""
    walk = _Walk()
    walk.part(message, 0, inside=False)
    return walk.tree


def _short_header(content: bytes) -> bytes:
    """Cut a header section that is longer than is read; what follows it stays."""
    found = _BLANK_LINE.search(content)
    end = found.start() if found else len(content)
    if end <= bounds.HEADER_BYTES:
        return content
    whole_lines = max(content.rfind(one, 0, bounds.HEADER_BYTES) for one in (b"\n", b"\r")) + 1
    return content[:whole_lines] + b"\r\n" + content[end:].lstrip(b"\r\n")


def _legal_names(content: bytes) -> bytes:
    """Put right field names with illegal bytes, at which the standard library would end the header section.

    Where the fields that every message has do not come below, the line is the letter's, and stays.
    """
    found = _BLANK_LINE.search(content)
    end = found.start() if found else len(content)
    illegal = _ILLEGAL_NAME.search(content, 0, end)
    if illegal is None or not _COMMON_FIELD.search(content, illegal.end(), end):
        return content
    head = _ILLEGAL_NAME.sub(lambda one: _ILLEGAL.sub(b"?", one.group()), content[:end])
    return head + content[end:]


def _up_to(content: bytes, mark: bytes, limit: int) -> bytes:
    """Give `content` up to the `limit`th `mark`."""
    if content.count(mark) + content.count(b"\r") * (mark == b"\n") <= limit:
        return content
    at = -1
    for _ in range(limit):
        at = content.find(mark, at + 1)
        if at < 0:  # lines that end in CR alone, or in CR LF
            return content
    return content[:at]


@dataclass(slots=True)
class _Walk:
    tree: Tree = field(default_factory=Tree)
    parts: int = 0
    size: int = 0

    def part(self, part: Message, depth: int, *, inside: bool) -> None:
        """Read one part; `inside`: it belongs to a nested message."""
        kind = scalar(octets(part.get_content_type()[:200]))
        self.parts += 1
        if self.parts > bounds.PARTS or depth > bounds.DEPTH:
            self.tree.defects.add(Defect.OVERSIZE)
            return
        self.tree.content_types.append(kind)
        if part.defects:
            self.tree.defects.add(Defect.STRUCTURE)
        if kind in {"message/rfc822", "message/global"}:
            self._message(part, depth)
        elif kind in {"message/delivery-status", "text/rfc822-headers"}:
            self.tree.reported.append(_as_text(part))
        elif kind == "multipart/alternative" and not inside:
            self._alternatives(part, depth)
        elif part.is_multipart():
            for child in _children(part):
                self.part(child, depth + 1, inside=inside)
        else:
            self._leaf(part, kind, inside=inside)

    def _message(self, part: Message, depth: int) -> None:
        name = file_name(part)
        children = list(_children(part))
        self.tree.attachments.append(Attachment(name, self.tree.content_types[-1], 0))
        for child in children:
            fields = _fields(child)
            self.tree.reported.append("\n".join(f"{key}: {value}" for key, value in fields))
            subject = next((value for key, value in fields if key.lower() == "subject"), "")
            if subject:
                self.tree.nested.append(decoded(subject))
            self.part(child, depth + 1, inside=True)

    def _alternatives(self, part: Message, depth: int) -> None:
        """Gather the alternatives' plain text and HTML into one segment; anything else in them is read as usual."""
        before = len(self.tree.segments)
        for child in _children(part):
            self.part(child, depth + 1, inside=False)
        found = self.tree.segments[before:]
        plain = [one.plain for one in found if one.plain is not None]
        markup = [one.markup for one in found if one.markup is not None]
        self.tree.segments[before:] = (
            [Segment("\n".join(plain) if plain else None, "\n".join(markup) if markup else None)] if found else []
        )

    def _leaf(self, part: Message, kind: str, *, inside: bool) -> None:
        name = file_name(part)
        disposition = (part.get_content_disposition() or "").lower()
        # A multipart without its boundary has its words as they stand.
        is_text = kind in {"text/plain", "text/html"} or kind.startswith("multipart/")
        if is_text and disposition != "attachment" and not (name and self.tree.segments) and not inside:
            text = self._text(part)
            self.tree.segments.append(Segment(markup=text) if kind == "text/html" else Segment(self._unpacked(text)))
            return
        if not inside or disposition == "attachment" or name:
            self.tree.attachments.append(Attachment(name, kind, _size(part)))
        if kind.startswith("text/") and kind != "text/calendar":
            text = self._text(part)
            self.tree.nested.append(text if kind != "text/html" else f"\0html{text}")

    def _text(self, part: Message) -> str:
        """Decode a text part, bounded over the whole message."""
        content = _payload(part)
        room = max(0, bounds.MARKUP - self.size)
        if len(content) > room:
            self.tree.defects.add(Defect.OVERSIZE)
            content = content[:room]
        self.size += len(content)
        text, lied = decode(content, _charset(part))
        if lied or "\ufffd" in text:
            self.tree.defects.add(Defect.CHARSET)
        return text

    def _unpacked(self, text: str) -> str:
        """Take uuencoded files out of plain text."""
        if "\nbegin" not in text and not text.startswith("begin"):
            return text
        kept: list[str] = []
        inside = ""
        lines = text.split("\n")
        for line in lines:
            words = line.split(None, 2)
            if (
                not inside
                and len(words) == 3
                and words[0] == "begin"
                and words[1].isdigit()
                and len(words[1]) in {3, 4}
            ):
                inside = words[2].strip()
                self.tree.attachments.append(Attachment(inside[: bounds.NAME], "application/octet-stream", 0))
            elif inside and line.strip() == "end":
                inside = ""
            elif not inside:
                kept.append(line)
        # A "begin 644 x" that never ends was a sentence or a cut file: lose no words over it.
        return text if inside else "\n".join(kept)


def _children(part: Message) -> Iterator[Message]:
    payload = part.get_payload()
    if isinstance(payload, list):
        for one in payload:
            if isinstance(one, Message):
                yield one


def _payload(part: Message) -> bytes:
    try:
        content = part.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError, UnicodeError, TypeError, AttributeError):
        content = None
    if isinstance(content, bytes):
        return content
    raw = part.get_payload()
    return raw.encode("utf-8", "surrogateescape") if isinstance(raw, str) else b""


def _charset(part: Message) -> str | None:
    try:
        charset = part.get_param("charset")
    except (ValueError, LookupError, UnicodeError, TypeError, AttributeError):
        return None
    if isinstance(charset, tuple):
        charset = charset[2]
    return charset if isinstance(charset, str) else None


def _size(part: Message) -> int:
    """Give about how many bytes a leaf holds; base64 is not unpacked for it."""
    raw = part.get_payload()
    if not isinstance(raw, str):
        return 0
    encoding = str(part.get("content-transfer-encoding", "")).strip().lower()
    return len(raw) * 3 // 4 if encoding == "base64" else len(raw)


def _as_text(part: Message) -> str:
    """Give a report part as header-like text; the standard library reads delivery-status as sub-messages."""
    payload = part.get_payload()
    if isinstance(payload, str):
        return scalar(octets(payload[: bounds.HEADER_VALUE]))
    blocks = ("\n".join(f"{key}: {value}" for key, value in _fields(one)) for one in _children(part))
    return "\n\n".join(blocks)[: bounds.HEADER_VALUE]


def _fields(message: Message) -> list[tuple[str, str]]:
    raw: list[tuple[str, str]] = list(message.raw_items())
    return [(octets(name), scalar(octets(str(value)[: bounds.SUBJECT]))) for name, value in raw[: bounds.HEADER_FIELDS]]
