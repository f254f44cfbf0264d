"""Measure a mailbox of 200,000 messages: the first start, one new letter, an account of all, a new UIDVALIDITY."""

import os
import subprocess
import tempfile
import time
from pathlib import Path

from tests.acceptance.support import Site
from tests.integration.house import ORDINARY, letter
from tests.support.dovecot import PASSWORD, USER, Dovecot
from tests.support.network import BackgroundLoop
from tests.support.sink import SmtpSink


def main(messages: int = 200_000) -> None:
    """Fill a real Dovecot, and run the commands an operator would run."""
    background = BackgroundLoop()
    sink = SmtpSink(background, USER, PASSWORD)
    try:
        with Dovecot() as server, tempfile.TemporaryDirectory(prefix="mailbox-") as folder:
            for number in range(messages):
                server.deliver(_old(number), received=_MONTH_AGO + number)
            with server.client() as client:  # Dovecot's own first look at the files is not ours
                print(f"{client.select_folder('INBOX')[b'EXISTS']:,} messages in the mailbox")
            site = Site(Path(folder))
            site.configure(server.imap, sink.port, start="now")
            site.make_key()
            site.import_students()
            _shown("first start (all are noted)", site, "poll")
            for number in range(messages, messages + 3):
                server.deliver(letter(ORDINARY, number=number))
                _shown("one new letter", site, "poll")
            _shown("reconcile", site, "reconcile")
            server.change_uidvalidity()
            _shown("new UIDVALIDITY", site, "poll")
            _shown("reconcile", site, "reconcile")
    finally:
        sink.stop()
        background.stop()


_MONTH_AGO = time.time() - 30 * 24 * 3600


def _old(number: int) -> bytes:
    return (
        f"From: s{number}@student.herts.example\r\nTo: {USER}\r\nSubject: {number}\r\n"
        f"Date: Mon, 02 Nov 2026 10:00:00 +0000\r\nMessage-ID: <{number}@old.example>\r\n\r\nHello {number}\r\n"
    ).encode()


def _shown(what: str, site: Site, *command: str) -> None:
    """Run a command; print its seconds and peak memory (Linux gives KiB)."""
    began = time.perf_counter()
    process = subprocess.Popen(
        site.command(*command), cwd=site.folder, env=site.variables(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdout is not None
    said = process.stdout.read().decode().strip().splitlines()
    _pid, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    last = said[-1] if said else ""
    failed = "" if status == 0 else f", exit status {os.waitstatus_to_exitcode(status)}"
    print(f"{what:<28} {seconds:6.1f} s, {used.ru_maxrss / 1024:5.0f} MiB at most{failed}: {last[:100]}", flush=True)
