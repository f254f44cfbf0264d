"""A connection to the IMAP server, logged in, under a watch; whatever goes wrong on it becomes one of our errors."""

import contextlib
import imaplib
import socket
import ssl
from collections.abc import Iterator
from typing import Any

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import LoginError
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from intake import settings
from intake.errors import MailboxRefused, MailboxUnavailable, why_cut
from intake.watch import Watch

_CONNECT_TIMEOUT_S = 15
#: a server that gives less than this is taken for one that hangs
_SLOWEST_BYTES_S = 20_000
#: a server that means "not now" by its refusal: RFC 5530 codes, and what Exchange and Dovecot write instead of one
_LATER = ("unavailable", "[inuse]", "[limit]", "[serverbug]", "not connected", "temporary", "try again", "busy")


class Connection:
    """One connection, logged in. Its watch may hang up on it from any thread, which ends whatever waits on it."""

    def __init__(self, configuration: settings.Mailbox, watch: Watch) -> None:
        """Connect and log in under a watch, which ends with the connection. Raises as `command` does."""
        self.configuration = configuration
        self.watch = watch
        self._client: IMAPClient | None = None
        try:
            self._client = self._connected()
            self._log_in()
        except BaseException:
            self.drop()
            raise

    @property
    def client(self) -> IMAPClient:
        """The client; to be used in a `command` block alone."""
        assert self._client is not None  # noqa: S101 - set by __init__
        return self._client

    @contextlib.contextmanager
    def command(self, size: int = 0) -> Iterator[None]:
        """Bound a command that brings `size` bytes, and let whatever it raises be an error of ours.

        Raises `MailboxRefused` where only a person can help (the login, the certificate), else `MailboxUnavailable`.
        """
        with self._translated(), self.watch.command(self.configuration.timeout_s + size / _SLOWEST_BYTES_S):
            yield

    def select(self, folder: str, *, read_only: bool) -> dict[bytes, Any]:
        """Select a folder (EXAMINE it where `read_only`); give what the server says of it."""
        with self.command():
            try:
                return dict(self.client.select_folder(folder, readonly=read_only))
            except imaplib.IMAP4.abort:
                raise
            except imaplib.IMAP4.error as error:
                if _means_later(error):
                    raise
                raise MailboxRefused(f"mailbox.folder: the IMAP server has no folder {folder!r}") from error

    def log_out(self) -> None:
        """End the connection politely."""
        with contextlib.suppress(Exception), self.command():
            self.client.logout()
        self.drop()

    def drop(self) -> None:
        """End the connection without a word."""
        self.watch.close()
        if self._client is not None:
            with contextlib.suppress(Exception):
                self._client.shutdown()

    def _connected(self) -> IMAPClient:
        tries = Retrying(
            retry=retry_if_exception(lambda error: isinstance(error, MailboxUnavailable) and not self.watch.reason),
            stop=stop_after_attempt(3),
            wait=wait_random_exponential(multiplier=0.3, max=3),
            reraise=True,
        )
        return tries(self._connected_once)

    def _connected_once(self) -> IMAPClient:
        with self.command():
            context = _told_context(self.configuration, self.watch)
            client = _Client(self.configuration, context, self.watch)
            client.normalise_times = False
            if self.configuration.security == "starttls":
                try:
                    client.starttls(context)
                except BaseException:
                    with contextlib.suppress(Exception):
                        client.shutdown()
                    raise
            return client

    def _log_in(self) -> None:
        configuration = self.configuration
        password = configuration.password.get_secret_value()
        try:
            with self.command():
                if password.isascii() and configuration.username.isascii():
                    self.client.login(configuration.username, password)
                else:
                    # RFC 4616: LOGIN knows ASCII only.
                    self.client.plain_login(configuration.username, password)
        except LoginError as error:
            # imapclient calls every failure during the login a failed login: a connection cut in it is none.
            if isinstance(error.__context__, imaplib.IMAP4.abort) or self.watch.reason:
                raise MailboxUnavailable("the IMAP server broke off during the login") from error
            if _means_later(error):
                raise MailboxUnavailable("the IMAP server lets nobody in at present") from error
            raise MailboxRefused(
                f"the IMAP server refused the login of {configuration.username}: "
                "check mailbox.username and mailbox.password"
            ) from error

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
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
            if self.watch.reason:
                raise MailboxUnavailable(f"the connection to the IMAP server {self.watch.reason}") from error
            place = f"{self.configuration.host}:{self.configuration.port}"
            raise MailboxUnavailable(f"the IMAP server {place} broke off ({why_cut(error)})") from error


def _means_later(error: Exception) -> bool:
    return any(word in str(error).casefold() for word in _LATER)


class _Client(IMAPClient):  # type: ignore[misc]
    """imapclient, whose socket is told to the watch before the server says its first word."""

    def __init__(self, configuration: settings.Mailbox, context: ssl.SSLContext, watch: Watch) -> None:
        self._watch = watch
        super().__init__(
            configuration.host,
            configuration.port,
            ssl=configuration.security == "tls",
            ssl_context=context if configuration.security == "tls" else None,
            timeout=SocketTimeout(
                connect=min(_CONNECT_TIMEOUT_S, configuration.timeout_s), read=configuration.timeout_s
            ),
        )

    def _create_IMAP4(self) -> imaplib.IMAP4:  # noqa: N802 - imapclient's name
        return _Imap(self.host, self.port, self._timeout.connect, self.ssl_context, self._watch)


class _Imap(imaplib.IMAP4):
    def __init__(self, host: str, port: int, timeout: float, context: ssl.SSLContext | None, watch: Watch) -> None:
        self._context, self._watch = context, watch
        super().__init__(host, port, timeout)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        connection = socket.create_connection((self.host, self.port), timeout)
        self._watch.guard(connection)
        if self._context is None:
            return connection
        return self._context.wrap_socket(connection, server_hostname=self.host)


def _told_context(configuration: settings.Mailbox, watch: Watch) -> ssl.SSLContext:
    """Give a context whose sockets tell the watch of themselves before they shake hands."""

    class Told(ssl.SSLSocket):
        def do_handshake(self, block: bool = False) -> None:
            watch.guard(self)
            super().do_handshake(block)

    context = ssl.create_default_context(cafile=configuration.ca_file)
    context.sslsocket_class = Told
    return context
