"""The promise, through the command line: every message once, whatever kills the process in between."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import background, dovecot, sink
from tests.integration.house import ORDINARY, QUESTION, URGENT, WITHDRAWAL, letter
from tests.support.dovecot import PASSWORD, USER, Dovecot
from tests.support.sink import SmtpSink

pytestmark = pytest.mark.dovecot
__all__ = ["background", "dovecot", "sink"]

CONFIGURATION = """
[service]
name = "Student Wellbeing"
organisation = "University of Hertfordshire"
address = "{user}"
duty_address = "duty@herts.example"
mode = "automatic"
[mailbox]
host = "127.0.0.1"
port = {imap}
security = "none"
username = "{user}"
password = "{password}"
start = "all"
trusted_authserv_ids = ["mx.herts.example"]
[smtp]
host = "127.0.0.1"
port = {smtp}
security = "none"
auth = "none"
[encryption]
key_file = "key"
[replies]
per_person_a_day = 100000
all_an_hour = 100000
[worker]
poll_every_s = 0.2
send_every_s = 0.2
attempts = 1000
"""


@dataclass(frozen=True, slots=True)
class Site:
    """One installation in a folder of its own."""

    folder: Path

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "intake", "--config", str(self.folder / "wellbeing-intake.toml"), *arguments]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self.command(*arguments), capture_output=True, text=True, timeout=280, check=False)

    def document(self, *arguments: str) -> Any:
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr[-2000:]
        return json.loads(done.stdout)

    def rows(self, *arguments: str) -> list[dict[str, Any]]:
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr[-2000:]
        return [json.loads(line) for line in done.stdout.splitlines()]


def site(folder: Path, dovecot: Dovecot, sink: SmtpSink, students: int) -> Site:
    """Set an installation up as an operator would."""
    folder.mkdir()
    made = Site(folder)
    (folder / "wellbeing-intake.toml").write_text(
        CONFIGURATION.format(user=USER, password=PASSWORD, imap=dovecot.imap, smtp=sink.port)
    )
    assert made.run("keys", "new", str(folder / "key")).returncode == 0
    lines = ["student_id,first_name,last_name,email"]
    lines += [f"{20000000 + n},Robin{n},Fen{n},s{n}@student.herts.example" for n in range(students)]
    (folder / "students.csv").write_text("\n".join(lines))
    assert made.document("students", "import", str(folder / "students.csv"))["added"] == students
    return made


def letters(count: int) -> list[bytes]:
    """A mailbox of many kinds, each from a student of its own."""
    bodies = (WITHDRAWAL, ORDINARY, QUESTION, ORDINARY, URGENT, ORDINARY, ORDINARY, WITHDRAWAL, QUESTION, ORDINARY)
    plain = [body.replace("Amina Okafor\n23529452\n", "").replace("Amina\n", "") for body in bodies]
    return [letter(plain[n % len(plain)], number=n, sender=f"s{n}@student.herts.example") for n in range(count)]


def test_a_thousand_messages_are_taken_in_exactly_once_twice_in_a_row(
    tmp_path: Path, dovecot: Dovecot, sink: SmtpSink
) -> None:
    made = site(tmp_path / "site", dovecot, sink, 1000)
    for content in letters(1000):
        dovecot.deliver(content)
    first, second = made.document("poll"), made.document("poll")
    assert (first["counts"]["fetched"], first["counts"]["processed"]) == (1000, 1000)
    assert len(first["messages"]) == len({one["source"] for one in first["messages"]}) == 1000
    assert set(second["counts"].values()) == {0}
    arrivals = made.rows("arrivals", "list")
    assert len(arrivals) == len({one["message_id"] for one in arrivals}) == 1000
    assert {one["state"] for one in arrivals} == {"processed"}
    assert len(dovecot.messages()) + len(dovecot.messages("Handled")) == 1000
    outgoing = made.rows("outbox", "list")
    assert Counter(one["state"] for one in outgoing) == {"sent": len(sink.received)}
    assert len({one.message["Message-ID"] for one in sink.received}) == len(sink.received)
    assert made.document("audit", "verify")["ok"]


def test_killed_again_and_again_it_ends_in_the_same_state(tmp_path: Path, dovecot: Dovecot, sink: SmtpSink) -> None:
    count = 60
    made = site(tmp_path / "site", dovecot, sink, count)
    for content in letters(count):
        dovecot.deliver(content)
    kills = _kill_until_done(made, count)
    assert kills >= 3
    for _ in range(2):
        assert made.run("poll").returncode == 0
    arrivals = made.rows("arrivals", "list")
    assert len(arrivals) == count
    assert Counter(one["state"] for one in arrivals) == {"processed": count}
    assert len(dovecot.messages()) + len(dovecot.messages("Handled")) == count
    _each_change_once(made)
    outgoing = made.rows("outbox", "list")
    states = Counter(one["state"] for one in outgoing)
    assert set(states) <= {"sent", "uncertain"}
    got = Counter(str(one.message["Message-ID"]) for one in sink.received)
    assert set(got.values()) == {1}
    assert {one["message_id"] for one in outgoing if one["state"] == "sent"} <= set(got)
    assert set(got) <= {one["message_id"] for one in outgoing}
    assert made.document("audit", "verify")["ok"]
    _as_an_unbroken_run(made, arrivals)


def _kill_until_done(made: Site, count: int) -> int:
    """Start the service and kill it a little later each time, until it has worked everything."""
    kills, delay = 0, 2.0
    deadline = time.monotonic() + 200
    while time.monotonic() < deadline:
        with (made.folder / "log").open("ab") as log:
            process = subprocess.Popen(made.command("run"), stdout=log, stderr=log, start_new_session=True)
        time.sleep(delay)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        kills += 1
        # Enough to start and to work some more, a different place in the river each time.
        delay = 1.7 + (kills * 0.37) % 1.9
        worked = [one for one in made.rows("arrivals", "list") if one["state"] == "processed"]
        if len(worked) == count and kills >= 3:
            return kills
    raise AssertionError(f"not done after {kills} kills")


def _each_change_once(made: Site) -> None:
    for row in made.rows("consent", "export"):
        history = made.document("consent", "show", row["student_id"])["history"]
        changes = [(event["purpose"], event["event"]) for event in history]
        assert len(changes) == len(set(changes))


def _as_an_unbroken_run(made: Site, arrivals: list[dict[str, Any]]) -> None:
    """What `replay` says of each letter by itself is what became of it."""
    expected = Counter()  # type: Counter[str]
    folder = made.folder / "letters"
    folder.mkdir()
    for number, content in enumerate(letters(len(arrivals))):
        (folder / f"{number:04}.eml").write_bytes(content)
    for result in made.rows("replay", str(folder)):
        expected[result["decision"]["disposition"]] += 1
    assert Counter(one["disposition"] for one in arrivals) == expected
