"""Measure the register's import and matching on SQLite and PostgreSQL: `python -m tests.bench.match [STUDENTS]`.

Beside them, on the same letters, rapidfuzz over every row and Splink. A letter is identifiable where its details are
enough to name one student (docs/decisions/0003-matching.md); all others go to a person, and none may be linked wrongly.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from intake.match import match
from intake.sealing import write_new_key
from intake.store import Store, open_store
from tests.bench.letters import Letter, letters
from tests.bench.register import Register, invent, write_csv
from tests.bench.rivals import Linked, by_scan, by_splink
from tests.support.postgresql import Cluster, new_database, postgresql_programs

#: letters of each kind: for ours, for the rivals (each takes a part of a second), and those they are tuned on
_OURS, _THEIRS, _TUNING = 400, 6, 4
_TUNING_SEED = 7


@dataclass(frozen=True, slots=True)
class Answer:
    """What matching said of one letter, and how long it took."""

    student: str | None
    first: str | None
    took_ms: float


def main(count: int = 1_000_000) -> None:
    """Import `count` invented students into each database, match letters, and let the rivals link some of them."""
    with tempfile.TemporaryDirectory(prefix="bench-match-") as folder:
        register, path = invent(count), Path(folder) / "register.csv"
        write_csv(register.students, path)
        write_new_key(path.with_name("key"))
        kinds = list(letters(register, _OURS))
        answers = {}
        for engine, url in _databases(Path(folder)):
            _import(engine, url, path)
            with closing(open_store(url)) as store:
                answers[engine] = [[_answer(store, one) for one in kind] for kind in kinds]
            _show(engine, kinds, answers[engine])
        _compare(answers, kinds)
        _rivals(register, path, [one for kind in kinds for one in kind[:_THEIRS]])


def _databases(folder: Path) -> Iterator[tuple[str, str]]:
    """Give each database's name and URL, empty; PostgreSQL's is dropped once the next is asked for."""
    yield "SQLite", f"sqlite:///{folder}/bench.db"
    programs = postgresql_programs()
    if programs is None:
        print("PostgreSQL is left out: its server is not installed (Debian: apt install postgresql)")
        return
    with ExitStack() as stack:
        cluster = stack.enter_context(Cluster(programs, durable=True))
        yield "PostgreSQL", stack.enter_context(new_database(cluster.connection))


def _import(engine: str, url: str, register: Path) -> None:
    """Run `students import`; say how long it took and how much memory the command held (no server's)."""
    configuration = register.with_name("wellbeing-intake.toml")
    configuration.write_text(
        '[service]\naddress = "w@herts.example"\nduty_address = "d@herts.example"\n'
        '[mailbox]\nhost = "imap.herts.example"\nusername = "w"\npassword = "p"\n'
        '[smtp]\nhost = "smtp.herts.example"\nauth = "none"\n'
        f'[encryption]\nkey_file = "{register.with_name("key")}"\n[database]\nurl = "{url}"\n'
    )
    command = [sys.executable, "-m", "intake", "--config", str(configuration), "students", "import", str(register)]
    started = time.perf_counter()
    ran = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    told = ran.stdout.read().strip() if ran.stdout is not None else ""
    _pid, status, used = os.wait4(ran.pid, 0)
    ran.returncode = os.waitstatus_to_exitcode(status)
    if ran.returncode:
        raise SystemExit(f"{engine}: the import failed")
    cpu = used.ru_utime + used.ru_stime
    took = time.perf_counter() - started
    print(
        f"{engine}: {told}; {took:.0f} s, {cpu:.0f} s of it CPU of the command, at most {used.ru_maxrss / 1024:.0f} MB"
    )


def _answer(store: Store, letter: Letter) -> Answer:
    with store.reading() as session:
        started = time.perf_counter()
        found = match(session, letter.message)
        took = (time.perf_counter() - started) * 1000
    return Answer(found.student_id, found.candidates[0].student_id if found.candidates else None, took)


def _show(engine: str, kinds: Sequence[Sequence[Letter]], answers: Sequence[Sequence[Answer]]) -> None:
    print(f"{engine:47}{'median':>8}{'p99':>9}{'longest':>9}   linked  wrong  first")
    for kind, answered in zip(kinds, answers, strict=True):
        if kind:
            mark = "*" if kind[0].identifiable else " "
            print(f"{mark} {kind[0].kind:45}{_figures(kind, answered)}")
    flat = [one for kind in kinds for one in kind], [one for answered in answers for one in answered]
    sure = [pair for pair in zip(*flat, strict=True) if pair[0].identifiable]
    print(f"  {'all':45}{_figures(*flat)}")
    print(f"* {'identifiable':45}{_figures([one for one, _ in sure], [one for _, one in sure])}", flush=True)


def _figures(of: Sequence[Letter], answers: Sequence[Answer]) -> str:
    first = sum(answer.first == letter.writer is not None for letter, answer in zip(of, answers, strict=True))
    linked = [Linked(one.student, one.took_ms) for one in answers]
    return f"{_times(linked)}  {_links(of, linked)}  {first / len(of):6.1%}"


def _times(done: Sequence[Linked]) -> str:
    taken = [one.took_ms for one in done]
    p99 = statistics.quantiles(taken, n=100, method="inclusive")[98]
    return f"{statistics.median(taken):6.1f}ms{p99:7.1f}ms{max(taken):7.1f}ms"


def _links(of: Sequence[Letter], done: Sequence[Linked]) -> str:
    pairs = [(letter.writer, one.student) for letter, one in zip(of, done, strict=True) if one.student is not None]
    right = sum(writer == student for writer, student in pairs)
    return f"{right / len(of):7.1%} {len(pairs) - right:6}"


def _compare(answers: dict[str, list[list[Answer]]], kinds: Sequence[Sequence[Letter]]) -> None:
    for engine, theirs in list(answers.items())[1:]:
        ours = next(iter(answers.values()))
        apart = sum(
            one.student != other.student
            for mine, others in zip(ours, theirs, strict=True)
            for one, other in zip(mine, others, strict=True)
        )
        print(f"{engine} links {apart} of {sum(map(len, kinds))} letters otherwise than {next(iter(answers))}")


def _rivals(register: Register, path: Path, some: Sequence[Letter]) -> None:
    """Each links the same letters, at the threshold that links no training letter wrongly."""
    training = [one for kind in letters(register, _TUNING, _TUNING_SEED) for one in kind]
    sure = [number for number, one in enumerate(some) if one.identifiable]
    print(f"{len(some)} of these letters, {len(sure)} of them identifiable; tuned on {len(training)} others")
    rivals: dict[str, Callable[[], list[Linked] | None]] = {
        "rapidfuzz over all rows": lambda: by_scan(register.students, training, some),
        "splink, one record": lambda: by_splink(path, training, some),
    }
    for name, link in rivals.items():
        done = link()
        if done is not None:
            told = _links([some[at] for at in sure], [done[at] for at in sure])
            print(f"  {name:45}{_times(done)}  {_links(some, done)}; identifiable {told}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
