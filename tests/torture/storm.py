"""The storm: letters keep coming while the service is killed, and its servers cut, stall, drip and lie."""

import contextlib
import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy import func, select, update

from intake.store import Store, arrivals, open_store
from intake.store.schema import arrivals as arrivals_table
from intake.store.schema import deliveries as deliveries_table
from intake.store.schema import mailboxes
from intake.vocabulary import ArrivalState, DeliveryState
from tests.support.faults import Fault, Mode
from tests.support.sink import Rule
from tests.torture.world import World

#: a life in which nothing happens is ended all the same
_LONGEST_LIFE_S = 20
#: a life in which the mailbox refused a sign-in is ended so much later: the next one comes in half an hour or more
_AFTER_REFUSAL_S = 2
#: the server's answers that a fault lands in
_IMAP_FAULTS: tuple[tuple[str, Fault], ...] = (
    ("cut inside FETCH of the text", Fault(Mode.CUT_SERVER, match=r"BODY\[\]", skip=700, times=1)),
    ("cut inside FETCH of many texts", Fault(Mode.CUT_SERVER, match=r"BODY\[\]", skip=9_000, times=1)),
    ("cut inside FETCH of the list", Fault(Mode.CUT_SERVER, match="RFC822.SIZE", skip=40, times=1)),
    ("answer to MOVE lost", Fault(Mode.LOSE_REPLY, match="UID MOVE", times=1)),
    ("answer to FETCH lost", Fault(Mode.LOSE_REPLY, match="UID FETCH", times=1)),
    ("answer to SEARCH lost", Fault(Mode.LOSE_REPLY, match="UID SEARCH", times=1)),
    ("IMAP connection reset", Fault(Mode.REFUSE, times=2)),
    ("IMAP silent after connecting", Fault(Mode.BLACKHOLE, times=1)),
    ("IMAP says BYE", Fault(Mode.BANNER, text="* BYE too many connections", times=1)),
    ("IMAP drips", Fault(Mode.DRIP, match=r"BODY\[\]", times=1)),
)
_SMTP_FAULTS: tuple[tuple[str, Fault], ...] = (
    ("SMTP connection reset", Fault(Mode.REFUSE, times=2)),
    ("SMTP silent after connecting", Fault(Mode.BLACKHOLE, times=1)),
    ("connection lost at the word DATA", Fault(Mode.LOSE_REPLY, match=r"^DATA\r\n", times=1)),
)
#: as when a token expires: after `skip` sign-ins they are refused until the end of this life
_IMAP_EXPIRY = Fault(
    Mode.ANSWER, match=" LOGIN ", skip=3, text="{tag} NO [AUTHENTICATIONFAILED] Authentication failed."
)
_SMTP_EXPIRY = Fault(Mode.ANSWER, match="^AUTH ", skip=2, text="535 5.7.8 Authentication failed")
#: the share of lives in which that happens
_EXPIRIES = 0.15
_SMTP_RULES = (
    ("mail", "451 4.3.0 later"),
    ("rcpt", "450 4.2.0 greylisted"),
    ("mail", "421 4.3.2 busy"),
    ("data", "452 4.3.1 full"),
    ("rcpt", "550 5.1.1 unknown"),
    ("data", "554 5.6.0 no"),
    ("mail", "drop"),
    ("rcpt", "stall"),
    ("mail", "drip"),
    ("data", "drop"),
    ("data", "store_drop"),
    ("data", "store_stall"),
    ("data", "store_drip"),
)


@dataclass(slots=True)
class Storm:
    """What is thrown; `thrown` counts what really hit."""

    world: World
    messages: int
    kills: int
    seed: int
    say: Callable[[str], None]
    thrown: Counter[str] = field(default_factory=Counter)
    delivered: list[int] = field(default_factory=list)
    _lives: int = 0
    _processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def rage(self) -> None:
        """Deliver every letter while the service lives and dies `kills` times; then let it finish in peace."""
        try:
            self._rage(random.Random(self.seed))
        finally:
            for process in self._processes:
                if process.poll() is None:
                    process.kill()
                    process.wait()

    def _rage(self, chance: random.Random) -> None:
        if self.world.workers > 1:
            self._partner = self._started()[0]
        for life in range(self.kills):
            due = (life + 1) * self.messages // (self.kills + 1)
            self._throw(chance)
            self._trouble_partner(chance)
            self._live(chance, due)
            if (life + 1) % 10 == 0:
                self.say(f"{life + 1} kills, {len(self.delivered)} letters")
            if chance.random() < 0.12:
                self.world.dovecot.change_uidvalidity()
                self.thrown["UIDVALIDITY changed"] += 1
        self._calm()
        self._part()
        self._finish(chance)

    def _throw(self, chance: random.Random) -> None:
        """Choose what goes wrong in the next life."""
        self._calm()
        if chance.random() < 0.75:
            name, fault = chance.choice(_IMAP_FAULTS)
            skip = chance.randint(0, fault.skip * 2)
            self.world.imap.fault = Fault(fault.mode, fault.match, skip, fault.text, fault.times)
            self._imap_fault = name
        if chance.random() < 0.25:
            name, fault = chance.choice(_SMTP_FAULTS)
            self.world.smtp.fault = Fault(fault.mode, fault.match, fault.skip, fault.text, fault.times)
            self._smtp_fault = name
        if chance.random() < _EXPIRIES:
            self._let_expire(chance)
        for _ in range(chance.randint(0, 4)):
            self.world.sink.rules.append(Rule(*chance.choice(_SMTP_RULES)))

    def _let_expire(self, chance: random.Random) -> None:
        """Refuse the sign-in at the mailbox, at the SMTP server, or at both, in place of their other faults."""
        which = chance.choice(("imap", "smtp", "both"))
        if which != "smtp":
            self.world.imap.fault = replace(_IMAP_EXPIRY, skip=chance.randint(0, _IMAP_EXPIRY.skip))
            self._imap_fault = "IMAP sign-in refused"
        if which != "imap":
            self.world.smtp.fault = replace(_SMTP_EXPIRY, skip=chance.randint(0, _SMTP_EXPIRY.skip))
            self._smtp_fault = "SMTP sign-in refused"

    _imap_fault: str = ""
    _smtp_fault: str = ""
    _hits: tuple[int, int] = (0, 0)

    def _calm(self) -> None:
        """Let everything work again, and count what hit."""
        imap, smtp = self.world.imap, self.world.smtp
        before, self._hits = self._hits, (imap.hits, smtp.hits)
        self.thrown[self._imap_fault] += imap.hits - before[0]
        self.thrown[self._smtp_fault] += smtp.hits - before[1]
        imap.fault, smtp.fault = Fault(), Fault()
        self.world.sink.rules.clear()
        for rule, times in self.world.sink.thrown.items():
            self.thrown[f"SMTP {rule[0]}: {rule[1]}"] = times

    def _live(self, chance: random.Random, due: int) -> None:
        """One life: letters come, and after a few steps of work the process is killed."""
        process, log = self._started()
        steps = 0 if chance.random() < 0.1 else chance.randint(1, 2 * max(2, due - len(self.delivered)))
        deadline = time.monotonic() + (chance.random() * 4 if not steps else _LONGEST_LIFE_S)
        waiting = due - len(self.delivered)
        while time.monotonic() < deadline and process.poll() is None and (not steps or _steps(log) < steps):
            if waiting and chance.random() < 0.5:
                self._deliver(chance)
                waiting -= 1
            elif not waiting and self._idle():
                # Nothing more to do: this kill comes in idleness.
                break
            if self._imap_refused():
                deadline = min(deadline, time.monotonic() + _AFTER_REFUSAL_S)
            time.sleep(0.005 if waiting else 0.05)
        for _ in range(waiting):
            self._deliver(chance)
        time.sleep(chance.random() * 0.05)
        assert process.poll() is None, f"the service ended by itself: {log.read_text(errors='replace')[-2000:]}"
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self.thrown["SIGKILL of the service"] += 1

    def _imap_refused(self) -> bool:
        """Say whether the mailbox refused a sign-in in this life."""
        return self.world.imap.fault.mode is Mode.ANSWER and self.world.imap.hits > self._hits[0]

    def _trouble_partner(self, chance: random.Random) -> None:
        """Freeze the second worker so long that its leases end, let it wake, or kill it."""
        if self._partner is None:
            return
        if self._partner.poll() is not None:
            # Frozen in the middle of a message, it woke too late for it and ended itself; systemd restarts it.
            assert self._partner.returncode == 1, "the second worker ended by itself"
            self.thrown["second worker woke too late"] += 1
            self._partner, self._frozen = self._started()[0], False
        fate = chance.random()
        if self._frozen and fate < 0.5:
            self._partner.send_signal(signal.SIGCONT)
            self._frozen = False
        elif not self._frozen and fate < 0.4:
            self._partner.send_signal(signal.SIGSTOP)
            self._frozen = True
            self.thrown["second worker frozen"] += 1
        elif fate > 0.85:
            self._partner.kill()
            self._partner.wait()
            self.thrown["SIGKILL of the second worker"] += 1
            self._partner, self._frozen = self._started()[0], False

    def _part(self) -> None:
        """Wake the second worker and let it end."""
        if self._partner is not None:
            self._partner.send_signal(signal.SIGCONT)
            self._partner.send_signal(signal.SIGTERM)
            # 1: it woke too late; -15: it had only just been started.
            assert self._partner.wait(60) in (0, 1, -signal.SIGTERM), "the second worker did not end well"

    _partner: subprocess.Popen[bytes] | None = None
    _frozen: bool = False

    def _deliver(self, chance: random.Random) -> None:
        number = len(self.delivered)
        self.delivered.append(number)
        self.world.deliver(number)
        if chance.random() < 0.02:
            self.world.deliver(number)
            self.thrown["the same letter delivered twice"] += 1

    def _started(self) -> tuple[subprocess.Popen[bytes], Path]:
        site = self.world.site
        log = site.folder / f"run-{self._lives}.log"
        self._lives += 1
        with log.open("wb") as written:
            process = subprocess.Popen(
                site.command("run"),
                cwd=site.folder,
                env=site.variables(),
                stdout=written,
                stderr=written,
                start_new_session=True,
            )
        self._processes.append(process)
        return process, log

    def _finish(self, chance: random.Random) -> None:
        """Let the service work in peace until nothing waits; the hours until the next tries pass at once."""
        while len(self.delivered) < self.messages:
            self._deliver(chance)
        deadline = time.monotonic() + 120 + self.messages / 4
        while time.monotonic() < deadline:
            process, log = self._started()
            try:
                while time.monotonic() < deadline and not self._idle():
                    assert process.poll() is None, log.read_text(errors="replace")[-2000:]
                    time.sleep(0.1)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    process.send_signal(signal.SIGTERM)
                status = process.wait(60)
            assert status == 0, log.read_text(errors="replace")[-2000:]
            if not self._time_passes():
                return

    def _idle(self) -> bool:
        """Say whether every letter is worked and nothing is due to be sent."""
        with contextlib.closing(self._store()) as store, store.reading() as session:
            counts = arrivals.counts(session)
            epoch = session.scalar(select(mailboxes.c.last_uid).where(mailboxes.c.folder == "INBOX"))
            due = session.scalar(
                select(func.count()).where(
                    deliveries_table.c.state.in_([DeliveryState.PENDING.value, DeliveryState.SENDING.value]),
                    deliveries_table.c.next_attempt_at.is_(None),
                )
            )
        taken_in = sum(counts.values()) >= len(self.delivered) and epoch is not None
        return taken_in and not counts.get(ArrivalState.RECEIVED) and not due

    def _time_passes(self) -> bool:
        """Make everything due that waits for its time; say whether there was any."""
        waits = deliveries_table.c.state == DeliveryState.PENDING.value
        with contextlib.closing(self._store()) as store, store.writing() as session:
            waiting = session.scalar(select(func.count()).where(waits)) or 0
            session.execute(update(deliveries_table).where(waits).values(next_attempt_at=None))
            sought = deliveries_table.c.state == DeliveryState.UNCERTAIN.value
            looked = arrivals_table.c.state == ArrivalState.RECEIVED.value
            waiting += session.scalar(select(func.count()).where(looked)) or 0
            session.execute(
                update(deliveries_table)
                .where(sought, deliveries_table.c.next_attempt_at.is_not(None))
                .values(next_attempt_at=deliveries_table.c.created_at)
            )
        return waiting > 0

    def _store(self) -> Store:
        return open_store(self.world.url)


def _steps(log: Path) -> int:
    """Count the lines that tell of something taken in, decided or sent."""
    text = log.read_text(errors="replace")
    return text.count('"received"') + text.count("arrival decided") + text.count("delivery settled")
