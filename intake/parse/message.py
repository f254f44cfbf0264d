"""The parsed message as a value."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Defect(StrEnum):
    """What was wrong or suspicious in a message's form; counted and shown."""

    #: no From, or more than one From field or address: assurance 0
    FROM_COUNT = "from_count"
    #: an unknown or lying charset; some characters were replaced
    CHARSET = "charset"
    #: MIME structure that the standard library reports as broken
    STRUCTURE = "structure"
    #: text and HTML alternatives say different things
    ALTERNATIVES_DISAGREE = "alternatives_disagree"
    #: text that a reader would not see (display none, zero size, white on white)
    HIDDEN_TEXT = "hidden_text"
    #: zero-width characters or letters from another script inside words
    INVISIBLE_CHARACTERS = "invisible_characters"
    #: no words of the writer could be found
    NO_TEXT = "no_text"
    #: larger than is read, or cut by a bound
    OVERSIZE = "oversize"
    #: the server gave a stand-in instead of the message (Exchange)
    PLACEHOLDER = "placeholder"
    #: the parser gave up; see the log's places
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Address:
    """One address of a header field; `address` is the addr-spec, lower-cased domain, as written otherwise."""

    address: str
    display_name: str = ""

    @property
    def local_part(self) -> str:
        """The part before the last @."""
        return self.address.rpartition("@")[0]

    @property
    def domain(self) -> str:
        """The part after the last @, lower case."""
        return self.address.rpartition("@")[2].lower()


@dataclass(frozen=True, slots=True)
class Attachment:
    """An attachment by name, type and size in bytes; its content is not kept apart from the raw message."""

    name: str
    content_type: str
    size: int


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """What a message says, field by field.

    `from_addresses`: every address of every From field, raw-counted; exactly one is normal.
    `reverse_path`: Return-Path's address; "" is the null reverse-path; None where there is no such field.
    `headers`: (lower-case name, unfolded value) in order, topmost first; values as written, bounded.
    `new_text`: what the writer wrote now. `quoted_text`: repeated from elsewhere. `signature`: signature block, phone
    footer, disclaimer, banners. `nested_text`: text of forwarded message/rfc822 parts. `hidden_text`: not visible.
    `content_types`: lower-case type of every part, in order, root first.
    """

    from_addresses: tuple[Address, ...] = ()
    from_fields: int = 0
    sender: Address | None = None
    reply_to: tuple[Address, ...] = ()
    recipients: tuple[Address, ...] = ()
    reverse_path: str | None = None
    subject: str = ""
    message_id: str | None = None
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    date: datetime | None = None
    headers: tuple[tuple[str, str], ...] = ()
    content_types: tuple[str, ...] = ()
    new_text: str = ""
    quoted_text: str = ""
    signature: str = ""
    nested_text: str = ""
    hidden_text: str = ""
    attachments: tuple[Attachment, ...] = ()
    #: RFC 3464 / RFC 3462: Message-IDs named in a delivery status notification's returned headers
    reported_message_ids: tuple[str, ...] = ()
    defects: frozenset[Defect] = field(default_factory=frozenset)
    size: int = 0

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of header field `name`, topmost first."""
        lowered = name.lower()
        return tuple(value for key, value in self.headers if key == lowered)

    @property
    def originator(self) -> Address | None:
        """The one From address; None unless there is exactly one field with exactly one address."""
        return self.from_addresses[0] if self.from_fields == 1 and len(self.from_addresses) == 1 else None

    @property
    def encloses(self) -> bool:
        """Whether something comes with it that is not read as the writer's own words: a document, a message, a note.

        The picture in a signature and a cryptographic signature enclose nothing.
        """
        return bool(self.nested_text.strip()) or any(
            not one.content_type.startswith("image/") and one.content_type not in _SIGNATURES
            for one in self.attachments
        )


_SIGNATURES = frozenset(["application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"])
