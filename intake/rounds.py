"""A round: take in what is new, work it, move what is handled, send what is due. Here stands the exception wall."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from weakref import WeakSet

from sqlalchemy.orm import Session

from intake import canary
from intake.alerts import write_due
from intake.confirmation import return_unconfirmed
from intake.errors import DatabaseUnavailable, IntakeError
from intake.hanging import ended_after
from intake.identifiers import beside, is_dead, this_process
from intake.log import get, trace_places
from intake.mailbox import Mailbox, open_mailbox
from intake.outbox import Sent, send_due
from intake.pipeline import House, work
from intake.receive import receive
from intake.reconcile import watch
from intake.restoring import begin, pending, take_in
from intake.store import Store, arrivals, audit, deliveries, leases
from intake.store.arrivals import Arrival, MailboxRow
from intake.store.deliveries import Lane
from intake.store.leases import Lease
from intake.students.sync import figures, synchronise
from intake.uncertain import look_up
from intake.vocabulary import ArrivalState, Disposition, Mode
from intake.watch import Watch
from intake.webhooks import send_notices

log = get()

#: these stay in the folder for the staff who read it
STAY = (Disposition.LEAVE, Disposition.IGNORE)

#: told of each message that was decided: its source `FOLDER/UIDVALIDITY/UID` and its result
OnMessage = Callable[[str, dict[str, Any]], None]


@dataclass(slots=True)
class Round:
    """What one round did; `troubles` are what kept it from being whole."""

    counts: Counter[str] = field(default_factory=Counter)
    dispositions: Counter[str] = field(default_factory=Counter)
    troubles: list[IntakeError] = field(default_factory=list)
    #: an alert could not be sent yet
    alert_waits: bool = False
    #: the mailbox was looked at: no other worker has it
    looked: bool = False
    #: there is more to take in than this round had time for
    more: bool = False


@dataclass(frozen=True, slots=True)
class Rounds:
    """Makes rounds over one mailbox, one store and one SMTP server; `stop` ends a round after the message in hand."""

    house: House
    store: Store
    stop: threading.Event = field(default_factory=threading.Event)
    holder: str = field(default_factory=this_process)
    #: over the connections that are open
    watches: WeakSet[Watch] = field(default_factory=WeakSet)

    def make(self, on_message: OnMessage | None = None) -> Round:
        """Make one round by itself. Troubles of mailbox, SMTP and database are told, not raised."""
        done = Round()
        try:
            begin(self.store, _now())
            self._free_what_the_dead_held()
            self._visit(done, self._receive)
            self._take_in_what_was_handled(done)
            self._work(done, on_message)
            self._return_unconfirmed()
            if done.looked and self._something_to_move():
                self._visit(done, self._move)
            self._send(done)
            self.give_back()
        except DatabaseUnavailable as error:
            _tell(done, error)
        return done

    def receive(self) -> Round:
        """Take in what is new and move what is handled, and nothing else."""
        done = Round()
        try:
            begin(self.store, _now())
            self._visit(done, self._receive, self._move)
            self._take_in_what_was_handled(done)
        except DatabaseUnavailable as error:
            _tell(done, error)
        return done

    def work(self, on_message: OnMessage | None = None) -> Round:
        """Work what was received, by this worker or another, and nothing else."""
        done = Round()
        try:
            begin(self.store, _now())
            self._free_what_the_dead_held()
            self._work(done, on_message)
            self._return_unconfirmed()
        except DatabaseUnavailable as error:
            _tell(done, error)
        return done

    def send(self) -> Round:
        """Send what is due, and nothing else."""
        done = Round()
        try:
            begin(self.store, _now())
            self._send(done)
        except DatabaseUnavailable as error:
            _tell(done, error)
        return done

    def reconcile(self) -> Round:
        """Compare the mailbox with the ledger, and alarm where a message is not accounted for."""
        done = Round()
        try:
            with self.store.writing() as session:
                mine = leases.take(session, "reconcile", self.holder, _now(), self._lease)
            if mine:
                watch(self.store, self.house.settings.mailbox, _now(), lambda: not self.stop.is_set())
        except IntakeError as error:
            _tell(done, error)
        return done

    def follow_register(self) -> Round:
        """Bring the student register to what the university's own database says."""
        done = Round()
        try:
            with self.store.writing() as session:
                mine = leases.take(session, "students", self.holder, _now(), self._lease)
            if mine:
                followed = synchronise(self.store, self.house.settings.students)
                log.info("students synchronised", **figures(followed))
        except IntakeError as error:
            _tell(done, error)
        return done

    def fly(self) -> Round:
        """Send a canary where one is due, and alarm where the last one did not come by."""
        done = Round()
        try:
            with self.store.writing() as session:
                mine = leases.take(session, "canary", self.holder, _now(), self._lease)
            if mine:
                canary.watch(self.store, self.house.desk, self.house.settings, _now())
        except IntakeError as error:
            _tell(done, error)
        return done

    def hang_up(self) -> None:
        """End every connection to the mailbox, whoever waits on it."""
        for one in list(self.watches):
            one.hang_up("was ended, to stop")

    def give_back(self) -> None:
        """Let another worker have the mailbox at once."""
        with self.store.writing() as session:
            leases.give_back(session, _lease_name(self._row(session)), self.holder, _now())

    @property
    def _lease(self) -> timedelta:
        return timedelta(seconds=self.house.settings.worker.lease_s)

    def _row(self, session: Session) -> MailboxRow:
        place = self.house.settings.mailbox
        return arrivals.open_mailbox(session, place.host, place.username, place.folder)

    def _visit(self, done: Round, *actions: Callable[[Round, Mailbox, Lease], None]) -> None:
        """Do something in the mailbox over one connection, unless another worker who lives polls it."""
        try:
            with self.store.writing() as session:
                name = _lease_name(self._row(session))
                lease = leases.take(session, name, self.holder, _now(), self._lease)
            if lease is None:
                log.info("another worker polls this mailbox")
                return
            with self._opened() as mailbox:
                done.looked = True
                for action in actions:
                    action(done, mailbox, lease)
        except DatabaseUnavailable:
            raise
        except IntakeError as error:
            _tell(done, error)

    def _opened(self) -> Mailbox:
        settings = self.house.settings
        over = Watch(settings.mailbox.cycle_s)
        self.watches.add(over)
        return open_mailbox(settings.mailbox, read_only=settings.service.mode is Mode.OBSERVE, watch=over)

    def _receive(self, done: Round, mailbox: Mailbox, lease: Lease) -> None:
        def fence(session: Session) -> None:
            leases.renew(session, lease, _now())

        for received in receive(self.store, self.house.desk.vault, mailbox, self.house.settings, _now(), fence):
            done.counts["fetched"] += received.fetched
            done.counts["noted"] += received.noted
            log.info("received", fetched=received.fetched, noted=received.noted, again=received.seen_before)
            done.more = mailbox.is_late
            if self.stop.is_set() or done.more:
                return

    def _take_in_what_was_handled(self, done: Round) -> None:
        """After a restore: the handled folder holds messages that this database never saw."""
        settings = self.house.settings
        if not pending(self.store):
            return
        try:
            with open_mailbox(settings.mailbox, read_only=True) as mailbox:
                received = take_in(self.store, self.house.desk.vault, mailbox, settings, _now())
        except DatabaseUnavailable:
            raise
        except IntakeError as error:
            _tell(done, error)
            return
        done.counts["fetched"] += received.fetched

    def _work(self, done: Round, on_message: OnMessage | None) -> None:
        while not self.stop.is_set():
            with self.store.writing() as session:
                arrival = arrivals.claim(session, self.holder, _now(), self._lease)
                if arrival is None:
                    return
                if arrival.attempts >= self.house.settings.worker.attempts:
                    # It was begun twice and never ended: it kills or hangs whoever works it.
                    _set_aside(session, arrival, ArrivalState.QUARANTINED, "never_ended")
                    log.error("arrival quarantined", arrival=arrival.arrival_id, tries=arrival.attempts - 1)
                    done.counts["quarantined"] += 1
                    continue
            self._work_one(done, arrival, on_message)

    def _work_one(self, done: Round, arrival: Arrival, on_message: OnMessage | None) -> None:
        try:
            with ended_after(self.house.settings.worker.message_s):
                recorded = work(self.house, self.store, arrival, self.holder, _now())
        except DatabaseUnavailable:
            raise
        except Exception as error:
            trouble = f"{type(error).__name__} at {trace_places(error)}"
            # Not `log.exception`: an error's own text can hold words of the letter.
            log.error("arrival shunted", arrival=arrival.arrival_id, trouble=trouble)  # noqa: TRY400
            with self.store.writing() as session:
                if not arrivals.still_claimed(session, arrival.arrival_id, self.holder):
                    return
                _set_aside(session, arrival, ArrivalState.SHUNTED, trouble)
            done.counts["shunted"] += 1
            return
        if recorded is None:
            log.warning("another worker took over an arrival", arrival=arrival.arrival_id)
            return
        disposition = recorded.result["decision"]["disposition"]
        done.counts["processed"] += 1
        done.dispositions[disposition] += 1
        log.info("arrival decided", arrival=arrival.arrival_id, disposition=disposition)
        if recorded.alerts:
            self._alert(done)
        canary.note(self.store, recorded.result, _now())
        if on_message is not None:
            on_message(f"{arrival.folder}/{arrival.uidvalidity}/{arrival.uid}", recorded.result)

    def _return_unconfirmed(self) -> None:
        returned = return_unconfirmed(self.store, _now())
        if returned:
            log.info("nobody confirmed in time", cases=returned)

    def _something_to_move(self) -> bool:
        settings = self.house.settings
        if settings.service.mode is Mode.OBSERVE or not settings.mailbox.handled_folder:
            return False
        with self.store.writing() as session:
            row = self._row(session)
            return bool(arrivals.to_move(session, row.mailbox_id, row.uidvalidity or 0, STAY))

    def _move(self, done: Round, mailbox: Mailbox, lease: Lease) -> None:  # noqa: ARG002 - as `_receive`
        if not mailbox.can_move:
            return
        with self.store.writing() as session:
            leases.renew(session, lease, _now())
            handled = arrivals.to_move(session, self._row(session).mailbox_id, mailbox.uidvalidity, STAY)
        if not handled:
            return
        # A move whose answer is lost is made again: a UID that is gone is passed over.
        mailbox.move(sorted(handled))
        with self.store.writing() as session:
            arrivals.mark_moved(session, list(handled.values()))

    def _alert(self, done: Round) -> None:
        """Send alerts at once, by a way of their own: not behind the outbox's queue, nor behind the next letter.

        What fails here is for the sending to try again, and to alarm of: the next letter is read all the same.
        """
        tried = Round()
        self._send_lane(tried, Lane.ALERTS, beside(self.holder))
        done.counts.update(tried.counts)

    def _send(self, done: Round) -> None:
        write_due(self.store, self.house.desk, _now())
        self._send_lane(done, Lane.MAIL, self.holder)
        vault, notices = self.house.desk.vault, self.house.settings.notices
        sent = send_notices(
            self.store,
            vault,
            notices,
            holder=self.holder,
            lease=self._lease,
            now=_now,
            stopped=self.stop.is_set,
        )
        _count(done, sent)

    def _send_lane(self, done: Round, lane: Lane, holder: str) -> None:
        try:
            send_due(
                self.store,
                self.house.desk.vault,
                self.house.settings.smtp,
                sender=self.house.settings.service.address,
                holder=holder,
                lease=self._lease,
                now=_now,
                lane=lane,
                told=lambda outcome: _count(done, outcome),
            )
            if lane is Lane.MAIL:
                look_up(self.store, self.house.settings.mailbox, _now())
        except DatabaseUnavailable:
            raise
        except IntakeError as error:
            _tell(done, error)
            with self.store.reading() as session:
                done.alert_waits = deliveries.alert_waits(session)
            if done.alert_waits:
                log.error("an alert could not be sent yet", error=type(error).__name__)  # noqa: TRY400

    def _free_what_the_dead_held(self) -> None:
        """Give back at once what a worker of this machine held when it was killed; others' claims end by themselves."""
        with self.store.writing() as session:
            for holder in arrivals.holders(session):
                if holder == self.holder:
                    # The database was away in the middle of it: not the message's doing.
                    arrivals.release(session, holder, blameless=True)
                elif is_dead(holder):
                    log.warning("a worker died with messages in hand", count=arrivals.release(session, holder))


def _lease_name(row: MailboxRow) -> str:
    return f"mailbox {row.mailbox_id}"


def _set_aside(session: Any, arrival: Arrival, state: ArrivalState, trouble: str) -> None:
    arrivals.set_aside(session, arrival.arrival_id, state, trouble)
    audit.append(session, _now(), "service", f"message_{state.value}", arrival.arrival_id)


def _count(done: Round, sent: Sent) -> None:
    done.counts["sent"] += sent.sent
    done.counts["failed"] += sent.failed
    done.counts["uncertain"] += sent.uncertain


def _tell(done: Round, error: IntakeError) -> None:
    log.error("trouble", error=type(error).__name__, reason=str(error))
    done.troubles.append(error)


def _now() -> datetime:
    return datetime.now(UTC)
