"""Reads bytes into an `InboundMessage`."""

import re
from typing import Any

from intake import log
from intake.parse import bounds
from intake.parse.alternatives import Letter, read_segments
from intake.parse.characters import cleaned
from intake.parse.headers import envelope, header_defects, read_headers
from intake.parse.markup import read_markup
from intake.parse.message import Address, Defect, InboundMessage
from intake.parse.own_texts import Known, known
from intake.parse.reports import reported_message_ids
from intake.parse.structure import Tree, read_bytes, read_tree

_NAME = re.compile(r"[^\W\d_]{2,}")
_NESTED_HTML = "\0html"
#: what Exchange gives over IMAP instead of a message it cannot convert, or has not scanned yet (RULES 14)
_PLACEHOLDER = re.compile(
    r"retrieval using the imap4? ?protocol failed|the server couldn'?t retrieve the following message|"
    r"(?:atp|safe attachments) scan in progress|the server could not retrieve the message",
    re.I,
)


def parse(content: bytes, *, own_texts: tuple[str, ...] = ()) -> InboundMessage:
    """Read a message. Never raises; what cannot be read is a defect.

    `own_texts`: our own templates and the published policy; text identical to them, white space aside, is dropped from
    `quoted_text`, so that our words are not searched for urgency. Words added inside are kept.
    """
    if not content.strip():
        # Exchange answers BODY.PEEK[] with OK and nothing (OfflineIMAP/offlineimap#62).
        defects = frozenset({Defect.PLACEHOLDER, Defect.NO_TEXT, Defect.FROM_COUNT})
        return InboundMessage(defects=defects, size=len(content))
    try:
        return _read(content, known(own_texts))
    except Exception as error:
        log.get().warning("message unreadable", at=log.trace_places(error), error=type(error).__name__)
        return _unreadable(content)


def _read(content: bytes, ours: Known) -> InboundMessage:
    message, defects = read_bytes(content)
    headers = read_headers(message)
    found = envelope(headers)
    tree = read_tree(message)
    letter = read_segments(tree.segments, _names(found["from_addresses"]))
    defects |= tree.defects | letter.defects | header_defects(headers, found)
    texts = _texts(letter, tree, ours, defects)
    if _is_placeholder(found["subject"], texts["new_text"], tree):
        defects.add(Defect.PLACEHOLDER)
    body = f"{letter.words.new}\n{letter.words.quoted}"
    return InboundMessage(
        **found,
        **texts,
        content_types=tuple(tree.content_types),
        attachments=tuple(tree.attachments),
        reported_message_ids=reported_message_ids(headers, tree.content_types, tree.reported, body),
        defects=frozenset(defects),
        size=len(content),
    )


def _names(addresses: tuple[Address, ...]) -> frozenset[str]:
    """Give the words of the originators' display names, to know a signed name by."""
    return frozenset(word.casefold() for one in addresses[:2] for word in _NAME.findall(one.display_name))


def _texts(letter: Letter, tree: Tree, ours: Known, defects: set[Defect]) -> dict[str, Any]:
    """Bring the texts into their last form, each bounded, and note what was wrong with them."""
    new, invisible = cleaned(_bounded(letter.words.new, defects))
    quoted, _ = cleaned(_bounded(letter.words.quoted, defects))
    if ours:
        new, returned = ours.apart(new)
        quoted = ours.without(f"{returned}\n{quoted}" if returned else quoted)
    if invisible:
        defects.add(Defect.INVISIBLE_CHARACTERS)
    if not new:
        defects.add(Defect.NO_TEXT)
    return {
        "new_text": new,
        "quoted_text": quoted,
        "signature": cleaned(letter.words.signature)[0][: bounds.TEXT],
        "nested_text": cleaned(_bounded(_nested(tree), defects))[0],
        "hidden_text": cleaned("\n".join(letter.hidden)[: bounds.TEXT])[0],
    }


def _nested(tree: Tree) -> str:
    texts = []
    for one in tree.nested:
        if one.startswith(_NESTED_HTML):
            texts.append("\n".join(line.text for line in read_markup(one.removeprefix(_NESTED_HTML)).lines))
        else:
            texts.append(one)
    return "\n\n".join(text.strip() for text in texts if text.strip())


def _bounded(text: str, defects: set[Defect]) -> str:
    if len(text) <= bounds.TEXT:
        return text
    defects.add(Defect.OVERSIZE)
    return text[: bounds.TEXT]


def _is_placeholder(subject: str, new_text: str, tree: Tree) -> bool:
    if len(new_text) < 2_000 and _PLACEHOLDER.search(f"{subject}\n{new_text}"):
        return True
    return any(_PLACEHOLDER.search(one.name) for one in tree.attachments)


def _unreadable(content: bytes) -> InboundMessage:
    """Give what can still be said of a message on which the reading broke: its headers."""
    defects = {Defect.UNREADABLE, Defect.NO_TEXT}
    try:
        message, _ = read_bytes(content[: bounds.HEADER_BYTES].replace(b"\r\n", b"\n").partition(b"\n\n")[0] + b"\n\n")
        headers = read_headers(message)
        found = envelope(headers)
        return InboundMessage(**found, defects=frozenset(defects | header_defects(headers, found)), size=len(content))
    except Exception:
        return InboundMessage(defects=frozenset(defects | {Defect.FROM_COUNT}), size=len(content))
