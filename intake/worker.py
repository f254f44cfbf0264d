"""The background service: rounds on a schedule, until it is told to stop. The only place that knows APScheduler."""

import logging
import os
import random
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import FrameType

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from intake.alarms import Alarms
from intake.errors import IntakeError, MailboxRefused, Permanent, SmtpRefused
from intake.idler import Idler
from intake.log import get, trace_places
from intake.rounds import Round, Rounds

log = get()

_LONGEST_WAIT_S = 900.0
#: while an alert waits
_ALERT_WAIT_S = 60.0
_LOOK_EVERY_S = 0.5
#: a refused login is tried again so seldom that the server's lock-out is never our doing
_REFUSED_WAIT_S = 3600.0
#: so many failures in a row of what time can mend are an alarm; one that only a person can mend is one at once
_FAILURES = 3
#: what is in hand may end by itself for so long after a signal, and so long again once its connections are ended
_GRACE_S = 4.0


@dataclass(slots=True)
class _Job:
    name: str
    round: Callable[[], Round]
    every_s: float
    failures: int = 0
    #: it was asked for since it began
    asked: bool = False
    running: bool = False


class Worker:
    """Runs rounds until stopped: each of its jobs by itself, none ever overlapping itself."""

    def __init__(self, rounds: Rounds) -> None:
        """Take the rounds to run."""
        self._rounds = rounds
        self._settings = rounds.house.settings.worker
        self._alarms = Alarms(rounds.store)
        self._idler = Idler(rounds.house.settings.mailbox, lambda: self._ask_for("poll"), rounds.stop)
        self._lock = threading.Lock()
        self._jobs: dict[str, _Job] = {}
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        # It warns of each run that would overlap the one before: here that is no trouble.
        logging.getLogger("apscheduler").setLevel(logging.ERROR)

    def run(self) -> None:
        """Run until SIGTERM or SIGINT, then end after the message in hand, within ten seconds."""
        self._add("poll", self._rounds.receive, self._settings.poll_every_s)
        self._add("work", self._rounds.work, self._settings.poll_every_s)
        self._add("send", self._rounds.send, self._settings.send_every_s)
        if self._settings.reconcile_every_s:
            self._add("reconcile", self._rounds.reconcile, self._settings.reconcile_every_s, at_once=False)
        if self._settings.canary_every_s:
            self._add("canary", self._rounds.fly, min(self._settings.canary_every_s, self._settings.canary_within_s))
        students = self._rounds.house.settings.students
        if students.query and students.sync_every_h:
            self._add("students", self._rounds.follow_register, students.sync_every_h * 3600)
        with _stopped_by_signals(self._rounds.stop):
            self._scheduler.start()
            self._idler.start()
            log.info("running", poll_every_s=self._settings.poll_every_s)
            # The kernel may give a signal to another thread, which does not wake this one (SIGCONT, then SIGTERM).
            while not self._rounds.stop.wait(_LOOK_EVERY_S):
                pass
            self._end()

    def _end(self) -> None:
        log.info("stopping after the message in hand")
        self._idler.stop()
        ending = threading.Thread(target=self._scheduler.shutdown, daemon=True)
        ending.start()
        ending.join(_GRACE_S)
        if ending.is_alive():
            self._rounds.hang_up()
            ending.join(_GRACE_S)
        if ending.is_alive():
            # Nothing is lost: whatever is not committed is begun again, and a message in DATA is shown as uncertain.
            log.warning("stopped with work in hand")
            os._exit(0)
        with suppress(IntakeError):
            self._rounds.give_back()
        log.info("stopped")

    def _add(self, name: str, round_: Callable[[], Round], every_s: float, *, at_once: bool = True) -> None:
        job = self._jobs[name] = _Job(name, round_, every_s)
        # Misfires run late rather than never: `coalesce` makes one of many, and one instance cannot overlap itself.
        first = datetime.now(UTC) + timedelta(seconds=0 if at_once else every_s)
        # One thread a job: a slow mail server must not hold up the reading of letters. Always the same one: the C
        # library keeps for each thread what it ever needed, and reading needs much.
        self._scheduler.add_executor(ThreadPoolExecutor(1), name)
        self._scheduler.add_job(
            self._run, "interval", [job], seconds=every_s, id=name, executor=name, next_run_time=first
        )

    def _run(self, job: _Job) -> None:
        with self._lock:
            job.asked, job.running = False, True
        try:
            self._settle(job, _made(job))
        finally:
            with self._lock:
                job.running = False
        if job.asked and not job.failures:
            self._again_in(job, 0)

    def _ask_for(self, name: str) -> None:
        """Let a job run soon, once more if it runs now; one that is backed off from keeps its time."""
        job = self._jobs[name]
        with self._lock:
            job.asked = True
            soon = not job.running and not job.failures
        if soon:
            self._again_in(job, 0)

    def _again_in(self, job: _Job, wait_s: float) -> None:
        if not self._rounds.stop.is_set():
            self._scheduler.modify_job(job.name, next_run_time=datetime.now(UTC) + timedelta(seconds=wait_s))

    def _settle(self, job: _Job, done: Round) -> None:
        """Back off with jitter while there is trouble; say once when it begins and once when it ends."""
        if self._rounds.stop.is_set():
            return
        if done.troubles:
            self._back_off(job, done)
        elif job.name != "poll" or done.looked:
            if job.failures:
                log.info("recovered", job=job.name, after_failures=job.failures)
            job.failures = 0
            self._alarms.end(job.name)
        if job.name == "poll":
            self._idler.may_wait(done.looked and not done.troubles)
        if done.more:
            job.asked = True
        if done.counts["fetched"]:
            self._ask_for("work")
        if done.counts["processed"]:
            # What is handled is moved, and what was written is sent.
            self._ask_for("poll")
            self._ask_for("send")

    def _back_off(self, job: _Job, done: Round) -> None:
        job.failures += 1
        wait_s = _wait_s(done, job.every_s, job.failures)
        log.warning("backing off", job=job.name, failures=job.failures, wait_s=round(wait_s, 1))
        self._again_in(job, wait_s)
        for trouble in done.troubles:
            if isinstance(trouble, Permanent) or job.failures >= _FAILURES:
                self._alarms.begin(job.name, trouble)


def _made(job: _Job) -> Round:
    try:
        return job.round()
    except Exception as error:
        # Not `log.exception`: an error's own text can hold words of a letter.
        log.error("a round broke", job=job.name, error=type(error).__name__, at=trace_places(error))  # noqa: TRY400
        return Round(troubles=[IntakeError(f"an error in the program: {type(error).__name__}")])


def _wait_s(done: Round, every_s: float, failures: int) -> float:
    refused = any(isinstance(trouble, MailboxRefused | SmtpRefused) for trouble in done.troubles)
    if refused:
        return random.uniform(0.5, 1.0) * _REFUSED_WAIT_S  # noqa: S311 - jitter, not a secret
    longest = min(_ALERT_WAIT_S if done.alert_waits else _LONGEST_WAIT_S, every_s * 2.0 ** min(failures, 10))
    return random.uniform(every_s, max(every_s, longest))  # noqa: S311 - jitter, not a secret


@contextmanager
def _stopped_by_signals(stop: threading.Event) -> Iterator[None]:
    def ask_to_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, ask_to_stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
