"""Reconciling, backing up, restoring and the canary, through the command line; and a service whose disk is full."""

import json
import resource
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.support import Site, dead_port
from tests.integration.conftest import background, dovecot, sink
from tests.integration.house import ORDINARY, WITHDRAWAL, letter
from tests.support.dovecot import Dovecot
from tests.support.sink import SmtpSink

__all__ = ["background", "dovecot", "sink"]
BEN = "bw21abc@student.herts.example"
_BENS = WITHDRAWAL.replace("Amina Okafor\n23529452\n", "")
_QUICK = "[worker]\npoll_every_s = 0.2\nsend_every_s = 0.2\n"


@pytest.fixture
def site(tmp_path: Path, dovecot: Dovecot, sink: SmtpSink) -> Site:
    """An installation with two students, in front of a mailbox and an SMTP server."""
    made = Site(tmp_path)
    made.configure(dovecot.imap, sink.port, extra=_QUICK)
    made.make_key()
    made.import_students()
    return made


@pytest.mark.dovecot
def test_reconcile_counts_every_message_and_names_by_place_what_is_not_in_the_ledger(
    site: Site, dovecot: Dovecot
) -> None:
    dovecot.deliver(letter(WITHDRAWAL, number=1))
    dovecot.deliver(letter(ORDINARY, number=2))
    site.done("poll")
    assert site.done("reconcile").strip() == "2 on server, 2 accounted for"
    dovecot.deliver(letter(ORDINARY, number=3))
    finished = site.run("reconcile", "--json")
    assert finished.returncode == 1
    assert finished.stderr.splitlines() == ["wellbeing-intake: 1 messages are not accounted for"]
    found = json.loads(finished.stdout)
    assert (found["on_server"], found["accounted_for"]) == (3, 2)
    assert found["folders"] == {"INBOX": 2, "Handled": 1}
    (one,) = found["unaccounted"]
    assert (one["folder"], one["uid"], one["why"]) == ("INBOX", 3, "not_taken_in_yet")
    site.done("poll")
    assert site.document("reconcile")["unaccounted"] == []


def test_reconcile_without_a_mailbox_or_a_database_says_so(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.configure(dead_port(), dead_port())
    site.make_key()
    assert "nothing was imported or received yet" in site.refusal(1, "reconcile")
    site.import_students()
    assert "IMAP server" in site.refusal(1, "reconcile")


@pytest.mark.dovecot
def test_a_backup_is_put_back_and_nobody_is_answered_twice(site: Site, dovecot: Dovecot, sink: SmtpSink) -> None:
    dovecot.deliver(letter(WITHDRAWAL, number=1))
    site.done("poll")
    site.done("db", "backup", "copy.db")
    dovecot.deliver(letter(_BENS, number=2, sender=BEN))
    site.done("poll")
    assert len(sink.received) == 2
    for name in site.folder.glob("wellbeing-intake.db*"):
        name.unlink()
    (site.folder / "copy.db").rename(site.database)
    done = site.document("poll")
    assert (done["counts"]["processed"], done["counts"]["sent"]) == (1, 0)
    assert len(sink.received) == 2
    assert {one["event"] for one in site.document("consent", "show", "21884410")["history"]} == {"withdrawn"}
    assert [one["reason"] for one in site.rows("outbox", "list")] == ["allowed", "restored"]
    assert site.document("reconcile")["accounted_for"] == 2


def test_backups_that_cannot_be_made_say_what_to_do(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.configure(1, 1)
    site.make_key()
    assert "not there" in site.refusal(1, "db", "backup", "copy.db")
    assert "not there" in site.refusal(1, "db", "restored")
    site.import_students()
    assert "itself" in site.refusal(2, "db", "backup", "wellbeing-intake.db")
    assert "not there" in site.refusal(2, "db", "backup", "nowhere/copy.db")
    elsewhere = Site(tmp_path, {"WELLBEING_INTAKE__DATABASE__URL": "postgresql+psycopg://x@/y"})
    assert "pg_dump" in elsewhere.refusal(2, "db", "backup", "copy.db")
    site.done("db", "backup", "copy.db")
    site.done("db", "backup", "copy.db")
    assert sorted(one.name for one in tmp_path.glob("copy*")) == ["copy.db"]


def test_a_restore_by_other_tools_is_told_with_a_command(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.configure(1, 1)
    site.make_key()
    site.import_students()
    site.done("db", "restored")
    with sqlite3.connect(site.database) as connection:
        assert connection.execute("SELECT count(*) FROM facts WHERE name = 'copied'").fetchone() == (1,)
    connection.close()


@pytest.mark.dovecot
def test_a_canary_comes_by_while_the_service_runs_and_is_missed_where_it_does_not(
    site: Site, dovecot: Dovecot, sink: SmtpSink
) -> None:
    finished = site.run("canary", "--wait", "0", "--json")
    assert finished.returncode == 1
    assert json.loads(finished.stdout)["ok"] is False
    assert "did not come by" in finished.stderr
    # From here on the SMTP server delivers into the mailbox, as a real one would.
    sink.saved = dovecot.deliver
    process = _started(site)
    try:
        found = site.document("canary", "--wait", "60")
        assert found["ok"] is True
        assert found["after_s"] >= 0
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert site.rows("cases", "list") == []
    assert [one["disposition"] for one in site.rows("arrivals", "list")] == ["ignore"]


@pytest.mark.dovecot
def test_a_service_whose_disk_is_full_says_so_and_goes_on_by_itself_when_there_is_room(
    site: Site, dovecot: Dovecot, sink: SmtpSink
) -> None:
    process = _started(site)
    log = site.folder / "log"
    try:
        dovecot.deliver(letter(WITHDRAWAL, number=1))
        _until(lambda: "delivery settled" in log.read_text(errors="replace"), process, log)
        assert len(sink.received) == 1
        # No file of the process may grow beyond what the log has and the database had: as on a full disk.
        limits = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
        room = log.stat().st_size + 20_000
        assert room < site.database.stat().st_size
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (room, limits[1]))
        dovecot.deliver(letter(_BENS + "." * 300_000, number=2, sender=BEN))
        _until(lambda: "DatabaseUnavailable" in log.read_text(errors="replace"), process, log)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, limits)
        _until(lambda: log.read_text(errors="replace").count("delivery settled") == 2, process, log)
        assert len(sink.received) == 2
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert [one["state"] for one in site.rows("arrivals", "list")] == ["processed", "processed"]
    assert [one["state"] for one in site.rows("outbox", "list")] == ["sent", "sent"]
    assert site.document("reconcile")["unaccounted"] == []


def _started(site: Site) -> subprocess.Popen[bytes]:
    with (site.folder / "log").open("wb") as written:
        process = subprocess.Popen(
            site.command("run"), cwd=site.folder, env=site.variables(), stdout=written, stderr=written
        )
    _until(lambda: "running" in (site.folder / "log").read_text(errors="replace"), process, site.folder / "log")
    return process


def _until(state: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while not state():
        assert process.poll() is None, log.read_text(errors="replace")[-2000:]
        assert time.monotonic() < deadline, log.read_text(errors="replace")[-2000:]
        time.sleep(0.05)
