"""The mailbox: IMAP (RFC 9051, RFC 3501), and the only place that knows imapclient.

`\\Seen` is neither read nor written, and nothing is ever expunged. Each command, and each connection as a whole, is
bounded by the clock. A connection that failed is dead: connect again.
"""

from intake.mailbox.folder import SIZE_UNKNOWN, Listed, Mailbox, RawMessage, open_mailbox
from intake.mailbox.waiting import wait_for_changes

__all__ = ["SIZE_UNKNOWN", "Listed", "Mailbox", "RawMessage", "open_mailbox", "wait_for_changes"]
