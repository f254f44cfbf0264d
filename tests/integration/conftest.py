"""Real servers for integration and acceptance tests."""

import os
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from intake import settings
from tests.support.dovecot import PASSWORD, USER, Dovecot, dovecot_program, write_certificate
from tests.support.faults import FaultProxy
from tests.support.network import LOOPBACK, BackgroundLoop
from tests.support.sink import SmtpSink


def need_dovecot() -> None:
    """Skip where Dovecot is not installed; in CI nothing may be missing."""
    if dovecot_program() is None:
        if os.environ.get("CI"):
            pytest.fail("dovecot is not installed, and in CI nothing may be missing")
        pytest.skip("dovecot is not installed (apt-get install dovecot-imapd)")


@pytest.fixture
def background() -> Iterator[BackgroundLoop]:
    """An event loop in a thread."""
    loop = BackgroundLoop()
    yield loop
    loop.stop()


@pytest.fixture
def dovecot() -> Iterator[Dovecot]:
    """A fresh Dovecot with an empty INBOX."""
    need_dovecot()
    with Dovecot() as server:
        yield server


@pytest.fixture
def proxy(background: BackgroundLoop, dovecot: Dovecot) -> Iterator[FaultProxy]:
    """A proxy in front of Dovecot's clear-text port."""
    server = FaultProxy(background, dovecot.imap)
    yield server
    server.stop()


@pytest.fixture
def sink(background: BackgroundLoop, tmp_path: Path) -> Iterator[SmtpSink]:
    """An SMTP server that keeps what it gets; STARTTLS and login offered."""
    (tmp_path / "tls").mkdir()
    write_certificate(tmp_path / "tls")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "tls" / "cert.pem", tmp_path / "tls" / "key.pem")
    server = SmtpSink(background, USER, PASSWORD, context)
    yield server
    server.stop()


@pytest.fixture
def smtp_ca_file(tmp_path: Path, sink: SmtpSink) -> Path:
    """The certificate that vouches for the SMTP server."""
    assert sink.port
    return tmp_path / "tls" / "cert.pem"


def mailbox_settings(port: int, **changes: object) -> settings.Mailbox:
    """Settings for a mailbox on loopback, in clear."""
    values = {
        "host": LOOPBACK,
        "port": port,
        "security": "none",
        "username": USER,
        "password": PASSWORD,
        "timeout_s": 5,
        "start": "all",
        "trusted_authserv_ids": ["mx.herts.example"],
        **changes,
    }
    return settings.Mailbox.model_validate(values)


def smtp_settings(port: int, **changes: object) -> settings.Smtp:
    """Settings for an SMTP server on loopback, in clear."""
    values = {"host": LOOPBACK, "port": port, "security": "none", "auth": "none", "timeout_s": 5, **changes}
    return settings.Smtp.model_validate(values)


def whole_settings(
    mailbox: settings.Mailbox, smtp: settings.Smtp, folder: Path, **service: object
) -> settings.Settings:
    """A whole configuration around a mailbox and an SMTP server."""
    return settings.Settings.model_validate(
        {
            "service": {
                "name": "Student Wellbeing",
                "organisation": "University of Hertfordshire",
                "address": USER,
                "duty_address": "duty@herts.example",
                "mode": "automatic",
                **service,
            },
            "mailbox": mailbox,
            "smtp": smtp,
            "database": {"url": f"sqlite:///{folder}/test.db"},
            "encryption": {"key_file": folder / "key"},
        }
    )
