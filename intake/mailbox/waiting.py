"""Waiting in IDLE (RFC 2177) for the server's word that something changed. Polling stays the truth; this is quicker."""

import select
from collections.abc import Callable

from intake import settings
from intake.mailbox.connection import Connection
from intake.watch import Watch

#: RFC 2177: issue IDLE anew at least every 29 minutes, or the server may log us out
_ANEW_S = 25 * 60.0


def wait_for_changes(
    configuration: settings.Mailbox, changed: Callable[[], None], watch: Watch, *, anew_s: float = _ANEW_S
) -> bool:
    """Call `changed` whenever the folder may hold something new, until the connection ends; then raise as it ended.

    Gives false at once where the server has no IDLE. `watch` is what ends it from another thread.
    """
    connection = Connection(configuration, watch)
    try:
        with connection.command():
            can_idle = connection.client.has_capability("IDLE")
        if can_idle:
            connection.select(configuration.folder, read_only=True)
        while can_idle:
            _wait_once(connection, changed, anew_s)
    finally:
        connection.drop()
    return False


def _wait_once(connection: Connection, changed: Callable[[], None], anew_s: float) -> None:
    with connection.command():
        connection.client.noop()
        connection.client.idle()
    # A notice that came together with the server's "go ahead" lies in a buffer that no poll sees: so look once now.
    changed()
    arrived = _readable(connection, anew_s)
    # DONE, and everything up to its answer: the end of the stream raises here (imapclient's idle_check gives nothing
    # for it, again and again), and a line that came in halves is waited for under the connection's timeout.
    with connection.command():
        connection.client.idle_done()
    if arrived:
        changed()


def _readable(connection: Connection, timeout_s: float) -> bool:
    poller = select.poll()
    poller.register(connection.client.socket().fileno(), select.POLLIN)
    return bool(poller.poll(timeout_s * 1000))
