"""Measure whether one worker stays as it is over many letters: its memory, its open files, its threads, its speed.

A real worker (`wellbeing-intake run`) on SQLite works letters from a real Dovecot and answers through a real SMTP
server. No two letters are alike: each mixes paragraphs of the corpus and has words of its own, and a sender of its own.
They come in portions. After each, people do their part (what the service leaves in the folder is put away, every alert
is acknowledged), and the process is looked at, at rest.

The second fifth of the run, when everything is loaded and warm, is compared with the last. It is flat where the median
of the memory has grown by at most `_MORE_MEMORY`, and the highest number of files and of threads by at most
`_MORE_HANDLES`: connections come and go, so that one more or fewer says nothing.
"""

import random
import re
import signal
import ssl
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape
from itertools import pairwise
from pathlib import Path

from imapclient.exceptions import IMAPClientError

from classifiers.classification import Letter
from classifiers.corpus_files import read_all, split
from intake.store import alerts, open_store
from tests.acceptance.support import Site
from tests.integration.house import letter
from tests.support.dovecot import PASSWORD, USER, Dovecot
from tests.support.network import BackgroundLoop
from tests.support.sink import SmtpSink

#: between the second fifth and the last: a share of the resident memory; a number of open files, of threads
_MORE_MEMORY, _MORE_HANDLES = 0.03, 2
_SEED = 20261127
_PORTION = 250
#: a portion that takes longer is stuck
_LONGEST_S = 600
_SYLLABLES = ("ba", "cho", "dra", "el", "fi", "gar", "hol", "ka", "lin", "mer", "no", "pra", "shi", "ta", "ul", "vel")
#: nothing waits for time to pass: no cap on replies, and alerts are not repeated within the run
_EXTRA = """
[replies]
per_person_a_day = 1000000
all_an_hour = 1000000
[alerts]
repeat_minutes = 1440
[worker]
poll_every_s = 1
send_every_s = 1
reconcile_every_s = 60
log_format = "json"
"""
_DECIDED = re.compile(rb'"event": "arrival (?:decided|shunted|quarantined)"')
_NOT_DECIDED = re.compile(rb'"event": "arrival (?:shunted|quarantined)"')


@dataclass(frozen=True, slots=True)
class Sample:
    """The process after `letters` letters: seconds since its start, resident memory in kB, open files, threads."""

    letters: int
    at_s: float
    memory_kb: int
    files: int
    threads: int


def main(messages: int = 50_000) -> bool:
    """Let a worker work `messages` letters, print how it changed; tell whether it stayed flat."""
    with tempfile.TemporaryDirectory(prefix="bench-soak-") as folder, _worker(Path(folder), messages) as worker:
        samples = []
        print(f"{'letters':>8} {'seconds':>8} {'memory MB':>10} {'files':>6} {'threads':>8}", flush=True)
        for sample in worker.worked(messages):
            samples.append(sample)
            print(
                f"{sample.letters:8} {sample.at_s:8.0f} {sample.memory_kb / 1024:10.1f} {sample.files:6} "
                f"{sample.threads:8}",
                flush=True,
            )
        worker.end()
    return _judged(samples)


def _judged(samples: Sequence[Sample]) -> bool:
    """Compare the second fifth of the run with the last."""
    fifth = len(samples) // 5
    warm, last = samples[fifth : 2 * fifth], samples[-fifth:]
    compared = (
        ("memory in kB", _median(warm, _memory), _median(last, _memory), _MORE_MEMORY, 0),
        ("open files", max(one.files for one in warm), max(one.files for one in last), 0, _MORE_HANDLES),
        ("threads", max(one.threads for one in warm), max(one.threads for one in last), 0, _MORE_HANDLES),
    )
    for name, before, after, _share, _number in compared:
        print(f"{name:14} second fifth {before:9.0f}, last fifth {after:9.0f} ({after / before - 1:+.1%})")
    flat = all(after <= before * (1 + share) + number for _name, before, after, share, number in compared)
    print(f"letters/second second fifth {_rate(warm):9.1f}, last fifth {_rate(last):9.1f}")
    grown = _median(last, _memory) - _median(warm, _memory)
    letters = _median(last, lambda one: one.letters) - _median(warm, lambda one: one.letters)
    print(f"{1024 * grown / letters:.0f} bytes a letter in between: {'flat' if flat else 'NOT FLAT'}")
    return flat


def _memory(one: Sample) -> float:
    return one.memory_kb


def _median(samples: Sequence[Sample], value: Callable[[Sample], float]) -> float:
    return statistics.median(value(one) for one in samples)


def _rate(samples: Sequence[Sample]) -> float:
    return statistics.median((b.letters - a.letters) / (b.at_s - a.at_s) for a, b in pairwise(samples))


class _Worker:
    """The process, its mailbox, and what it wrote to its log."""

    def __init__(self, site: Site, dovecot: Dovecot) -> None:
        self._dovecot = dovecot
        self._url = f"sqlite:///{site.database}"
        self._log = site.folder / "run.log"
        self._decided, self._read_to = 0, 0
        with self._log.open("wb") as written:
            self.process = subprocess.Popen(
                site.command("run"), cwd=site.folder, env=site.variables(), stdout=written, stderr=written
            )
        self._began = time.monotonic()

    def worked(self, messages: int) -> Iterator[Sample]:
        """Deliver portion after portion; look at the process after each."""
        letters = _letters()
        portion = max(10, min(_PORTION, messages // 20))
        for first in range(0, messages, portion):
            delivered = min(first + portion, messages)
            for _ in range(first, delivered):
                self._dovecot.deliver(next(letters))
            self._wait_for(delivered)
            self._put_away()
            self._acknowledge()
            yield self._sample(delivered)

    def end(self) -> None:
        """Let it end; everything must have been decided."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(30) == 0, self._tail()
        log = self._log.read_bytes()
        assert not _NOT_DECIDED.search(log), "a letter was not decided"

    def _wait_for(self, delivered: int) -> None:
        deadline = time.monotonic() + _LONGEST_S
        while self._decided < delivered:
            assert self.process.poll() is None, self._tail()
            assert time.monotonic() < deadline, self._tail()
            time.sleep(0.1)
            with self._log.open("rb") as file:
                file.seek(self._read_to)
                new = file.read()
            whole = new[: new.rfind(b"\n") + 1]
            self._read_to += len(whole)
            self._decided += len(_DECIDED.findall(whole))

    def _put_away(self) -> None:
        """What the service leaves in the folder is read by the staff, who move it."""
        with self._dovecot.client() as client:
            if not client.folder_exists("Read"):
                client.create_folder("Read")
            client.select_folder("INBOX")
            # What the service moves at the same moment stays for the next time.
            with suppress(IMAPClientError):
                if uids := client.search(["ALL"]):
                    client.move(uids, "Read")

    def _acknowledge(self) -> None:
        """The duty answers every alert."""
        store = open_store(self._url)
        with store.writing() as session:
            now = datetime.now(UTC)
            for one in alerts.due(session, now + timedelta(days=365)):
                alerts.acknowledge(session, one.case_id, "the duty", now)
        store.close()

    def _sample(self, letters: int) -> Sample:
        place = Path(f"/proc/{self.process.pid}")
        status = dict(line.split(":", 1) for line in (place / "status").read_text().splitlines())
        memory, threads = int(status["VmRSS"].split()[0]), int(status["Threads"])
        return Sample(letters, time.monotonic() - self._began, memory, len(list((place / "fd").iterdir())), threads)

    def _tail(self) -> str:
        return self._log.read_text(errors="replace")[-2000:]


@contextmanager
def _worker(folder: Path, students: int) -> Iterator[_Worker]:
    """Start mailbox, SMTP server and worker, with a register of `students`."""
    loop = BackgroundLoop()
    try:
        with Dovecot() as dovecot:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(dovecot.ca_file, dovecot.folder / "key.pem")
            sink = SmtpSink(loop, USER, PASSWORD, context)
            worker = _Worker(_site(folder, dovecot, sink.port, students), dovecot)
            try:
                yield worker
            finally:
                worker.process.kill()
                worker.process.wait()
                sink.stop()
    finally:
        loop.stop()


def _site(folder: Path, dovecot: Dovecot, smtp: int, students: int) -> Site:
    certificate = str(dovecot.ca_file)
    encrypted = {"WELLBEING_INTAKE__SMTP__SECURITY": "starttls", "WELLBEING_INTAKE__SMTP__CA_FILE": certificate}
    site = Site(folder, {"PYTHONPATH": str(Path(__file__).parents[2]), **encrypted})
    site.configure(dovecot.imaps, smtp, extra=_EXTRA, security="tls", ca_file=certificate)
    site.make_key()
    lines = ["student_id,first_name,last_name,email"]
    lines += [f"{20_000_000 + n},{_word(n)},{_word(n * 7919)},{_address(n)}" for n in range(students)]
    (folder / "students.csv").write_text("\n".join(lines))
    site.done("students", "import", "students.csv")
    return site


def _letters() -> Iterator[bytes]:
    """Write letters without end, each unlike all others."""
    chance = random.Random(_SEED)
    some = [one.letter for one in read_all([name for names in split().values() for name in names])]
    number = 0
    while True:
        yield _written(number, chance.choice(some), chance.choice(some), chance)
        number += 1


def _written(number: int, one: Letter, other: Letter, chance: random.Random) -> bytes:
    """Mix two letters, and sign with names and words that no other letter has."""
    paragraphs = [*one.new_text.split("\n\n"), chance.choice(other.new_text.split("\n\n"))]
    name = f"{_word(number)} {_word(number * 7919)}"
    body = "\n\n".join([*paragraphs, f"My course is {_word(number + 10**6)}, in {_word(number + 10**7)}.\n\n{name}"])
    if one.quoted_text:
        body += "\n\nOn Monday Student Wellbeing wrote:\n" + "\n".join(
            f"> {line}" for line in one.quoted_text.split("\n")
        )
    written = letter(body, number=number, sender=_address(number))
    if number % 4:
        return written
    head, _blank, text = written.partition(b"\r\n\r\n")
    html = "".join(f"<p>{escape(line)}</p>" for line in text.decode().splitlines() if line)
    return head.replace(b"text/plain", b"text/html") + b"\r\n\r\n" + f"<html><body>{html}</body></html>\r\n".encode()


def _address(number: int) -> str:
    return f"s{number}@student.herts.example"


def _word(number: int) -> str:
    """Give a word that no other number has."""
    word = ""
    while number or not word:
        number, at = divmod(number, len(_SYLLABLES))
        word += _SYLLABLES[at]
    return word.title()
