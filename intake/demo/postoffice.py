"""The demo's post office: an IMAP server in memory and an SMTP server, both on free ports of this machine.

Mail to the service's address is delivered into its mailbox, as a university's inbound server would deliver it; mail to
anybody else is kept, so that it can be read.
"""

import asyncio
import threading
from argparse import Namespace
from collections.abc import Callable, Coroutine
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parseaddr
from typing import Any, Self, TypeVar

from aiosmtpd.smtp import SMTP
from proxyprotocol.reader import ProxyProtocolReader
from pymap.backend.dict import Config, Login
from pymap.backend.dict.filter import FilterSet
from pymap.backend.dict.mailbox import MailboxSet
from pymap.imap import IMAPServer
from pymap.parsing.message import AppendMessage
from pymap.user import Passwords, UserMetadata
from pysasl.hashing import Cleartext

LOOPBACK = "127.0.0.1"
#: the name under which this post office vouches for senders (RFC 8601)
AUTHSERV_ID = "mx.herts.example"
_PATIENCE_S = 30

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that the service sent: its one recipient and its RFC 5322 bytes."""

    recipient: str
    content: bytes


class PostOffice:
    """Both servers, in a thread with a loop of its own. Use as a context manager."""

    def __init__(self, address: str, password: str) -> None:
        """Serve one mailbox: `address` is its address and its login name."""
        self.address, self.password = address, password
        self.imap_port = self.smtp_port = 0
        #: what the service wrote to others, oldest first
        self.sent: list[Sent] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="post office", daemon=True)
        self._stack = ExitStack()
        self._servers: tuple[asyncio.AbstractServer, ...] = ()

    def __enter__(self) -> Self:
        """Start both servers."""
        self._thread.start()
        self._stack.callback(self._end_loop)
        self._stack.callback(lambda: self._wait_for(self._stop()))
        self._wait_for(self._start())
        return self

    def __exit__(self, *_error: object) -> None:
        """Stop both servers and throw everything away."""
        self._stack.close()

    def deliver(self, content: bytes, received_at: datetime) -> None:
        """Put a message into the mailbox as it stands; `received_at` becomes its INTERNALDATE."""
        self._wait_for(self._append(content, received_at))

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Take a message by SMTP: into the mailbox if it is for the service, else among what was sent."""
        for recipient in envelope.rcpt_tos:
            if recipient.lower() == self.address:
                now = datetime.now(UTC)
                await self._append(as_inbound(envelope.content, envelope.mail_from or "", now), now)
            else:
                self.sent.append(Sent(recipient, envelope.content))
        return "250 2.0.0 accepted"

    async def _append(self, content: bytes, received_at: datetime) -> None:
        inbox = await self._mailboxes.get_mailbox("INBOX")
        await inbox.append(AppendMessage(content, received_at))

    async def _start(self) -> None:
        self._mailboxes = MailboxSet()
        speak = ProxyProtocolReader(self._config().proxy_protocol)
        imap = await asyncio.start_server(speak.get_callback(await self._imap()), LOOPBACK, 0)
        smtp = await self._loop.create_server(lambda: SMTP(self), LOOPBACK, 0)
        self._servers = (imap, smtp)
        self.imap_port = imap.sockets[0].getsockname()[1]
        self.smtp_port = smtp.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        for server in self._servers:
            server.close()
        # Whoever is still connected is hung up on.
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _imap(self) -> Callable[..., Coroutine[Any, Any, None]]:
        config = self._config()
        config.set_cache[self.address] = (self._mailboxes, FilterSet())
        login = Login(config)
        password = await Passwords(config).hash_password(self.password)
        await login.demo_user_identity.set(UserMetadata(config, self.address, password=password))
        return IMAPServer(login, config)

    def _config(self) -> "_Config":
        arguments = Namespace(
            host=LOOPBACK,
            port=0,
            debug=False,
            cert=None,
            key=None,
            tls=False,
            passlib_cfg=None,
            proxy_protocol=None,
            demo_data=False,
            demo_user=self.address,
            demo_password=self.password,
        )
        # The password lives as long as this process: hashing it slowly would only slow each poll.
        return _Config.from_args(arguments, hash_context=Cleartext())

    def _wait_for(self, work: Coroutine[Any, Any, Value]) -> Value:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_PATIENCE_S)

    def _end_loop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_PATIENCE_S)
        self._loop.close()


class _Config(Config):
    @property
    def greeting(self) -> bytes:
        # pymap asks the name service for this machine's name, which can take long without a network.
        return b"Server ready " + LOOPBACK.encode()


def as_inbound(content: bytes, mail_from: str, now: datetime) -> bytes:
    """Give `content` the trace fields that a university's inbound server writes, and vouch for the sender's domain.

    Whatever claims to come from this server already is taken out (RFC 8601 section 5).
    """
    head, gap, body = content.replace(b"\r\n", b"\n").partition(b"\n\n")
    fields = [field for field in _fields(head.decode("utf-8", "replace")) if not _claims_to_be_ours(field)]
    known = {field.partition(":")[0].strip().lower(): field.partition(":")[2].strip() for field in fields}
    domain = parseaddr(known.get("from", ""))[1].rpartition("@")[2] or "unknown.example"
    verdict = "pass" if domain == mail_from.rpartition("@")[2] else "fail"
    trace = [
        f"Return-Path: <{mail_from}>",
        f"Authentication-Results: {AUTHSERV_ID};\n dmarc={verdict} header.from={domain};\n"
        f" spf={verdict} smtp.mailfrom={mail_from or domain}",
    ]
    if "date" not in known:
        trace.append(f"Date: {format_datetime(now)}")
    return with_crlf("\n".join([*trace, *fields]).encode() + (gap or b"\n\n") + body)


def with_crlf(content: bytes) -> bytes:
    """Let every line end as on the wire (RFC 5322 section 2.1)."""
    return content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _fields(head: str) -> list[str]:
    fields: list[str] = []
    for line in head.split("\n"):
        if line[:1] in (" ", "\t") and fields:
            fields[-1] += f"\n{line}"
        elif line:
            fields.append(line)
    return fields


def _claims_to_be_ours(field: str) -> bool:
    name, _, value = field.partition(":")
    results = name.strip().lower() == "authentication-results" and AUTHSERV_ID in value.lower()
    return results or name.strip().lower() == "return-path"
