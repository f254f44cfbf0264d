"""A folder of the mailbox: what is listed, fetched and moved in it."""

import imaplib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from intake import settings
from intake.mailbox import oversize
from intake.mailbox.connection import Connection
from intake.watch import Watch

#: UIDs in one command: a longer list is refused as "Too long argument" (seen with Dovecot at 50,000)
_UIDS_A_COMMAND = 500
#: UIDs asked for in one search: imaplib refuses an answer longer than a million bytes, which is some 100,000 UIDs
_UIDS_A_SEARCH = 50_000
#: where the server does not say: there must be something
SIZE_UNKNOWN = 1
#: from this part of its time on, a connection begins nothing more
_LATE = 0.7


@dataclass(frozen=True, slots=True)
class RawMessage:
    """One message as the server holds it.

    `received_at` is its INTERNALDATE in UTC; `size` is RFC822.SIZE in bytes; `form` is `whole`, `truncated` (oversize:
    `content` is its beginning) or `placeholder` (the server lists it but gave no bytes; `content` is empty).
    """

    uidvalidity: int
    uid: int
    received_at: datetime
    size: int
    form: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Listed:
    """A message as listed, before it is fetched."""

    uid: int
    received_at: datetime
    size: int


class Mailbox:
    """One folder of one account, opened. Use as a context manager; any error ends its usefulness."""

    def __init__(self, connection: Connection, *, read_only: bool) -> None:
        """Select the folder of a connection that is logged in (`open_mailbox`)."""
        self._connection = connection
        self._configuration = connection.configuration
        self.offers_move = self._offers("MOVE")
        #: whether handled messages can be moved: the folder is open for writing, and the server has MOVE (RFC 6851)
        self.can_move = not read_only and bool(self._configuration.handled_folder) and self.offers_move
        self._select(self._configuration.folder, read_only=not self.can_move)

    def __enter__(self) -> Self:
        """Give the open mailbox."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Log out politely after success; hang up after an error."""
        if error is None:
            self._connection.log_out()
        else:
            self._connection.drop()

    @property
    def is_late(self) -> bool:
        """Whether most of the time this connection may last is used up: what is left to do is for the next one."""
        return self._connection.watch.spent() > _LATE

    def examine(self, folder: str) -> bool:
        """Turn to another folder, for reading alone (EXAMINE); false where there is no such folder."""
        with self._connection.command():
            if not self._connection.client.folder_exists(folder):
                return False
        self._select(folder, read_only=True)
        self.can_move = False
        return True

    def with_message_id(self, message_id: str) -> list[int]:
        """UIDs of the messages that carry this Message-ID. The server may match a part of it: ours are unguessable."""
        return self._search(b"HEADER", b"Message-ID", message_id.encode())

    def uids_after(self, last_uid: int) -> list[int]:
        """Every UID above `last_uid`, ascending."""
        found: set[int] = set()
        first = last_uid + 1
        while first + _UIDS_A_SEARCH < self.uidnext:
            found.update(self._search(b"UID", b"%d:%d" % (first, first + _UIDS_A_SEARCH - 1)))
            first += _UIDS_A_SEARCH
        # `n:*` always holds the highest UID, even where it is below n (RFC 9051 section 9, seq-range).
        found.update(self._search(b"UID", b"%d:*" % first))
        return sorted(uid for uid in found if uid > last_uid)

    def still_there(self, uids: Sequence[int]) -> list[int]:
        """Which of `uids` have not gone meanwhile."""
        with self._connection.command():
            # The server may keep what is gone in view until it could say so.
            self._connection.client.noop()
        found: list[int] = []
        for chunk in _chunks(uids, _UIDS_A_COMMAND):
            found += self._search(b"UID", ",".join(str(uid) for uid in chunk).encode())
        return sorted(found)

    def listed(self, uids: Sequence[int]) -> list[Listed]:
        """Size and INTERNALDATE of `uids`; those that are gone meanwhile are left out."""
        found = []
        for chunk in _chunks(uids, _UIDS_A_COMMAND):
            for uid, data in self._fetch(chunk, [b"RFC822.SIZE", b"INTERNALDATE"]).items():
                size = data.get(b"RFC822.SIZE")
                size = SIZE_UNKNOWN if size is None else int(size)
                found.append(Listed(uid, _utc(data.get(b"INTERNALDATE")), size))
        return sorted(found, key=lambda one: one.uid)

    def batches(self, listed: Sequence[Listed], *, one_by_one: bool = False) -> Iterator[list[RawMessage]]:
        """Fetch messages in batches, capped by count and bytes; the small ones first, each kind in the order given."""
        small = [one for one in listed if one.size <= self._configuration.max_message_bytes]
        large = [one for one in listed if one.size > self._configuration.max_message_bytes]
        for batch in [[one] for one in small] if one_by_one else self._capped(small):
            yield self._fetch_whole(batch)
        for one in large:
            yield self._fetch_beginning(one)

    def move(self, uids: Sequence[int]) -> None:
        """Move messages to the handled folder (RFC 6851), which is made if it is missing.

        UIDs that are gone are passed over by the server, so a repeated move is harmless.
        """
        folder = self._configuration.handled_folder
        with self._connection.command():
            if not self._connection.client.folder_exists(folder):
                self._connection.client.create_folder(folder)
        for chunk in _chunks(uids, _UIDS_A_COMMAND):
            with self._connection.command():
                self._connection.client.move(chunk, folder)

    def _capped(self, listed: Sequence[Listed]) -> Iterator[list[Listed]]:
        batch: list[Listed] = []
        for one in listed:
            full = len(batch) >= self._configuration.batch_messages
            if batch and (full or sum(other.size for other in batch) + one.size > self._configuration.batch_bytes):
                yield batch
                batch = []
            batch.append(one)
        if batch:
            yield batch

    def _fetch_whole(self, batch: Sequence[Listed]) -> list[RawMessage]:
        size = sum(one.size for one in batch)
        fetched = self._fetch([one.uid for one in batch], [b"BODY.PEEK[]"], size)
        here = [one for one in batch if one.uid in fetched]
        return self._messages("whole", [(one, fetched[one.uid].get(b"BODY[]") or b"") for one in here])

    def _fetch_beginning(self, one: Listed) -> list[RawMessage]:
        """Fetch an oversize message's header and first text part."""
        structure = self._fetch([one.uid], [b"BODYSTRUCTURE"]).get(one.uid, {})
        part = oversize.first_text_part(structure.get(b"BODYSTRUCTURE"))
        fetched = self._fetch([one.uid], oversize.wanted(part), oversize.WANTED_BYTES).get(one.uid, {})
        return self._messages("truncated", [(one, oversize.assembled(part, fetched))])

    def _messages(self, form: str, fetched: Sequence[tuple[Listed, bytes]]) -> list[RawMessage]:
        """Tell what is whole from what the server did not give; what has no bytes because it is gone is left out."""
        empty = [one.uid for one, content in fetched if not content]
        there = self.still_there(empty) if empty else []
        return [
            # Exchange can answer OK with no bytes at all (RULES 14): never taken for the message.
            RawMessage(
                self.uidvalidity, one.uid, one.received_at, one.size, form if content else "placeholder", content
            )
            for one, content in fetched
            if content or one.uid in there
        ]

    def _fetch(self, uids: Sequence[int], items: Sequence[bytes], size: int = 0) -> dict[int, dict[bytes, Any]]:
        """Fetch `items`. A message that the server refuses to give has none of them."""
        try:
            return self._fetch_at_once(uids, items, size)
        except _NotGiven:
            # One message that cannot be given must not keep the others of its batch back.
            if len(uids) == 1:
                return {uids[0]: {}}
        found: dict[int, dict[bytes, Any]] = {}
        for uid in uids:
            found |= self._fetch([uid], items, size)
        return found

    def _fetch_at_once(self, uids: Sequence[int], items: Sequence[bytes], size: int) -> dict[int, dict[bytes, Any]]:
        with self._connection.command(size):
            try:
                return dict(self._connection.client.fetch(list(uids), list(items)))
            except imaplib.IMAP4.abort:
                raise
            # NO, BAD, or an answer that imapclient cannot read: the connection is as good as before.
            except (imaplib.IMAP4.error, ValueError, KeyError, TypeError, IndexError) as error:
                raise _NotGiven from error

    def _search(self, *criteria: bytes) -> list[int]:
        with self._connection.command():
            return [int(uid) for uid in self._connection.client.search(list(criteria))]

    def _select(self, folder: str, *, read_only: bool) -> None:
        found = self._connection.select(folder, read_only=read_only)
        self.uidvalidity = int(found[b"UIDVALIDITY"])
        #: the UID that the next message will have
        self.uidnext = int(found.get(b"UIDNEXT") or 0)

    def _offers(self, capability: str) -> bool:
        with self._connection.command():
            return bool(self._connection.client.has_capability(capability))


class _NotGiven(Exception):
    """The server refuses to give a message."""


def open_mailbox(configuration: settings.Mailbox, *, read_only: bool, watch: Watch | None = None) -> Mailbox:
    """Connect, log in and select the folder (EXAMINE where nothing is to be moved).

    The connection lasts `mailbox.cycle_s` at most, or as long as `watch` lets it. Raises `MailboxRefused` for wrong
    credentials or a missing folder (not tried again), `MailboxUnavailable` for what time can mend.
    """
    connection = Connection(configuration, watch or Watch(configuration.cycle_s))
    try:
        return Mailbox(connection, read_only=read_only)
    except BaseException:
        connection.drop()
        raise


def _utc(moment: datetime | None) -> datetime:
    if moment is None:
        return datetime.now(UTC)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _chunks(uids: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(uids), size):
        yield uids[start : start + size]
