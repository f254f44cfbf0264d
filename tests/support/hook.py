"""A real HTTP server that keeps what it is posted, and answers as it is told to; and one that drips its answer."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.support.network import LOOPBACK


@dataclass(frozen=True, slots=True)
class Posted:
    """One request."""

    path: str
    fields: dict[str, str]
    body: bytes


class Hook:
    """Listens on `url`; `answers` are given first, one each (0: cut without an answer), then 204."""

    def __init__(self) -> None:
        self.received: list[Posted] = []
        self.answers: list[int] = []
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.received.append(Posted(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                status = hook.answers.pop(0) if hook.answers else 204
                if not status:
                    self.close_connection = True
                    return
                self.send_response(status)
                if status in (301, 302, 307):
                    self.send_header("Location", hook.url)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *arguments: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
        self.url = f"http://{LOOPBACK}:{self._server.server_address[1]}/consent?from=wellbeing"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def stop(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextlib.contextmanager
def dripping() -> Iterator[str]:
    """Give the address of a server whose answer, a good one, comes a byte each tenth of a second, for five seconds."""
    over = threading.Event()

    def serve(listening: socket.socket) -> None:
        with contextlib.suppress(OSError):
            connection, _peer = listening.accept()
            with connection:
                for byte in b"HTTP/1.1 204 " + b"x" * 37 + b"\r\n\r\n":
                    connection.sendall(bytes([byte]))
                    if over.wait(0.1):
                        break

    with socket.create_server((LOOPBACK, 0)) as listening:
        thread = threading.Thread(target=serve, args=[listening])
        thread.start()
        try:
            yield f"http://{LOOPBACK}:{listening.getsockname()[1]}/consent"
        finally:
            over.set()
            with contextlib.suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            thread.join()
