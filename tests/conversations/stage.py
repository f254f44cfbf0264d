"""The stage of a story: one real mailbox, one real SMTP server, one service, and people who write and answer."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from intake.rounds import Round, Rounds
from intake.store import Store, arrivals, audit, cases, consent
from intake.store.cases import Case
from intake.store.consent import ConsentEvent
from intake.vocabulary import ArrivalState, Purpose, Standing
from tests.conversations.people import Person
from tests.support.dovecot import Dovecot
from tests.support.sink import Received, SmtpSink

US = "studentwellbeing@herts.example"
_FOLDERS = ("INBOX", "Handled")


@dataclass(slots=True)
class Stage:
    """Everything that a story needs."""

    store: Store
    rounds: Rounds
    dovecot: Dovecot
    sink: SmtpSink
    _written: int = 0
    _shown: int = 0
    letters: list[bytes] = field(default_factory=list)

    def writes(
        self,
        who: Person,
        words: str,
        *,
        answering: Received | None = None,
        quoting: bool = True,
        threaded: bool = True,
        dmarc: str = "pass",
        head: str = "",
        ago: timedelta = timedelta(),
    ) -> None:
        """Let somebody write to the service, or answer one of its letters."""
        self._written += 1
        content = letter(self._written, who, words, answering, quoting, threaded, dmarc, head)
        self.letters.append(content)
        if not ago:
            self.dovecot.deliver(content)
            return
        with self.dovecot.client() as client:
            client.append("INBOX", content, msg_time=datetime.now(UTC) - ago)

    def goes_round(self) -> Round:
        """Make one whole round; nothing may go wrong in it."""
        done = self.rounds.make()
        assert done.troubles == []
        assert done.counts["shunted"] == done.counts["quarantined"] == done.counts["failed"] == 0
        return done

    def sent(self) -> list[Received]:
        """Give what was sent since this was asked last, in order."""
        new = self.sink.received[self._shown :]
        self._shown = len(self.sink.received)
        return new

    def play(self, who: Person, words: str, **how: object) -> list[Received]:
        """Let somebody write, go round, and give what was sent for it."""
        self.writes(who, words, **how)  # type: ignore[arg-type]
        self.goes_round()
        return self.sent()

    def standing(self, who: Person, standing: Standing) -> frozenset[Purpose]:
        """Which purposes of a student stand so."""
        assert who.student is not None
        with self.store.reading() as session:
            return consent.purposes_standing(session, who.student.student_id, standing)

    def events(self, who: Person) -> list[ConsentEvent]:
        """One student's ledger."""
        assert who.student is not None
        with self.store.reading() as session:
            return consent.history(session, who.student.student_id)

    def cases(self) -> list[Case]:
        """Every case, oldest first."""
        with self.store.reading() as session:
            return sorted(cases.every(session), key=lambda one: one.opened_at)

    def of_case(self, case: Case) -> int:
        """How many messages a case has."""
        with self.store.reading() as session:
            return len(cases.arrivals_of(session, case.case_id))

    def shows(
        self,
        *,
        inbox: int = 0,
        handled: int,
        cases: Sequence[str],
        sent: Sequence[str],
        withdrawn: frozenset[Purpose] = frozenset(),
        restricted: frozenset[Purpose] = frozenset(),
        of: Person,
    ) -> None:
        """Assert how the story ended: mailbox, ledger, cases (`disposition state`), and every message sent, in order.

        `of`: the student whose consents are meant; nobody else's may have changed. Sent is `template address`.
        """
        found = {folder: len(self.dovecot.messages(folder)) for folder in _FOLDERS}
        assert found == {"INBOX": inbox, "Handled": handled}
        assert [f"{one.disposition.value} {one.state.value}" for one in self.cases()] == list(cases)
        assert [described(one) for one in self.sink.received] == list(sent)
        assert self.standing(of, Standing.WITHDRAWN) == withdrawn
        assert self.standing(of, Standing.RESTRICTED) == restricted
        assert of.student is not None
        with self.store.reading() as session:
            assert set(consent.students_with_events(session)) <= {of.student.student_id}
            assert set(arrivals.counts(session)) == {ArrivalState.PROCESSED}
            assert audit.verify(session).ok


def described(one: Received) -> str:
    """Say what was sent, and to whom."""
    return f"{one.message['X-Wellbeing-Intake']} {one.rcpt_tos[0]}"


def to(sent: Sequence[Received], who: Person) -> Received:
    """Give the one message that went to somebody."""
    (found,) = [one for one in sent if one.rcpt_tos == (who.address,)]
    return found


def letter(
    number: int,
    who: Person,
    words: str,
    answering: Received | None,
    quoting: bool,
    threaded: bool,
    dmarc: str,
    head: str,
    at: datetime | None = None,
) -> bytes:
    """Write the RFC 5322 bytes as the university's own server would deliver them."""
    domain = who.address.rpartition("@")[2]
    now = format_datetime(at or datetime.now(UTC))
    subject, body = "Hello", words
    if answering is not None:
        message = answering.message
        subject = f"Re: {message['Subject']}"
        if threaded:
            head += f"In-Reply-To: {message['Message-ID']}\r\nReferences: {message['Message-ID']}\r\n"
        if quoting:
            quoted = "\n".join(f"> {line}" for line in message.get_content().splitlines())
            body = f"{words}\nOn {now}, Student Wellbeing <{US}> wrote:\n\n{quoted}\n"
    return (
        f"Return-Path: <{who.address}>\r\n"
        f"Authentication-Results: mx.herts.example; dmarc={dmarc} header.from={domain}\r\n"
        f"From: {who.address}\r\nTo: {US}\r\nSubject: {subject}\r\n{head}"
        f"Date: {now}\r\nMessage-ID: <story.{number}@{domain}>\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    ).encode() + body.replace("\n", "\r\n").encode()
