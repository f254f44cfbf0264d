"""Serving the console: uvicorn in this process, on a port that was taken beforehand, until it is told to stop."""

import ipaddress
import os
import signal
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route

from intake.console import pages
from intake.console.app import create_app
from intake.console.place import Place
from intake.console.site import Site, site_at
from intake.errors import CallRefused, ConfigurationRefused, Transient
from intake.settings import Console

#: what is under way may end; then it stops
_GRACE_S = 5
#: more at once wait in the backlog or are told to come back
_AT_ONCE = 200


class PortTaken(Transient):
    """The console's port is in use."""


class Serving:
    """The console at its port, ready to run."""

    def __init__(
        self, place: Place, *, host: str, port: int, behind_proxy: bool, work: Sequence[Route] = pages.ROUTES
    ) -> None:
        """Take the port. Raises `CallRefused` for a host that would carry everything in clear, `PortTaken`."""
        settings = place.settings.console
        prove_host(host, settings, behind_proxy=behind_proxy)
        self._socket = _taken(host, port)
        self.port: int = self._socket.getsockname()[1]
        self.site: Site = site_at(self.port, settings.origin)
        try:
            self._server = _server(create_app(place, self.site, work), settings)
        except BaseException:
            self._socket.close()
            raise

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT."""
        # uvicorn raises the signal that stopped it once more when it is done: then it must find nobody to kill.
        with _signals_spent():
            self._server.run(sockets=[self._socket])

    @contextmanager
    def in_background(self) -> Iterator[None]:
        """Serve in a thread until the block ends."""
        thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, name="console")
        thread.start()
        try:
            yield
        finally:
            self._server.should_exit = True
            thread.join()


def _server(app: Starlette, settings: Console) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            app,
            log_config=None,
            log_level="warning",
            access_log=False,  # a path can hold a case's id, and the audit trail says more
            server_header=False,
            ws="none",
            proxy_headers=bool(settings.origin),
            forwarded_allow_ips=list(settings.trusted_proxies),
            limit_concurrency=_AT_ONCE,
            timeout_keep_alive=15,
            timeout_graceful_shutdown=_GRACE_S,
        )
    )


def prove_host(host: str, settings: Console, *, behind_proxy: bool) -> None:
    """Refuse a host on which passwords would go over a network in clear. Raises `CallRefused`."""
    if behind_proxy and not settings.origin:
        raise ConfigurationRefused(
            "console.origin: is required behind a proxy: give the https address that browsers use"
        )
    if not behind_proxy and not _is_loopback(host):
        raise CallRefused(
            f"the console speaks plain HTTP, so that on {host} passwords and letters could be read on the way: let a "
            "proxy end TLS in front of it, set console.origin and give --behind-proxy, or listen on 127.0.0.1"
        )


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _taken(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        taken = socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        raise PortTaken(
            f"the console cannot listen on {host}, port {port}: {os.strerror(error.errno) if error.errno else error}"
        ) from error
    # An answer goes out in two writes: without this the second waits 40 ms for the first one's acknowledgement.
    taken.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return taken


@contextmanager
def _signals_spent() -> Iterator[None]:
    def spend(_number: int, _frame: FrameType | None) -> None:
        """Do nothing: uvicorn has taken the signal already."""

    before = {number: signal.signal(number, spend) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
