"""The mailbox: IMAP (RFC 9051, RFC 3501), and the only place that knows imapclient.

`\\Seen` is neither read nor written, nothing is ever expunged, and every command has a timeout. A connection that
failed is dead: connect again.
"""

import contextlib
import imaplib
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import LoginError
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from intake import settings
from intake.errors import MailboxRefused, MailboxUnavailable

#: UIDs in one command: a longer list is refused as "Too long argument" (seen with Dovecot at 50,000)
_UIDS_A_COMMAND = 500
#: of an oversize message, so much is read: the header and the first part
_TRUNCATED_BYTES = 200_000
_CONNECT_TIMEOUT_S = 15


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

    def __init__(
        self, client: IMAPClient, configuration: settings.Mailbox, uidvalidity: int, *, can_move: bool
    ) -> None:
        """Wrap a client that has selected its folder (`open_mailbox`)."""
        self._client = client
        self._configuration = configuration
        self.uidvalidity = uidvalidity
        #: whether handled messages can be moved: the folder is open for writing, and the server has MOVE (RFC 6851)
        self.can_move = can_move
        self.offers_move = client.has_capability("MOVE")

    def __enter__(self) -> Self:
        """Give the open mailbox."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Log out politely after success; hang up after an error."""
        if error is None:
            with contextlib.suppress(Exception):
                self._client.logout()
                return
        _hang_up(self._client)

    def examine(self, folder: str) -> bool:
        """Turn to another folder, for reading alone (EXAMINE); false where there is no such folder."""
        with _translated():
            if not self._client.folder_exists(folder):
                return False
        self.uidvalidity = _select(self._client, folder, read_only=True)
        self.can_move = False
        return True

    def with_message_id(self, message_id: str) -> list[int]:
        """UIDs of the messages that carry this Message-ID. The server may match a part of it: ours are unguessable."""
        with _translated():
            return list(self._client.search([b"HEADER", b"Message-ID", message_id.encode()]))

    def uids_after(self, last_uid: int) -> list[int]:
        """Every UID above `last_uid`, ascending."""
        with _translated():
            # `n:*` always holds the highest UID, even where it is below n (RFC 9051 section 9, seq-range).
            found = self._client.search([b"UID", f"{last_uid + 1}:*".encode()])
        return sorted(uid for uid in found if uid > last_uid)

    def listed(self, uids: Sequence[int]) -> list[Listed]:
        """Size and INTERNALDATE of `uids`; those that are gone meanwhile are left out."""
        found = []
        for chunk in _chunks(uids, _UIDS_A_COMMAND):
            for uid, data in self._fetch(chunk, [b"RFC822.SIZE", b"INTERNALDATE"]).items():
                found.append(Listed(uid, _utc(data.get(b"INTERNALDATE")), int(data.get(b"RFC822.SIZE") or 0)))
        return sorted(found, key=lambda one: one.uid)

    def batches(self, listed: Sequence[Listed]) -> Iterator[list[RawMessage]]:
        """Fetch messages in batches, capped by count and bytes."""
        small = [one for one in listed if one.size <= self._configuration.max_message_bytes]
        large = [one for one in listed if one.size > self._configuration.max_message_bytes]
        for batch in self._capped(small):
            yield self._fetch_whole(batch)
        for one in large:
            yield self._fetch_beginning(one)

    def move(self, uids: Sequence[int]) -> None:
        """Move messages to the handled folder (RFC 6851), which is made if it is missing.

        UIDs that are gone are passed over by the server, so a repeated move is harmless.
        """
        folder = self._configuration.handled_folder
        with _translated():
            if not self._client.folder_exists(folder):
                self._client.create_folder(folder)
            for chunk in _chunks(uids, _UIDS_A_COMMAND):
                self._client.move(chunk, folder)

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
        fetched = self._fetch([one.uid for one in batch], [b"BODY.PEEK[]"])
        messages = []
        for one in batch:
            if one.uid in fetched:
                content = fetched[one.uid].get(b"BODY[]") or b""
                # Exchange can answer OK with no bytes at all (RULES 14): never taken for the message.
                form = "whole" if content else "placeholder"
                messages.append(RawMessage(self.uidvalidity, one.uid, one.received_at, one.size, form, content))
        return messages

    def _fetch_beginning(self, one: Listed) -> list[RawMessage]:
        fetched = self._fetch([one.uid], [b"BODY.PEEK[]<0.%d>" % _TRUNCATED_BYTES]).get(one.uid)
        if fetched is None:
            return []
        content = next((value for key, value in fetched.items() if key.startswith(b"BODY[]")), None) or b""
        form = "truncated" if content else "placeholder"
        return [RawMessage(self.uidvalidity, one.uid, one.received_at, one.size, form, content)]

    def _fetch(self, uids: Sequence[int], items: Sequence[bytes]) -> dict[int, dict[bytes, Any]]:
        with _translated():
            return dict(self._client.fetch(list(uids), list(items)))


def open_mailbox(configuration: settings.Mailbox, *, read_only: bool) -> Mailbox:
    """Connect, log in and select the folder (EXAMINE where nothing is to be moved).

    Raises `MailboxRefused` for wrong credentials or a missing folder (not tried again), `MailboxUnavailable` for what
    time can mend.
    """
    client = _connect(configuration)
    try:
        _log_in(client, configuration)
        can_move = not read_only and bool(configuration.handled_folder) and client.has_capability("MOVE")
        uidvalidity = _select(client, configuration.folder, read_only=not can_move)
    except BaseException:
        _hang_up(client)
        raise
    return Mailbox(client, configuration, uidvalidity, can_move=can_move)


@retry(
    retry=retry_if_exception_type(MailboxUnavailable),
    stop=stop_after_attempt(3),
    wait=wait_random_exponential(multiplier=0.3, max=3),
    reraise=True,
)
def _connect(configuration: settings.Mailbox) -> IMAPClient:
    with _translated():
        context = ssl.create_default_context(cafile=configuration.ca_file)
        timeout = SocketTimeout(connect=min(_CONNECT_TIMEOUT_S, configuration.timeout_s), read=configuration.timeout_s)
        client = IMAPClient(
            configuration.host,
            configuration.port,
            ssl=configuration.security == "tls",
            ssl_context=context if configuration.security == "tls" else None,
            timeout=timeout,
        )
        client.normalise_times = False
        if configuration.security == "starttls":
            try:
                client.starttls(context)
            except BaseException:
                _hang_up(client)
                raise
        return client


def _log_in(client: IMAPClient, configuration: settings.Mailbox) -> None:
    password = configuration.password.get_secret_value()
    try:
        with _translated():
            if password.isascii() and configuration.username.isascii():
                client.login(configuration.username, password)
            else:
                # RFC 4616: LOGIN knows ASCII only.
                client.plain_login(configuration.username, password)
    except LoginError as error:
        raise MailboxRefused(
            f"the IMAP server refused the login of {configuration.username}: "
            "check mailbox.username and mailbox.password"
        ) from error


def _select(client: IMAPClient, folder: str, *, read_only: bool) -> int:
    with _translated():
        try:
            found = client.select_folder(folder, readonly=read_only)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:
            raise MailboxRefused(f"mailbox.folder: the IMAP server has no folder {folder!r}") from error
        return int(found[b"UIDVALIDITY"])


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """Let whatever the connection raises be `MailboxUnavailable`; a refused login stays a `LoginError`."""
    try:
        yield
    except (LoginError, MailboxRefused):
        raise
    except ssl.SSLCertVerificationError as error:
        raise MailboxRefused(f"the IMAP server's certificate is not trusted ({error.verify_message})") from error
    except TimeoutError as error:
        raise MailboxUnavailable("the IMAP server does not answer in time") from error
    # Rubbish from a server surfaces as any of these; imaplib's errors are plain exceptions.
    except (imaplib.IMAP4.error, OSError, ValueError, KeyError, AssertionError) as error:
        raise MailboxUnavailable(f"the IMAP server broke off ({type(error).__name__})") from error


def _hang_up(client: IMAPClient) -> None:
    with contextlib.suppress(Exception):
        client.shutdown()


def _utc(moment: datetime | None) -> datetime:
    if moment is None:
        return datetime.now(UTC)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _chunks(uids: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(uids), size):
        yield uids[start : start + size]
