"""SMTP (RFC 5321): one connection, and one message over it. The only place that knows smtplib.

What fails before the text is handed over is `Refused`; after that, no answer says nothing of what became of it.
"""

import contextlib
import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator

from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from intake import settings
from intake.errors import SmtpRefused, SmtpUnavailable, why_cut

_CONNECT_TIMEOUT_S = 15
#: what smtplib raises where a server does not answer as it must
NO_ANSWER = (smtplib.SMTPException, OSError, ValueError)

Connection = smtplib.SMTP


def send_one(configuration: settings.Smtp, *, sender: str, recipient: str, content: bytes) -> None:
    """Send one message past the outbox. Raises `SmtpUnavailable` or `SmtpRefused` where it may not have left."""
    with connected(configuration) as connection:
        try:
            send_envelope(connection, sender, recipient)
            begin_text(connection)
            send_text(connection, content)
        except Refused as refusal:
            kind = SmtpRefused if 500 <= refusal.code < 600 else SmtpUnavailable
            raise kind(f"the SMTP server did not take the message ({refusal.code or 'no answer'})") from refusal
        except NO_ANSWER as error:
            connection.close()
            raise SmtpUnavailable(f"the SMTP server broke off ({type(error).__name__})") from error


def prove(configuration: settings.Smtp) -> str:
    """Connect and log in, send nothing. Raises like `send_due`; gives the server's name for itself."""
    with connected(configuration) as connection:
        return (connection.ehlo_resp or b"").decode("ascii", "replace").splitlines()[0]


class Refused(Exception):
    """The server answered with a code that is not success; `code` 0: it broke off."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


@contextlib.contextmanager
def connected(configuration: settings.Smtp) -> Iterator[Connection]:
    connection = _connect(configuration)
    try:
        yield connection
    finally:
        with contextlib.suppress(smtplib.SMTPException, OSError):
            if is_alive(connection):
                connection.quit()
        connection.close()


def send_envelope(connection: Connection, sender: str, recipient: str) -> None:
    """MAIL FROM and RCPT TO. Nothing is lost if this fails: the message was not handed over."""
    with _answered(connection):
        connection.rset()
    with _answered(connection):
        code, _answer = connection.mail(sender)
    if code != 250:
        raise Refused(code)
    with _answered(connection):
        code, _answer = connection.rcpt(recipient)
    if code not in (250, 251):
        raise Refused(code)


def begin_text(connection: Connection) -> None:
    """DATA, before the text itself: what fails here is tried again."""
    with _answered(connection):
        code, _answer = connection.docmd("DATA")
    if code != 354:
        raise Refused(code)


def send_text(connection: Connection, content: bytes) -> None:
    """Hand over the text. Raises `Refused` only for an answer that says so; anything else is no answer."""
    with _within(connection):
        connection.send(_stuffed(content))
        code, _answer = connection.getreply()
    if 400 <= code < 600:
        raise Refused(code)
    if code != 250:
        # The first bytes of an answer that was cut can look like a code.
        raise smtplib.SMTPResponseException(code, "no answer")


def is_alive(connection: Connection) -> bool:
    return getattr(connection, "sock", None) is not None


@contextlib.contextmanager
def _answered(connection: Connection) -> Iterator[None]:
    """Let a command that gets no answer be refused with code 0, and the connection be dead."""
    try:
        with _within(connection):
            yield
    except NO_ANSWER as error:
        connection.close()
        raise Refused(getattr(error, "smtp_code", 0) or 0) from error


@contextlib.contextmanager
def _within(connection: Connection, seconds: float | None = None) -> Iterator[None]:
    """Break the connection after `seconds` (its socket's timeout): a server that drips bytes would never time out."""
    if seconds is None:
        seconds = (connection.sock and connection.sock.gettimeout()) or _CONNECT_TIMEOUT_S

    def hang_up() -> None:
        with contextlib.suppress(OSError):
            if connection.sock is not None:
                # Not the method of an SSL socket, which would change what the other thread is reading from.
                socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)

    watchdog = threading.Timer(seconds, hang_up)
    watchdog.daemon = True
    watchdog.start()
    try:
        yield
    finally:
        watchdog.cancel()


def _stuffed(content: bytes) -> bytes:
    """Double a dot that begins a line, and end with a dot of its own (RFC 5321 section 4.5.2)."""
    lines = re.sub(rb"(?m)^\.", b"..", content)
    return lines + (b"" if lines.endswith(b"\r\n") else b"\r\n") + b".\r\n"


@retry(
    retry=retry_if_exception_type(SmtpUnavailable),
    stop=stop_after_attempt(3),
    wait=wait_random_exponential(multiplier=0.3, max=3),
    reraise=True,
)
def _connect(configuration: settings.Smtp) -> Connection:
    context = ssl.create_default_context(cafile=configuration.ca_file)
    if configuration.security == "tls":
        connection: Connection = smtplib.SMTP_SSL(timeout=_CONNECT_TIMEOUT_S, context=context)
    else:
        connection = smtplib.SMTP(timeout=_CONNECT_TIMEOUT_S)
    try:
        with _within(connection, configuration.timeout_s):
            _greet(connection, configuration, context)
    except smtplib.SMTPAuthenticationError as error:
        connection.close()
        raise SmtpRefused("the SMTP server refused the login: check smtp.username and smtp.password") from error
    except ssl.SSLCertVerificationError as error:
        connection.close()
        raise SmtpRefused(f"the SMTP server's certificate is not trusted ({error.verify_message})") from error
    except smtplib.SMTPNotSupportedError as error:
        connection.close()
        raise SmtpRefused(
            "the SMTP server offers no STARTTLS or no login: check smtp.security and smtp.auth"
        ) from error
    except NO_ANSWER as error:
        connection.close()
        place = f"{configuration.host}:{configuration.port}"
        raise SmtpUnavailable(f"the SMTP server {place} does not answer ({why_cut(error)})") from error
    return connection


def _greet(connection: Connection, configuration: settings.Smtp, context: ssl.SSLContext) -> None:
    # Its constructor would connect out of the watchdog's reach; so it must be told here whose certificate to expect.
    connection._host = configuration.host  # type: ignore[attr-defined]
    code, _answer = connection.connect(configuration.host, configuration.port)
    if code != 220:
        raise smtplib.SMTPConnectError(code, "")
    if connection.sock is not None:
        connection.sock.settimeout(configuration.timeout_s)
    connection.ehlo_or_helo_if_needed()
    if configuration.security == "starttls":
        # Fails where the server does not offer it: nothing is ever sent in clear instead.
        connection.starttls(context=context)
        connection.ehlo()
    if configuration.auth == "password" and configuration.username:
        connection.login(configuration.username, configuration.password.get_secret_value())
