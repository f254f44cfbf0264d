"""Mail in and out, through the command line alone: `poll`, `check` and `run` on servers that work, and that do not."""

import json
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.support import Site, dead_port
from tests.integration.conftest import background, need_dovecot, sink
from tests.integration.house import ORDINARY, QUESTION, URGENT, WITHDRAWAL, letter
from tests.support.dovecot import USER, Dovecot
from tests.support.sink import SmtpSink

pytestmark = pytest.mark.dovecot
__all__ = ["background", "sink"]

COUNTS = {"fetched", "noted", "processed", "shunted", "quarantined", "sent", "failed", "uncertain"}


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    need_dovecot()
    with Dovecot() as running:
        yield running


@pytest.fixture
def dovecot(server: Dovecot) -> Dovecot:
    """The running server, emptied."""
    with server.client() as client:
        for folder in ("INBOX", "Handled"):
            if client.folder_exists(folder):
                client.select_folder(folder)
                client.delete_messages(client.search())
                client.expunge()
    return server


@pytest.fixture
def site(tmp_path: Path, dovecot: Dovecot, sink: SmtpSink) -> Site:
    """An installation with two students, its mailbox and its SMTP server."""
    folder = tmp_path / "site"
    folder.mkdir()
    made = Site(folder)
    made.configure(dovecot.imap, sink.port)
    made.make_key()
    made.import_students()
    return made


def test_a_good_set_up_is_proved(site: Site) -> None:
    proved = site.document("check")
    assert proved["ok"] is True
    assert {one["name"] for one in proved["checks"]} >= {
        "key",
        "database",
        "mailbox",
        "smtp",
        "templates",
        "classifier",
    }
    assert all(one["ok"] is True and one["detail"] for one in proved["checks"])
    shown = site.done("check").splitlines()
    assert len(shown) == len(proved["checks"])
    assert all(line.startswith("ok") for line in shown)


def test_before_the_first_start_a_set_up_is_proved_and_nothing_is_created(site: Site) -> None:
    site.database.unlink()
    assert site.document("check")["ok"] is True
    assert not site.database.exists()


def test_each_failure_is_told_beside_what_holds(site: Site, dovecot: Dovecot) -> None:
    site.configure(dovecot.imap, dead_port(), password="wrong")
    site.key.unlink()
    finished = site.run("check", "--json")
    assert finished.returncode == 1
    told = json.loads(finished.stdout)
    assert told["ok"] is False
    failed = {one["name"]: one["detail"] for one in told["checks"] if not one["ok"]}
    assert set(failed) >= {"key", "mailbox", "smtp"}
    assert "keys new" in failed["key"]
    assert "login" in failed["mailbox"]
    assert {"templates", "classifier"} <= {one["name"] for one in told["checks"] if one["ok"]}
    assert finished.stderr.count("\n") == 1
    assert "mailbox" in finished.stderr


def test_whose_word_counts_for_nobody_is_said(site: Site) -> None:
    site.configuration.write_text(site.configuration.read_text().replace('["mx.herts.example"]', "[]"))
    told = {one["name"]: one["detail"] for one in site.document("check")["checks"]}
    assert "trusted_authserv_ids is empty" in told["mailbox"]


def test_a_missing_folder_fails_the_check(site: Site, dovecot: Dovecot, sink: SmtpSink) -> None:
    site.configure(dovecot.imap, sink.port, folder="Elsewhere")
    finished = site.run("check", "--json")
    assert finished.returncode == 1
    assert _failed(finished) == {"mailbox"}
    assert "Elsewhere" in finished.stdout


def test_a_pass_prints_one_document_and_no_words_of_letters(site: Site, dovecot: Dovecot, sink: SmtpSink) -> None:
    dovecot.deliver(letter(WITHDRAWAL))
    dovecot.deliver(letter(ORDINARY, number=2))
    finished = site.run("poll", "--json")
    assert finished.returncode == 0, finished.stderr
    assert len(finished.stdout.splitlines()) == 1
    done = json.loads(finished.stdout)
    assert set(done["counts"]) >= COUNTS
    assert (done["counts"]["fetched"], done["counts"]["processed"]) == (2, 2)
    assert sum(done["dispositions"].values()) == 2
    assert done["dispositions"]["apply"] == 1
    assert done["counts"]["sent"] == len(sink.received) == 1
    for message in done["messages"]:
        assert re.fullmatch(r"INBOX/\d+/\d+", message["source"])
        assert message["visible_text"] is None
        assert message["classification"]["evidence"] is None
        assert all(one["body"] is None for one in message["outgoing"])
    for word in ("withdraw my consent", "Amina", "appointment on Tuesday", "ab23xyz"):
        assert word not in finished.stderr
    assert "withdraw my consent" not in finished.stdout


def test_the_words_are_printed_on_request(site: Site, dovecot: Dovecot) -> None:
    dovecot.deliver(letter(WITHDRAWAL))
    (message,) = json.loads(site.done("poll", "--json", "--with-text"))["messages"]
    assert "withdraw my consent" in message["visible_text"]
    assert message["outgoing"][0]["body"]


def test_a_pass_with_nothing_new_counts_nothing(site: Site) -> None:
    done = site.document("poll")
    assert set(done["counts"].values()) == {0}
    assert done["messages"] == []
    assert done["dispositions"] == {}


def test_mail_from_before_the_start_is_only_noted(site: Site, dovecot: Dovecot, sink: SmtpSink) -> None:
    site.configure(dovecot.imap, sink.port, start="now")
    dovecot.deliver(letter(WITHDRAWAL))
    done = site.document("poll")
    assert (done["counts"]["noted"], done["counts"]["processed"]) == (1, 0)
    (arrival,) = site.rows("arrivals", "list", "--state", "noted")
    assert arrival["message_id"] is None
    assert sink.received == []


def test_a_mailbox_that_does_not_answer_fails_the_pass_but_prints_it(site: Site, sink: SmtpSink) -> None:
    site.configure(dead_port(), sink.port)
    finished = site.run("poll", "--json")
    assert finished.returncode == 1
    assert set(json.loads(finished.stdout)["counts"].values()) == {0}
    assert finished.stderr.splitlines()[-1].startswith("wellbeing-intake: the IMAP server")
    told = site.run("poll")
    assert told.stdout == "nothing done\n"
    assert "127.0.0.1:" in told.stderr
    assert "(connection refused)" in told.stderr


def test_a_wrong_password_is_tried_once(site: Site, dovecot: Dovecot, sink: SmtpSink) -> None:
    before = _refused_logins(dovecot)
    site.configure(dovecot.imap, sink.port, password="wrong")
    finished = site.run("poll", "--json")
    assert finished.returncode == 1
    assert json.loads(finished.stdout)["messages"] == []
    assert "mailbox.password" in finished.stderr.splitlines()[-1]
    assert "wrong" not in finished.stderr
    assert _refused_logins(dovecot) == before + 1


def test_what_cannot_be_sent_is_sent_by_a_later_pass(site: Site, dovecot: Dovecot, sink: SmtpSink) -> None:
    dovecot.deliver(letter(WITHDRAWAL))
    site.configure(dovecot.imap, dead_port())
    finished = site.run("poll", "--json")
    assert finished.returncode == 1
    counts = json.loads(finished.stdout)["counts"]
    assert (counts["processed"], counts["sent"]) == (1, 0)
    assert "SMTP" in finished.stderr.splitlines()[-1]
    assert [one["state"] for one in site.rows("outbox", "list")] == ["pending"]
    site.configure(dovecot.imap, sink.port)
    assert site.document("poll")["counts"]["sent"] == 1
    assert [one["state"] for one in site.rows("outbox", "list")] == ["sent"]
    (received,) = sink.received
    assert received.rcpt_tos == ("ab23xyz@student.herts.example",)
    assert received.mail_from == USER


def test_whatever_arrives_ends_in_a_visible_state(site: Site, dovecot: Dovecot) -> None:
    head = letter("", number=9).partition(b"MIME-Version")[0]
    hostile = [
        b"\r\n",
        head + b"\r\n",
        head + b"Content-Type: text/plain; charset=no-such-thing\r\n\r\n\xff\xfe\x81\x00 words",
        bytes(range(1, 256)) * 100,
        head + b"Content-Type: text/plain\r\n\r\n" + b"Please read all of this.\r\n" * 2_400_000,
        letter(ORDINARY, number=10),
    ]
    assert len(hostile[4]) > 60_000_000
    for content in hostile:
        dovecot.deliver(content)
    done = site.document("poll")
    assert done["counts"]["fetched"] == len(hostile)
    assert done["counts"]["shunted"] == done["counts"]["quarantined"] == 0
    arrivals = site.rows("arrivals", "list")
    assert len(arrivals) == len(hostile)
    assert {one["state"] for one in arrivals} == {"processed"}
    assert all(one["disposition"] for one in arrivals)
    defects = [message["defects"] for message in done["messages"]]
    assert any("oversize" in one for one in defects), defects


def test_the_service_ends_well_when_it_is_told_to(site: Site, dovecot: Dovecot, sink: SmtpSink) -> None:
    site.configure(dovecot.imap, sink.port, extra="[worker]\npoll_every_s = 0.3\nsend_every_s = 0.3\n")
    dovecot.deliver(letter(URGENT))
    dovecot.deliver(letter(QUESTION, number=2))
    for number, wanted in ((signal.SIGTERM, 2), (signal.SIGINT, 3)):
        with _running(site) as process:
            _until(lambda wanted=wanted: len(site.rows("arrivals", "list", "--state", "processed")) == wanted)
            process.send_signal(number)
            out, err = process.communicate(timeout=10)
        assert process.returncode == 0, err
        assert out == ""
        assert "alive tomorrow" not in err
        dovecot.deliver(letter(ORDINARY, number=3))
    assert any(one.rcpt_tos == ("duty@herts.example",) for one in sink.received)


def _running(site: Site) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        site.command("run"),
        cwd=site.folder,
        env=site.variables(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    )


def _until(holds: Any) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, "the service did not get there in a minute"
        time.sleep(0.2)


def _failed(finished: "subprocess.CompletedProcess[str]") -> set[str]:
    return {one["name"] for one in json.loads(finished.stdout)["checks"] if not one["ok"]}


def _refused_logins(dovecot: Dovecot) -> int:
    log = (dovecot.folder / "dovecot.log").read_text(errors="replace")
    return sum(int(number) for number in re.findall(r"auth failed, (\d+) attempts", log))
