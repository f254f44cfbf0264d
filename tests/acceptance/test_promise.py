"""The promise, through the command line: every message once, whatever kills the process in between."""

import os
import random
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.support import Site
from tests.integration.conftest import background, dovecot, sink
from tests.integration.house import ORDINARY, QUESTION, URGENT, WITHDRAWAL, letter
from tests.support.dovecot import Dovecot
from tests.support.sink import SmtpSink

pytestmark = pytest.mark.dovecot
__all__ = ["background", "dovecot", "sink"]

_NO_CAPS = """
[replies]
per_person_a_day = 100000
all_an_hour = 100000
[worker]
poll_every_s = 0.2
send_every_s = 0.2
attempts = 1000
"""


def site(folder: Path, dovecot: Dovecot, sink: SmtpSink, students: int) -> Site:
    """Set an installation up as an operator would."""
    folder.mkdir()
    made = Site(folder)
    made.configure(dovecot.imap, sink.port, extra=_NO_CAPS)
    made.make_key()
    lines = ["student_id,first_name,last_name,email"]
    lines += [f"{20000000 + n},Robin{n},Fen{n},s{n}@student.herts.example" for n in range(students)]
    (folder / "students.csv").write_text("\n".join(lines))
    assert made.document("students", "import", "students.csv")["added"] == students
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
    assert _killed_until_done(made, count) >= 3
    for _ in range(2):
        made.done("poll")
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


def _killed_until_done(made: Site, count: int) -> int:
    """Start the service and kill it after a few more steps of work, again and again; give how often it was killed."""
    steps = random.Random(7)  # places differ from run to run all the same: the kill lands where the process then is
    logs = made.folder / "logs"
    logs.mkdir()
    for kills in range(1, 40):
        log = logs / str(kills)
        with log.open("wb") as written:
            process = subprocess.Popen(
                made.command("run"),
                cwd=made.folder,
                env=made.variables(),
                stdout=written,
                stderr=written,
                start_new_session=True,
            )
        wanted = steps.randint(2, 30)
        deadline = time.monotonic() + 30
        while _steps(log) < wanted and time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.003)
            # Nothing more to do: this kill comes in idleness.
            if _worked(logs) >= count and _steps(log) >= 1:
                break
        time.sleep(steps.random() * 0.05)
        os.killpg(process.pid, signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL, log.read_text()[-2000:]
        if len(made.rows("arrivals", "list", "--state", "processed")) == count:
            return kills
    raise AssertionError("not done after 40 kills")


def _steps(log: Path) -> int:
    """Count the lines that tell of something taken in, decided or sent."""
    text = log.read_text(errors="replace")
    return text.count("received") + text.count("arrival decided") + text.count("delivery settled")


def _worked(logs: Path) -> int:
    return sum(log.read_text(errors="replace").count("arrival decided") for log in logs.iterdir())


def _each_change_once(made: Site) -> None:
    for row in made.rows("consent", "export"):
        history = made.document("consent", "show", row["student_id"])["history"]
        changes = [(event["purpose"], event["event"]) for event in history]
        assert len(changes) == len(set(changes))


def _as_an_unbroken_run(made: Site, arrivals: list[dict[str, Any]]) -> None:
    """What `replay` says of each letter by itself is what became of it."""
    folder = made.folder / "letters"
    folder.mkdir()
    for number, content in enumerate(letters(len(arrivals))):
        (folder / f"{number:04}.eml").write_bytes(content)
    expected = Counter(result["decision"]["disposition"] for result in made.rows("replay", "letters"))
    assert Counter(one["disposition"] for one in arrivals) == expected
