"""A real SMTP server (aiosmtpd) that keeps what it gets, and refuses what it is told to."""

import asyncio
import hmac
import ssl
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from tests.support.network import LOOPBACK, BackgroundLoop, free_port


@dataclass(frozen=True, slots=True)
class Received:
    """One message with its envelope."""

    mail_from: str
    rcpt_tos: tuple[str, ...]
    content: bytes
    over_tls: bool
    login: str | None

    @property
    def message(self) -> EmailMessage:
        """The message, parsed."""
        return message_from_bytes(self.content, policy=policy.default)


@dataclass(slots=True)
class Rule:
    """What is done at a `stage` (mail, rcpt, data): an answer such as `451 4.3.0 later`, or a way to give none.

    `drop` hangs up, `stall` says nothing for ever, `drip` says it byte by byte without an end. At `data` the message is
    not stored, unless `store_` stands before them.
    """

    stage: str
    action: str
    times: int = 1


class SmtpSink:
    """Listens on `port` (STARTTLS and login offered, neither required)."""

    def __init__(
        self,
        background: BackgroundLoop,
        user: str,
        password: str,
        tls: ssl.SSLContext | None = None,
        saved: Callable[[bytes], None] = lambda _content: None,
    ) -> None:
        """Start listening; each message that is stored is given to `saved`, as a provider saves what it sends."""
        self.saved = saved
        #: how often each rule was applied, by stage and action
        self.thrown: Counter[tuple[str, str]] = Counter()
        self._background, self._user, self._password, self._tls = background, user, password, tls
        self.port = free_port()
        self.received: list[Received] = []
        self.rules: list[Rule] = []
        self._lock = threading.Lock()
        self._server = background.call(self._start())

    def stop(self) -> None:
        """Stop listening."""
        self._background.loop.call_soon_threadsafe(self._server.close)

    async def _start(self) -> Any:
        def protocol() -> SMTP:
            return SMTP(
                self,
                hostname="sink.example",
                tls_context=self._tls,
                authenticator=self._authenticate,
                auth_require_tls=False,
                enable_SMTPUTF8=True,
            )

        return await self._background.loop.create_server(protocol, LOOPBACK, self.port)

    def _authenticate(self, _server: Any, session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        good = isinstance(data, LoginPassword) and hmac.compare_digest(
            data.login + b"\x00" + data.password, f"{self._user}\x00{self._password}".encode()
        )
        session.login_name = self._user if good else None
        return AuthResult(success=good, handled=False)

    def _rule(self, stage: str) -> str | None:
        for rule in self.rules:
            if rule.stage == stage:
                rule.times -= 1
                if rule.times <= 0:
                    self.rules.remove(rule)
                self.thrown[rule.stage, rule.action] += 1
                return rule.action
        return None

    async def handle_MAIL(self, server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        """Answer MAIL."""
        if action := self._rule("mail"):
            return await _answered(server, action)
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        """Answer RCPT."""
        if action := self._rule("rcpt"):
            return await _answered(server, action)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """Answer DATA."""
        action = self._rule("data")
        if action and not action.startswith("store_"):
            return await _answered(server, action)
        with self._lock:
            self.received.append(
                Received(
                    envelope.mail_from or "",
                    tuple(envelope.rcpt_tos),
                    bytes(envelope.original_content or envelope.content),
                    session.ssl is not None,
                    getattr(session, "login_name", None),
                )
            )
        self.saved(self.received[-1].content)
        return await _answered(server, action.removeprefix("store_")) if action else "250 2.0.0 queued"


async def _answered(server: Any, action: str) -> str:
    # Whoever waits in vain hangs up, and aiosmtpd then ends what runs here.
    while action in ("stall", "drip"):
        if action == "drip":
            server.transport.write(b"2")
        await asyncio.sleep(0.1)
    if action == "drop":
        server.transport.abort()
        return "421 4.3.2 dropped"
    return action
