"""The outbox: messages are claimed, sent by SMTP (RFC 5321), and settled. The only place that talks SMTP.

A failure before DATA is tried again with back-off. A failure after DATA began is `uncertain`: the server may have the
message, so it is never sent again blindly; a person sees it.
"""

import contextlib
import smtplib
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import parseaddr

from sqlalchemy.orm import Session
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from intake import settings
from intake.errors import KeyRefused, SmtpRefused, SmtpUnavailable
from intake.identifiers import is_dead
from intake.log import get
from intake.sealing import Vault
from intake.store import Store, audit, cases, deliveries
from intake.store.deliveries import DeliveryRow, Lane
from intake.vocabulary import DeliveryState, Reason, RecipientKind, ReplyTemplate

log = get()

#: messages reserved at once
_BATCH = 20
#: waits between attempts of one message that the server put off
_WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 480))
_CONNECT_TIMEOUT_S = 15
#: what no answer to a letter is, and somebody must hear of where it was not delivered
_ALARMS: dict[str, Reason] = {
    ReplyTemplate.DUTY_ALERT: Reason.ALERT_NOT_DELIVERED,
    ReplyTemplate.CHANGE_NOTICE: Reason.NOTICE_NOT_DELIVERED,
}


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of the messages that were due."""

    sent: int = 0
    failed: int = 0
    uncertain: int = 0
    put_off: int = 0

    def __add__(self, other: "Sent") -> "Sent":
        """Add up two passes."""
        return Sent(
            self.sent + other.sent,
            self.failed + other.failed,
            self.uncertain + other.uncertain,
            self.put_off + other.put_off,
        )


#: gives the moment, aware, UTC: sending takes long, so the time is asked for at each attempt
Now = Callable[[], datetime]


def send_due(
    store: Store,
    vault: Vault,
    configuration: settings.Smtp,
    *,
    sender: str,
    holder: str,
    lease: timedelta,
    now: Now,
    lane: Lane = Lane.MAIL,
) -> Sent:
    """Send everything of a lane that is due over one connection.

    Raises `SmtpUnavailable` or `SmtpRefused` where the server cannot be used at all; what was reserved is given back.
    """
    total = _settle_abandoned(store, now())
    try:
        with contextlib.ExitStack() as stack:
            connection: smtplib.SMTP | None = None
            while rows := reserve(store, holder, lease, now(), lane):
                for row in rows:
                    connection = connection or stack.enter_context(_connected(configuration))
                    outcome = _send(store, vault, connection, row, sender=sender, holder=holder, now=now)
                    total += outcome
                    if outcome.uncertain or not _alive(connection):
                        connection = None
    finally:
        with store.writing() as session:
            deliveries.unreserve(session, holder)
    return total


def prove(configuration: settings.Smtp) -> str:
    """Connect and log in, send nothing. Raises like `send_due`; gives the server's name for itself."""
    with _connected(configuration) as connection:
        return (connection.ehlo_resp or b"").decode("ascii", "replace").splitlines()[0]


def reserve(store: Store, holder: str, lease: timedelta, now: datetime, lane: Lane) -> list[DeliveryRow]:
    """Reserve some of what is due in a lane, for the length of `lease`."""
    with store.writing() as session:
        return deliveries.reserve(session, holder, now, lease, _BATCH, lane)


def _settle_abandoned(store: Store, now: datetime) -> Sent:
    """Settle what a dead sender left: in DATA means uncertain; only reserved means that it is free again."""
    total = Sent()
    with store.writing() as session:
        dead = [holder for holder in deliveries.holders(session) if is_dead(holder)]
        for holder in dead:
            deliveries.unreserve(session, holder)
        found = [row for holder in (None, *dead) for row in deliveries.abandoned(session, holder, now)]
        for row in {row.delivery_id: row for row in found}.values():
            if row.recipient_kind == RecipientKind.WEBHOOK:
                # It may come twice, with the same id: told twice is harmless.
                deliveries.settle(session, row.delivery_id, DeliveryState.PENDING, now, trouble="interrupted")
                continue
            _settle(session, row, DeliveryState.UNCERTAIN, now, trouble="interrupted_in_data")
            total += Sent(uncertain=1)
    return total


def _send(
    store: Store, vault: Vault, connection: smtplib.SMTP, row: DeliveryRow, *, sender: str, holder: str, now: Now
) -> Sent:
    try:
        recipient, content = opened(vault, row)
    except KeyRefused:
        return settled(store, row, DeliveryState.FAILED, now(), "sealed_text_does_not_open")
    try:
        _envelope(connection, sender, parseaddr(recipient)[1] or recipient)
    except _Refused as refusal:
        return _refused(store, row, refusal, now())
    with store.writing() as session:
        if not deliveries.begin_data(session, row.delivery_id, holder, now()):
            # Somebody else took it over while we waited for the server.
            connection.rset()
            return Sent()
    return _hand_over(store, connection, replace(row, attempts=row.attempts + 1), content, now)


def _hand_over(store: Store, connection: smtplib.SMTP, row: DeliveryRow, content: bytes, now: Now) -> Sent:
    """DATA: from here on a failure without an answer is uncertain."""
    try:
        code, _answer = connection.data(content)
    except smtplib.SMTPDataError as error:
        return _refused(store, row, _Refused(error.smtp_code), now(), in_data=True)
    except (smtplib.SMTPException, OSError, ValueError) as error:
        connection.close()
        log.warning("delivery uncertain", delivery=row.delivery_id, error=type(error).__name__)
        return settled(store, row, DeliveryState.UNCERTAIN, now(), f"{type(error).__name__}_after_data")
    if code != 250:
        return _refused(store, row, _Refused(code), now(), in_data=True)
    return settled(store, row, DeliveryState.SENT, now(), None)


class _Refused(Exception):
    """The server answered with a code that is not success; `code` 0: it broke off."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


def _envelope(connection: smtplib.SMTP, sender: str, recipient: str) -> None:
    """MAIL FROM and RCPT TO. Nothing is lost if this fails: the message was not handed over."""
    try:
        connection.rset()
        code, _answer = connection.mail(sender)
        if code != 250:
            raise _Refused(code)
        code, _answer = connection.rcpt(recipient)
        if code not in (250, 251):
            raise _Refused(code)
    except (smtplib.SMTPException, OSError, ValueError) as error:
        connection.close()
        raise _Refused(getattr(error, "smtp_code", 0) or 0) from error


def _refused(store: Store, row: DeliveryRow, refusal: _Refused, now: datetime, *, in_data: bool = False) -> Sent:
    """Settle a refusal by its code: 5xx is for good (RFC 5321 section 4.2.1), anything else is put off."""
    attempts = row.attempts if in_data else row.attempts + 1
    trouble = f"smtp_{refusal.code}" if refusal.code else "connection_broke"
    if 500 <= refusal.code < 600:
        return settled(store, row, DeliveryState.FAILED, now, trouble, count_attempt=not in_data)
    return put_off(store, row, now, trouble=trouble, attempts=attempts, count_attempt=not in_data)


def put_off(
    store: Store, row: DeliveryRow, now: datetime, *, trouble: str, attempts: int, count_attempt: bool = False
) -> Sent:
    """Try again later what failed for the `attempts`-th time; after the last wait it has failed for good."""
    if attempts > len(_WAITS):
        return settled(store, row, DeliveryState.FAILED, now, trouble, count_attempt=count_attempt)
    with store.writing() as session:
        deliveries.settle(
            session,
            row.delivery_id,
            DeliveryState.PENDING,
            now,
            trouble=trouble,
            next_attempt_at=now + _WAITS[attempts - 1],
            count_attempt=count_attempt,
        )
    log.info("delivery put off", delivery=row.delivery_id, trouble=trouble)
    return Sent(put_off=1)


def settled(
    store: Store,
    row: DeliveryRow,
    state: DeliveryState,
    now: datetime,
    trouble: str | None,
    *,
    count_attempt: bool = False,
) -> Sent:
    """Write how a message ended for good."""
    with store.writing() as session:
        _settle(session, row, state, now, trouble=trouble, count_attempt=count_attempt)
    log.info("delivery settled", delivery=row.delivery_id, state=state.value, trouble=trouble)
    return {
        DeliveryState.SENT: Sent(sent=1),
        DeliveryState.FAILED: Sent(failed=1),
        DeliveryState.UNCERTAIN: Sent(uncertain=1),
    }[state]


def _settle(
    session: Session,
    row: DeliveryRow,
    state: DeliveryState,
    now: datetime,
    *,
    trouble: str | None,
    count_attempt: bool = False,
) -> None:
    deliveries.settle(session, row.delivery_id, state, now, trouble=trouble, count_attempt=count_attempt)
    audit.append(session, now, "service", f"delivery_{state.value}", row.delivery_id, trouble=trouble)
    reason = _ALARMS.get(row.template)
    if reason is not None and state is not DeliveryState.SENT:
        log.error(reason.value, case=row.case_id, delivery=row.delivery_id, trouble=trouble)
        if row.case_id is not None:
            cases.reopen(session, row.case_id, reason)


def opened(vault: Vault, row: DeliveryRow) -> tuple[str, bytes]:
    """Unseal a message out: its recipient, its content. Raises `KeyRefused`."""
    key = vault.open_key(row.wrapped_key or b"")
    recipient = key.open(row.recipient or b"", f"deliveries/{row.delivery_id}/recipient").decode()
    content = key.open(row.content or b"", f"deliveries/{row.delivery_id}/content")
    return recipient, content


def _alive(connection: smtplib.SMTP) -> bool:
    return getattr(connection, "sock", None) is not None


@contextlib.contextmanager
def _connected(configuration: settings.Smtp) -> Iterator[smtplib.SMTP]:
    connection = _connect(configuration)
    try:
        yield connection
    finally:
        with contextlib.suppress(smtplib.SMTPException, OSError):
            if _alive(connection):
                connection.quit()
        connection.close()


@retry(
    retry=retry_if_exception_type(SmtpUnavailable),
    stop=stop_after_attempt(3),
    wait=wait_random_exponential(multiplier=0.3, max=3),
    reraise=True,
)
def _connect(configuration: settings.Smtp) -> smtplib.SMTP:
    context = ssl.create_default_context(cafile=configuration.ca_file)
    host, port = configuration.host, configuration.port
    try:
        if configuration.security == "tls":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=_CONNECT_TIMEOUT_S, context=context)
        else:
            connection = smtplib.SMTP(host, port, timeout=_CONNECT_TIMEOUT_S)
        if connection.sock is not None:
            connection.sock.settimeout(configuration.timeout_s)
        connection.ehlo_or_helo_if_needed()
        if configuration.security == "starttls":
            # Fails where the server does not offer it: nothing is ever sent in clear instead.
            connection.starttls(context=context)
            connection.ehlo()
        if configuration.auth == "password" and configuration.username:
            connection.login(configuration.username, configuration.password.get_secret_value())
    except smtplib.SMTPAuthenticationError as error:
        raise SmtpRefused("the SMTP server refused the login: check smtp.username and smtp.password") from error
    except ssl.SSLCertVerificationError as error:
        raise SmtpRefused(f"the SMTP server's certificate is not trusted ({error.verify_message})") from error
    except smtplib.SMTPNotSupportedError as error:
        raise SmtpRefused(
            "the SMTP server offers no STARTTLS or no login: check smtp.security and smtp.auth"
        ) from error
    except (smtplib.SMTPException, OSError) as error:
        raise SmtpUnavailable(f"the SMTP server does not answer ({type(error).__name__})") from error
    return connection
