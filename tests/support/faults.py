"""A TCP proxy that breaks connections on purpose."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from tests.support.network import LOOPBACK, BackgroundLoop, free_port


class Mode(StrEnum):
    """How a connection is broken."""

    #: nothing is broken
    PASS = "pass"
    #: accepted, then silent for ever
    BLACKHOLE = "blackhole"
    #: accepted, then reset
    REFUSE = "refuse"
    #: one line of rubbish, then closed
    BANNER = "banner"
    #: cut `skip` bytes after `match` was seen in the server's answer
    CUT_SERVER = "cut_server"
    #: the client's command that matches is done, its answer is lost
    LOSE_REPLY = "lose_reply"
    #: the client's command that matches is never passed on, and nothing after it
    SWALLOW = "swallow"
    #: the client's command that matches is never passed on, but answered with `text` (`{tag}`: its first word), once
    #: `skip` such commands were let through
    ANSWER = "answer"
    #: from `match` in the server's answer on, one byte every fifth of a second
    DRIP = "drip"
    #: each whole answer of the server goes through `edit`
    EDIT = "edit"


#: a greeting, a "go ahead", or the tagged line that ends an answer
_WHOLE_ANSWER = re.compile(rb"(?:\A\* OK|\A\+|(?:\A|\n)(?![*+])[A-Z0-9]+ (?:OK|NO|BAD))[^\n]*\r\n\Z")


@dataclass(slots=True)
class Fault:
    """One fault; `times` connections are hit (0: all), then all pass."""

    mode: Mode = Mode.PASS
    match: str = ""
    skip: int = 0
    text: str = ""
    times: int = 0
    edit: Callable[[bytes], bytes] = bytes


class FaultProxy:
    """Listens on `port` and passes everything to `target`, except what `fault` breaks."""

    def __init__(self, background: BackgroundLoop, target: int) -> None:
        """Start listening."""
        self._background, self._target = background, target
        self.port = free_port()
        self.fault = Fault()
        self.hits = 0
        self._server = background.call(asyncio.start_server(self._serve, LOOPBACK, self.port))

    def stop(self) -> None:
        """Stop listening."""
        self._background.loop.call_soon_threadsafe(self._server.close)

    def _hit(self) -> None:
        self.hits += 1
        if self.fault.times:
            self.fault.times -= 1
            if not self.fault.times:
                self.fault = Fault()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        mode = self.fault.mode
        try:
            if mode is Mode.REFUSE:
                self._hit()
                writer.transport.abort()
            elif mode is Mode.BANNER:
                writer.write(self.fault.text.encode() + b"\r\n")
                self._hit()
                await writer.drain()
            elif mode is Mode.BLACKHOLE:
                self._hit()
                while await reader.read(65536):
                    pass
            else:
                await self._pass(reader, writer)
        except OSError:
            pass
        finally:
            writer.transport.abort() if mode is Mode.BLACKHOLE else writer.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream, downstream = await asyncio.open_connection(LOOPBACK, self._target)
        silent = asyncio.Event()
        pumps = [
            asyncio.create_task(self._up(reader, downstream, writer, silent)),
            asyncio.create_task(self._down(upstream, writer, silent)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            downstream.transport.abort()
            await asyncio.gather(*pumps, return_exceptions=True)

    async def _up(
        self,
        reader: asyncio.StreamReader,
        server: asyncio.StreamWriter,
        client: asyncio.StreamWriter,
        silent: asyncio.Event,
    ) -> None:
        while data := await reader.read(65536):
            if self.fault.mode is Mode.SWALLOW and re.search(self.fault.match.encode(), data, re.IGNORECASE):
                self._hit()
                while await reader.read(65536):
                    pass
                return
            if self.fault.mode is Mode.ANSWER and re.search(self.fault.match.encode(), data, re.IGNORECASE):
                if not self.fault.skip:
                    client.write(self.fault.text.format(tag=data.split(b" ")[0].decode()).encode() + b"\r\n")
                    self._hit()
                    continue
                self.fault.skip -= 1
            lost = self.fault.mode is Mode.LOSE_REPLY and re.search(self.fault.match.encode(), data, re.IGNORECASE)
            if lost:
                silent.set()
            server.write(data)
            await server.drain()
            if lost:
                self._hit()
                await asyncio.sleep(0.5)
                client.transport.abort()
                return

    async def _down(self, server: asyncio.StreamReader, client: asyncio.StreamWriter, silent: asyncio.Event) -> None:
        passed, end, answer = b"", None, b""
        while data := await server.read(65536):
            if silent.is_set():
                continue
            if self.fault.mode is Mode.CUT_SERVER:
                passed += data
                found = re.search(self.fault.match.encode(), passed, re.IGNORECASE)
                if end is None and found:
                    end = found.end() + self.fault.skip
                if end is not None and len(passed) >= end:
                    client.write(data[: max(0, len(data) - (len(passed) - end))])
                    await client.drain()
                    self._hit()
                    client.transport.abort()
                    return
            if self.fault.mode is Mode.DRIP:
                passed += data
                if re.search(self.fault.match.encode(), passed, re.IGNORECASE | re.DOTALL):
                    self._hit()
                    await _drip(data, client)
                    continue
            if self.fault.mode is Mode.EDIT:
                answer += data
                if not _WHOLE_ANSWER.search(answer):
                    continue
                data, answer = self.fault.edit(answer), b""
            client.write(data)
            await client.drain()


async def _drip(data: bytes, client: asyncio.StreamWriter) -> None:
    for place in range(len(data)):
        client.write(data[place : place + 1])
        await client.drain()
        await asyncio.sleep(0.2)
