"""The background service: rounds on a schedule, until it is told to stop. The only place that knows APScheduler."""

import random
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import FrameType

from apscheduler.events import EVENT_JOB_MISSED, JobExecutionEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from intake.errors import MailboxRefused, SmtpRefused
from intake.log import get
from intake.rounds import Round, Rounds

log = get()

_LONGEST_WAIT_S = 900.0
_LOOK_EVERY_S = 0.5
#: a refused login is tried again so seldom that the server's lock-out is never our doing
_REFUSED_WAIT_S = 3600.0


class Worker:
    """Runs rounds until stopped: one job polls and works, one sends; neither ever overlaps itself."""

    def __init__(self, rounds: Rounds) -> None:
        """Take the rounds to run."""
        self._rounds = rounds
        self._settings = rounds.house.settings.worker
        # One thread a job: a slow SMTP server must not hold up the reading of letters.
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(4)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self._troubled = {"poll": 0, "send": 0, "reconcile": 0, "canary": 0}

    def run(self) -> None:
        """Run until SIGTERM or SIGINT, then end after the message in hand."""
        self._scheduler.add_listener(_tell_missed, EVENT_JOB_MISSED)
        self._add("poll", self._poll, self._settings.poll_every_s)
        self._add("send", self._send, self._settings.send_every_s)
        if self._settings.reconcile_every_s:
            self._add("reconcile", self._reconcile, self._settings.reconcile_every_s, at_once=False)
        if self._settings.canary_every_s:
            self._add("canary", self._fly, min(self._settings.canary_every_s, self._settings.canary_within_s))
        with _stopped_by_signals(self._rounds.stop):
            self._scheduler.start()
            log.info("running", poll_every_s=self._settings.poll_every_s)
            # The kernel may give a signal to another thread, which does not wake this one (SIGCONT, then SIGTERM).
            while not self._rounds.stop.wait(_LOOK_EVERY_S):
                pass
            log.info("stopping after the message in hand")
            self._scheduler.shutdown(wait=True)
            log.info("stopped")

    def _add(self, name: str, job: Callable[[], None], every_s: float, *, at_once: bool = True) -> None:
        # Misfires run late rather than never: `coalesce` makes one of many, and one instance cannot overlap itself.
        first = datetime.now(UTC) + timedelta(seconds=0 if at_once else every_s)
        self._scheduler.add_job(job, "interval", seconds=every_s, id=name, next_run_time=first)

    def _poll(self) -> None:
        done = self._rounds.make(send=False)
        self._settle("poll", done, self._settings.poll_every_s)
        if done.counts["processed"] and not self._rounds.stop.is_set():
            self._scheduler.modify_job("send", next_run_time=datetime.now(UTC))

    def _send(self) -> None:
        self._settle("send", self._rounds.send(), self._settings.send_every_s)

    def _reconcile(self) -> None:
        self._settle("reconcile", self._rounds.reconcile(), self._settings.reconcile_every_s)

    def _fly(self) -> None:
        self._settle("canary", self._rounds.fly(), self._settings.canary_within_s)

    def _settle(self, job: str, done: Round, every_s: float) -> None:
        """Back off with jitter while there is trouble; say once when it begins and once when it ends."""
        if self._rounds.stop.is_set():
            return
        if not done.troubles:
            if self._troubled[job]:
                log.info("recovered", job=job, after_failures=self._troubled[job])
            self._troubled[job] = 0
            return
        self._troubled[job] += 1
        wait_s = _wait_s(done, every_s, self._troubled[job])
        log.warning("backing off", job=job, failures=self._troubled[job], wait_s=round(wait_s, 1))
        self._scheduler.modify_job(job, next_run_time=datetime.now(UTC) + timedelta(seconds=wait_s))


def _wait_s(done: Round, every_s: float, failures: int) -> float:
    refused = any(isinstance(trouble, MailboxRefused | SmtpRefused) for trouble in done.troubles)
    if refused:
        return _REFUSED_WAIT_S
    longest = min(_LONGEST_WAIT_S, every_s * 2.0 ** min(failures, 10))
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


def _tell_missed(event: JobExecutionEvent) -> None:
    log.warning("a run was missed", job=event.job_id)
