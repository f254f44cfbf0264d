"""The watch over a connection: it hangs up when the time is up, from a thread of its own.

A socket's timeout begins anew with every byte, so that a server which sends one now and then holds a reader for ever.
"""

import contextlib
import math
import socket
import threading
import time
from collections.abc import Iterator


class Watch:
    """Bounds a connection as a whole, and each command on it, by the clock on the wall. `close` it in the end."""

    def __init__(self, limit_s: float = math.inf) -> None:
        """Begin to count: the whole connection may last `limit_s` seconds."""
        self._changed = threading.Condition()
        self._began = time.monotonic()
        self._limit_s = limit_s
        self._command_ends = math.inf
        self._socket: socket.socket | None = None
        self._closed = False
        #: why the connection was hung up on; None while it was not
        self.reason: str | None = None
        threading.Thread(target=self._keep, name="watch", daemon=True).start()

    def guard(self, connection: socket.socket) -> None:
        """Take the socket to hang up on, in place of the one before; one that comes too late is ended at once."""
        with self._changed:
            self._socket = connection
            if self.reason is not None:
                _end(connection)

    def spent(self) -> float:
        """Say which part of the whole time is used up: 1.0 is all of it."""
        return (time.monotonic() - self._began) / self._limit_s

    @contextlib.contextmanager
    def command(self, limit_s: float) -> Iterator[None]:
        """Bound what is done in this block."""
        self._until(time.monotonic() + limit_s)
        try:
            yield
        finally:
            self._until(math.inf)

    def hang_up(self, reason: str) -> None:
        """End the connection, whoever waits on it: its reader sees the end of the stream at once."""
        with self._changed:
            if self.reason is None and not self._closed:
                self.reason = reason
                if self._socket is not None:
                    _end(self._socket)
            self._changed.notify_all()

    def close(self) -> None:
        """Stop watching."""
        with self._changed:
            self._closed, self._socket = True, None
            self._changed.notify_all()

    def _until(self, moment: float) -> None:
        with self._changed:
            self._command_ends = moment
            self._changed.notify_all()

    def _keep(self) -> None:
        with self._changed:
            while not self._closed and self.reason is None:
                left = min(self._began + self._limit_s, self._command_ends) - time.monotonic()
                if left <= 0:
                    self.hang_up("did not come to an end in time")
                else:
                    self._changed.wait(None if left == math.inf else min(left, threading.TIMEOUT_MAX))


def _end(connection: socket.socket) -> None:
    # Not `connection.shutdown()`: for TLS that takes the session away from under the thread that reads it.
    with contextlib.suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
