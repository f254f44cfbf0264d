"""The service as a process: woken by new mail, patient with servers that fail, alarmed once, stopped in time."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from intake.store import facts, open_store
from tests.acceptance.support import Site
from tests.integration.house import ORDINARY, URGENT, WITHDRAWAL, letter
from tests.integration.test_mailbox import until
from tests.support.dovecot import USER, Dovecot
from tests.support.faults import Fault, FaultProxy, Mode
from tests.support.network import BackgroundLoop
from tests.support.sink import SmtpSink

pytestmark = pytest.mark.dovecot


class Service:
    """`wellbeing-intake run`, and what it logs."""

    def __init__(self, site: Site) -> None:
        self._log = site.folder / "log"
        with self._log.open("ab") as written:
            self.process = subprocess.Popen(
                site.command("run"), cwd=site.folder, env=site.variables(), stdout=written, stderr=written
            )

    def said(self, words: str) -> int:
        assert self.process.poll() is None, self._log.read_text()[-2000:]
        return self.log().count(words)

    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def stop(self) -> int:
        """Stop it; the contract gives it ten seconds."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(10)


@contextmanager
def running(site: Site) -> Iterator[Service]:
    service = Service(site)
    try:
        yield service
        assert service.stop() == 0
    finally:
        service.process.kill()
        service.process.wait()


def made(folder: Path, imap: int, smtp: int, *, poll_every_s: float, extra: str = "", **mailbox: str | int) -> Site:
    site = Site(folder)
    site.configure(imap, smtp, extra=f"[worker]\npoll_every_s = {poll_every_s}\nsend_every_s = 0.2\n{extra}", **mailbox)
    site.make_key()
    site.import_students()
    return site


def alarm(site: Site) -> str | None:
    store = open_store(f"sqlite:///{site.database}")
    with store.reading() as session:
        found = facts.get(session, "alarm poll")
    store.close()
    return None if found is None else found.text


def test_new_mail_is_worked_at_once_however_rarely_the_mailbox_is_polled(
    tmp_path: Path, dovecot: Dovecot, sink: SmtpSink
) -> None:
    site = made(tmp_path, dovecot.imap, sink.port, poll_every_s=3600)
    with running(site) as service:
        until(lambda: service.said("running"))
        for number in range(1, 3):
            dovecot.deliver(letter(WITHDRAWAL if number == 1 else ORDINARY, number=number))
            until(lambda number=number: service.said("arrival decided") == number)  # type: ignore[misc]
        # What is handled is moved, and what was written is sent, without waiting for the next poll either.
        until(lambda: len(dovecot.messages("Handled")) == 1)
        until(lambda: len(sink.received) == 1)
        assert service.stop() == 0
        # Its own end is no failure of the waiting.
        assert "broken off" not in service.log()


def test_without_idle_polling_goes_on_alone(tmp_path: Path, sink: SmtpSink) -> None:
    with Dovecot(capability="IMAP4rev1 UIDPLUS MOVE") as server:
        site = made(tmp_path, server.imap, sink.port, poll_every_s=0.3)
        with running(site) as service:
            until(lambda: service.said("no IDLE"))
            server.deliver(letter(ORDINARY))
            until(lambda: service.said("arrival decided"))


def test_a_server_that_went_away_is_found_again_and_nothing_is_lost(
    tmp_path: Path, dovecot: Dovecot, sink: SmtpSink
) -> None:
    site = made(tmp_path, dovecot.imap, sink.port, poll_every_s=0.3)
    with running(site) as service:
        dovecot.deliver(letter(ORDINARY, number=1))
        until(lambda: service.said("arrival decided") == 1)
        dovecot.stop()
        until(lambda: alarm(site) == "MailboxUnavailable")
        dovecot.start()
        dovecot.deliver(letter(ORDINARY, number=2))
        until(lambda: service.said("arrival decided") == 2)
        until(lambda: alarm(site) is None)
        assert (service.said("[error    ] alarm"), service.said("alarm ended")) == (1, 1)
    assert len(site.rows("arrivals", "list")) == 2


def test_a_wrong_password_is_tried_once_and_alarmed_once_across_restarts(
    tmp_path: Path, dovecot: Dovecot, sink: SmtpSink
) -> None:
    site = made(tmp_path, dovecot.imap, sink.port, poll_every_s=0.2, password="wrong")
    for _ in range(2):
        with running(site) as service:
            before = service.said("backing off")
            until(lambda before=before, service=service: service.said("backing off") > before)  # type: ignore[misc]
    assert service.log().count("[error    ] alarm") == 1
    assert alarm(site) == "MailboxRefused"
    assert (dovecot.folder / "dovecot.log").read_text().count("auth failed, 1 attempts") == 2
    site.configure(dovecot.imap, sink.port, extra="[worker]\npoll_every_s = 0.2\n")
    with running(site) as service:
        until(lambda: service.said("alarm ended") == 1)
        assert alarm(site) is None


def test_letters_are_read_on_while_the_smtp_server_refuses_the_login_for_an_alert(
    tmp_path: Path, dovecot: Dovecot, sink: SmtpSink
) -> None:
    site = made(tmp_path, dovecot.imap, sink.port, poll_every_s=0.2)
    wrong = {"AUTH": "password", "USERNAME": USER, "PASSWORD": "expired"}
    site = replace(site, environment={f"WELLBEING_INTAKE__SMTP__{key}": value for key, value in wrong.items()})
    with running(site) as service:
        dovecot.deliver(letter(URGENT, number=1))
        until(lambda: service.said("arrival decided") == 1)
        until(lambda: service.said("SmtpRefused"))
        dovecot.deliver(letter(ORDINARY, number=2))
        until(lambda: service.said("arrival decided") == 2)
        until(lambda: service.said("[error    ] alarm") == 1)
    # With the right password the alert goes out.
    site = replace(site, environment={})
    with running(site):
        until(lambda: len(sink.received) == 1)


@pytest.mark.parametrize("silent_before", [True, False], ids=["connecting", "fetching"])
def test_it_stops_in_time_while_the_server_is_silent(
    tmp_path: Path, dovecot: Dovecot, proxy: FaultProxy, sink: SmtpSink, *, silent_before: bool
) -> None:
    fault = Fault(Mode.BLACKHOLE) if silent_before else Fault(Mode.SWALLOW, match="UID FETCH")
    dovecot.deliver(letter(ORDINARY))
    site = made(tmp_path, proxy.port, sink.port, poll_every_s=60, timeout_s=300)
    proxy.fault = fault
    with running(site) as service:
        until(lambda: proxy.hits)
        assert service.stop() == 0
        assert "stopped" in service.log()
    proxy.fault = Fault()
    assert site.document("poll")["counts"]["processed"] == 1


def test_it_stops_in_time_while_the_smtp_server_is_silent(
    tmp_path: Path, dovecot: Dovecot, background: BackgroundLoop, sink: SmtpSink
) -> None:
    silent = FaultProxy(background, sink.port)
    silent.fault = Fault(Mode.BLACKHOLE)
    dovecot.deliver(letter(WITHDRAWAL))
    site = made(tmp_path, dovecot.imap, silent.port, poll_every_s=60)
    site = replace(site, environment={"WELLBEING_INTAKE__SMTP__TIMEOUT_S": "300"})
    with running(site):
        until(lambda: silent.hits)
    silent.fault = Fault()
    # The worker did not come back from it: its claim ends with it.
    assert site.document("poll")["counts"]["sent"] == 1
    silent.stop()


def test_check_says_how_old_the_last_completed_poll_is(tmp_path: Path, dovecot: Dovecot, sink: SmtpSink) -> None:
    site = made(tmp_path, dovecot.imap, sink.port, poll_every_s=60)
    assert "no poll of this mailbox was completed yet" in site.done("check")
    site.done("poll")
    assert "seconds ago" in site.done("check")
