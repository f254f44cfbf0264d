"""The demo, through the command line only."""

import os
import re
import signal
import smtplib
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, Queue

import pytest

from intake.demo.letters import sample_letters
from intake.vocabulary import Disposition
from tests.support.console import Client

PATIENCE_S = 120


def demo(*arguments: str, folder: Path) -> "subprocess.Popen[str]":
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8", "COLUMNS": "100"}
    return subprocess.Popen(
        [sys.executable, "-m", "intake", "demo", *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("anywhere")
    with demo("--once", folder=folder) as process:
        out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, out + err
    assert err == ""
    assert list(folder.iterdir()) == [], "the demo left something behind"
    return out


def became(page: str) -> dict[str, str]:
    """Read each letter's title and the disposition under which it stands."""
    found, disposition = {}, ""
    for line in page.splitlines():
        group = re.match(r"  ([A-Z_]+)  \w", line)
        if group:
            disposition = group[1].lower()
        elif re.match(r"  \S", line) and disposition:
            found[line[2:34].strip()] = disposition
    return found


def test_every_letter_becomes_what_it_may_become(page: str) -> None:
    found = became(page)
    wrong = {
        letter.title: found.get(letter.title)
        for letter in sample_letters(datetime.now(UTC))
        if found.get(letter.title) not in [one.value for one in letter.may_become]
    }
    assert wrong == {}


def test_a_plain_withdrawal_is_in_the_ledger_and_acknowledged(page: str) -> None:
    assert re.search(r"Withdraws all, in plain words .*everything stopped; acknowledged", page)
    assert re.search(r"21043387 +withdrawn +everything", page)
    assert "we have stopped:" in page.partition("WITHDRAWAL ACKNOWLEDGED")[2]


def test_whoever_sounds_in_danger_is_escalated_and_not_answered(page: str) -> None:
    urgent = " ".join(page.partition("  ESCALATE")[2].partition("\n\n")[0].split())
    assert "Says goodbye between the lines" in urgent
    assert "the duty address is alerted" in urgent
    assert "acknowledged" not in urgent


def test_nobody_else_learns_anything_about_a_student(page: str) -> None:
    for title in ("A worried mother", "A tutor asks about a student", "A solicitor wants a file"):
        line = next(one for one in page.splitlines() if title in one)
        assert "answered" not in line
        assert "acknowledged" not in line


def test_thanks_join_their_case_and_a_failure_is_shown_as_bounced(page: str) -> None:
    found = became(page)
    assert found["Thanks for it"] == Disposition.FOLLOW_UP.value
    assert re.search(r"bounced +neutral_receipt", page)


def test_the_page_holds_no_word_of_an_urgent_letter(page: str) -> None:
    assert "my plants" not in page
    assert "alive any more" not in page


def test_without_once_it_takes_letters_until_it_is_interrupted(tmp_path: Path) -> None:
    with demo("--no-console", folder=tmp_path) as process:
        lines = _lines(process)
        try:
            port = int(_until(lines, r"SMTP at\s+127\.0\.0\.1:(\d+)"))
            _until(lines, r"(Ctrl-C ends it)")
            _send(port)
            assert _until(lines, r"\d\d:\d\d:\d\d  (\w+)") in ("apply", "triage")
            process.send_signal(signal.SIGINT)
            _until(lines, r"(Stopped)")
            assert process.wait(PATIENCE_S) == 0
        finally:
            process.kill()
    assert list(tmp_path.iterdir()) == []


def test_it_ends_with_the_console_opened_once_by_the_link_it_prints(tmp_path: Path) -> None:
    with demo(folder=tmp_path) as process:
        lines = _lines(process)
        try:
            link = _until(lines, r"(http://127\.0\.0\.1:\d+/sign-in/link\?token=\S+)")
            _until(lines, r"(Ctrl-C ends it)")
            origin, _, rest = link.partition("/sign-in")
            token = rest.partition("token=")[2]
            first, second = Client(origin), Client(origin)
            assert first.post("/sign-in/link", page=f"/sign-in{rest}", token=token).status_code == 303
            assert "Demo" in first.get("/account").text
            assert first.get("/pulse").json()["urgent"] > 0
            assert second.post("/sign-in/link", page=f"/sign-in{rest}", token=token).status_code == 422
            process.send_signal(signal.SIGTERM)
            _until(lines, r"(Stopped)")
            assert process.wait(PATIENCE_S) == 0
            first.close()
            second.close()
        finally:
            process.kill()
    assert list(tmp_path.iterdir()) == []


def _send(port: int) -> None:
    sender, service = "ec23hnu@student.herts.example", "studentwellbeing@herts.example"
    words = "Please stop sharing my information with anyone outside Student Wellbeing. I withdraw my consent for that."
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        smtp.sendmail(sender, service, f"From: {sender}\r\nTo: {service}\r\nSubject: consent\r\n\r\n{words}\r\n")


def _lines(process: "subprocess.Popen[str]") -> "Queue[str]":
    lines: Queue[str] = Queue()

    def read() -> None:
        for line in process.stdout or ():
            lines.put(line)

    threading.Thread(target=read, daemon=True).start()
    return lines


def _until(lines: "Queue[str]", pattern: str) -> str:
    seen = ""
    for line in _taken(lines):
        seen += line
        found = re.search(pattern, seen)
        if found:
            return found[1]
    raise AssertionError(f"no {pattern} in:\n{seen}")


def _taken(lines: "Queue[str]") -> Iterator[str]:
    try:
        while True:
            yield lines.get(timeout=PATIENCE_S)
    except Empty:
        return
