"""The mailbox: IMAP, and the only place that knows imapclient. Gives `RawMessage`s, moves what is handled."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class RawMessage:
    """One message as the server holds it.

    `received_at` is its INTERNALDATE in UTC; `size` is RFC822.SIZE in bytes. `content` is None where the message is
    larger than `mailbox.max_message_bytes` (then `header` holds its header block alone).
    """

    uidvalidity: int
    uid: int
    received_at: datetime
    size: int
    content: bytes | None
    header: bytes = b""
