"""Webhooks: notices to programs, claimed, handed over by HTTPS and settled like mail. The only place that speaks HTTP.

Signed as Standard Webhooks 1.0.0 says: HMAC-SHA-256 over `id.timestamp.body`. A notice may come twice, with the same
id, where its answer was lost: being told twice is harmless, and being told never is a breach.
"""

import base64
import binascii
import contextlib
import hmac
import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from intake.errors import KeyRefused
from intake.outbox import Now, Sent, opened, put_off, reserve, settled
from intake.sealing import Vault
from intake.settings import Notice
from intake.store import Store, deliveries
from intake.store.deliveries import DeliveryRow, Lane
from intake.vocabulary import DeliveryState

#: short, so that a service that is told to stop stops in time
_TIMEOUT_S = 4
#: from the connection to the answer: a server that drips bytes never times out, and alerts go out by the same round
_LONGEST_S = 8
#: answers that time can mend, beside every 5xx: request timeout, too early, too many requests
_LATER = (408, 425, 429)


def send_notices(
    store: Store,
    vault: Vault,
    notices: Iterable[Notice],
    *,
    holder: str,
    lease: timedelta,
    now: Now,
    stopped: Callable[[], bool] = lambda: False,
) -> Sent:
    """Send every webhook that is due, until `stopped`. Never raises for what another server does.

    Where one server is away, what else is due to it waits for the next pass.
    """
    secrets = {notice.url: notice.secret.get_secret_value() for notice in notices if notice.url}
    total, away = Sent(), set[bytes]()
    try:
        while not stopped() and (rows := reserve(store, holder, lease, now(), Lane.WEBHOOKS)):
            for row in rows:
                if stopped() or row.recipient_hash in away:
                    continue
                outcome = _send(store, vault, secrets, row, holder, now)
                if outcome.put_off:
                    away.add(row.recipient_hash)
                total += outcome
    finally:
        with store.writing() as session:
            deliveries.unreserve(session, holder)
    return total


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """Sign a webhook. `secret`: any text, or `whsec_` and base64, as Standard Webhooks writes it."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(_key(secret), signed, "sha256")).decode()


def _send(store: Store, vault: Vault, secrets: dict[str, str], row: DeliveryRow, holder: str, now: Now) -> Sent:
    try:
        url, body = opened(vault, row)
    except KeyRefused:
        return settled(store, row, DeliveryState.FAILED, now(), "sealed_text_does_not_open")
    if url not in secrets:
        return settled(store, row, DeliveryState.FAILED, now(), "no_longer_configured")
    with store.writing() as session:
        if not deliveries.begin_data(session, row.delivery_id, holder, now()):
            # Somebody else took it over.
            return Sent()
    return _settled_by_answer(store, row, url, body, secrets[url], now)


def _settled_by_answer(store: Store, row: DeliveryRow, url: str, body: bytes, secret: str, now: Now) -> Sent:
    try:
        status = _hand_over(url, _fields(secret, row, body, now()), body)
    except (OSError, http.client.HTTPException) as error:
        return put_off(store, row, now(), trouble=type(error).__name__, attempts=row.attempts + 1)
    if 200 <= status < 300:
        return settled(store, row, DeliveryState.SENT, now(), None)
    if status >= 500 or status in _LATER:
        return put_off(store, row, now(), trouble=f"http_{status}", attempts=row.attempts + 1)
    # A redirect counts as a refusal: what is sealed for one server is shown to no other.
    return settled(store, row, DeliveryState.FAILED, now(), f"http_{status}")


def _fields(secret: str, row: DeliveryRow, body: bytes, now: datetime) -> dict[str, str]:
    message_id, timestamp = row.message_id.strip("<>").partition("@")[0], int(now.timestamp())
    return {
        "Content-Type": "application/json",
        "User-Agent": "wellbeing-intake",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(secret, message_id, timestamp, body),
    }


def _hand_over(url: str, fields: dict[str, str], body: bytes) -> int:
    place = urlsplit(url)
    connection_to = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
    connection = connection_to(place.hostname or "", place.port, timeout=_TIMEOUT_S)
    try:
        with _hung_up_in_time() as guard:
            connection.sock = _connected(connection, guard, secure=place.scheme == "https")
            connection.request("POST", place._replace(scheme="", netloc="", fragment="").geturl() or "/", body, fields)
            return connection.getresponse().status
    finally:
        connection.close()


def _connected(
    connection: http.client.HTTPConnection, guard: Callable[[socket.socket], None], *, secure: bool
) -> socket.socket:
    """Connect, and shake hands where it is `secure`; each socket is under `guard` before anything is read from it."""
    plain = socket.create_connection((connection.host, connection.port), _TIMEOUT_S)
    guard(plain)
    if not secure:
        return plain
    try:
        sealed = ssl.create_default_context().wrap_socket(
            plain, server_hostname=connection.host, do_handshake_on_connect=False
        )
    except BaseException:
        plain.close()
        raise
    guard(sealed)
    try:
        sealed.do_handshake()
    except BaseException:
        sealed.close()
        raise
    return sealed


@contextlib.contextmanager
def _hung_up_in_time() -> Iterator[Callable[[socket.socket], None]]:
    """Give what takes sockets into care: after `_LONGEST_S` they are shut, whatever waits on them."""
    sockets: list[socket.socket] = []

    def hang_up() -> None:
        for one in sockets:
            with contextlib.suppress(OSError):
                # Not the method of an SSL socket, which would change what the other thread is reading from.
                socket.socket.shutdown(one, socket.SHUT_RDWR)

    watchdog = threading.Timer(_LONGEST_S, hang_up)
    watchdog.daemon = True
    watchdog.start()
    try:
        yield sockets.append
    finally:
        watchdog.cancel()


def _key(secret: str) -> bytes:
    if secret.startswith("whsec_"):
        try:
            return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        except binascii.Error:
            return secret.encode()
    return secret.encode()
