"""Waiting for the server's word of new mail, in a thread of its own. Where it fails, polling goes on alone."""

import random
import threading
from collections.abc import Callable

from intake.errors import IntakeError, MailboxRefused
from intake.log import get
from intake.mailbox import wait_for_changes
from intake.settings import Mailbox
from intake.watch import Watch

log = get()

_LONGEST_WAIT_S = 900.0
_REFUSED_WAIT_S = 3600.0


class Idler:
    """Waits in IDLE while this worker polls the mailbox and polling succeeds; calls `changed` for each notice."""

    def __init__(self, configuration: Mailbox, changed: Callable[[], None], stop: threading.Event) -> None:
        """Prepare; `start` begins."""
        self._configuration, self._changed, self._stop = configuration, changed, stop
        self._may_wait = threading.Event()
        self._watch: Watch | None = None
        #: IDLE was entered over the current connection
        self._was_told = False
        # A daemon: whatever it waits for, it holds nothing that could be lost.
        self._thread = threading.Thread(target=self._run, name="idle", daemon=True)

    def start(self) -> None:
        """Begin, where the configuration wants it."""
        if self._configuration.idle:
            self._thread.start()

    def may_wait(self, may: bool) -> None:
        """Say how the last poll went: a login that fails is for the poll to try, not for both."""
        self._may_wait.set() if may else self._may_wait.clear()

    def stop(self) -> None:
        """End the waiting."""
        self._may_wait.set()
        if self._watch is not None:
            self._watch.hang_up("was ended, to stop")

    def _run(self) -> None:
        failures = 0
        while self._may_wait.wait() and not self._stop.is_set():
            self._watch = Watch()
            try:
                if not wait_for_changes(self._configuration, self._told, self._watch):
                    log.info("the IMAP server has no IDLE: polling alone")
                    return
            except IntakeError as error:
                if self._stop.is_set():
                    return
                failures = failures + 1 if not self._was_told else 1
                self._was_told = False
                wait_s = _wait_s(error, failures)
                log.info("waiting for new mail was broken off", error=type(error).__name__, wait_s=round(wait_s, 1))
                self._stop.wait(wait_s)

    def _told(self) -> None:
        self._was_told = True
        self._changed()


def _wait_s(error: IntakeError, failures: int) -> float:
    if isinstance(error, MailboxRefused):
        return random.uniform(0.5, 1.0) * _REFUSED_WAIT_S  # noqa: S311 - jitter, not a secret
    return random.uniform(1, min(_LONGEST_WAIT_S, 2.0 ** min(failures, 10)))  # noqa: S311 - jitter, not a secret
