"""The demo as it is shown: letters in, the real river over them, and what became of each."""

import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from types import FrameType
from typing import Any

from intake.console.opening import open_place
from intake.console.serving import Serving
from intake.console.sessions import new_link
from intake.demo import records, telling
from intake.demo.letters import SampleLetter, answers, sample_letters, template_of
from intake.demo.page import Page
from intake.demo.postoffice import LOOPBACK, Sent
from intake.demo.stage import ADDRESS, PASSWORD, Stage, set_stage
from intake.rounds import Round
from intake.store import accounts
from intake.vocabulary import Disposition, Role

_POLL_EVERY_S = 1.0
_TITLE_WIDTH = 32
#: in this order they are shown
_ORDER = (
    Disposition.ESCALATE,
    Disposition.APPLY,
    Disposition.CONFIRM,
    Disposition.ANSWER,
    Disposition.TRIAGE,
    Disposition.FOLLOW_UP,
    Disposition.LEAVE,
    Disposition.IGNORE,
)


def run_demo(*, once: bool, with_console: bool = True) -> int:
    """Show the river at work on invented letters; exit status 1 if one was shunted or a delivery failed."""
    page, stop = Page(), threading.Event()
    page.title("wellbeing-intake demo")
    page.text(
        "Everything here runs on this machine: an IMAP server, an SMTP server, a database. Students and letters are "
        "invented. Nothing leaves the machine, and all of it is thrown away at the end."
    )
    with _stopped_by_signals(stop), set_stage(stop) as stage:
        showing = _Showing(page, stage, stop)
        healthy = showing.first_passes()
        if not once and not stop.is_set():
            with showing.console() if with_console else nullcontext():
                showing.keep_polling()
    return 0 if healthy else 1


@dataclass(slots=True)
class _Showing:
    page: Page
    stage: Stage
    stop: threading.Event
    counts: Counter[str] = field(default_factory=Counter)
    #: titles by Message-ID, in the order of delivery
    titles: dict[str, str] = field(default_factory=dict)

    def first_passes(self) -> bool:
        """Work the sample letters, then what comes back to the replies, and show all of it."""
        page, office = self.page, self.stage.office
        page.text(
            f"{self.stage.students} students were taken in from a CSV file. IMAP is at {LOOPBACK}:{office.imap_port}, "
            f"SMTP at {LOOPBACK}:{office.smtp_port}. The service acts by itself where it is sure (mode: automatic)."
        )
        problem = self.stage.rounds.house.reader.problem
        if problem is not None:
            page.text(f"The classifier reads urgency only, so nearly everything is left to a person: {problem}")
        healthy = self._pass(sample_letters(datetime.now(UTC)), "What became of each letter")
        came_back = answers(office.sent, datetime.now(UTC))
        if came_back and not self.stop.is_set():
            healthy &= self._pass(came_back, "What came back")
        self._replies()
        self._records()
        return healthy

    @contextmanager
    def console(self) -> Iterator[None]:
        """Serve the officers' console until the block ends, and print the one link that opens it."""
        house, store, now = self.stage.rounds.house, self.stage.store, datetime.now(UTC)
        serving = Serving(
            open_place(house.settings, store, house.desk.vault), host=LOOPBACK, port=0, behind_proxy=False
        )
        with store.writing() as session:
            account = accounts.add_local(session, "Demo", Role.LEAD, None, now)
        token = new_link(store, account, now)
        self.page.title("The officers' console")
        self.page.text("What is not sure waits for an officer. Open this in a browser of this machine; it works once:")
        self.page.gap()
        self.page.verbatim(f"{serving.site.origin}/sign-in/link?token={token}")
        with serving.in_background():
            yield

    def keep_polling(self) -> None:
        """Poll until stopped, and tell each new letter's fate."""
        page, office = self.page, self.stage.office
        page.title("Your turn")
        page.text("The service keeps polling. Send it a letter from another terminal:")
        page.gap()
        page.verbatim(_ready_command(office.smtp_port))
        page.gap()
        page.text(f"Or read the mailbox with any mail program: IMAP, {ADDRESS}, password {PASSWORD!r}, no TLS.")
        page.text("Ctrl-C ends it.")
        page.gap()
        while not self.stop.wait(_POLL_EVERY_S):
            self._look()
        page.gap()
        page.text("Stopped. Everything was thrown away.")

    def _look(self) -> None:
        worked: list[dict[str, Any]] = []
        written = len(self.stage.office.sent)
        self._trouble(self.stage.rounds.make(lambda _source, result: worked.append(result)))
        for result in worked:
            disposition = result["decision"]["disposition"]
            self.page.entry(f"{_clock()}  {disposition}", telling.line(result), left_width=20)
        for sent in self.stage.office.sent[written:]:
            self._reply(sent)

    def _pass(self, letters: Sequence[SampleLetter], heading: str) -> bool:
        worked: list[dict[str, Any]] = []
        for letter in letters:
            self.titles[letter.message_id] = letter.title
            self.stage.office.deliver(letter.content, letter.received_at)
        started = time.monotonic()
        done = self.stage.rounds.make(lambda _source, result: worked.append(result))
        self.page.title(heading)
        self._fates(worked)
        self._broken()
        took = time.monotonic() - started
        self.page.gap()
        self.page.text(
            f"{done.counts['processed']} of {len(letters)} letters worked and {done.counts['sent']} messages sent "
            f"in {took:.1f} s."
        )
        return self._trouble(done)

    def _fates(self, worked: Sequence[dict[str, Any]]) -> None:
        order = {message_id: place for place, message_id in enumerate(self.titles)}
        for disposition in _ORDER:
            group = [one for one in worked if one["decision"]["disposition"] == disposition.value]
            if not group:
                continue
            self.page.group(disposition.value, telling.heading(disposition), alarm=disposition is Disposition.ESCALATE)
            for result in sorted(group, key=lambda one: order.get(one["message_id"] or "", len(order))):
                title = self.titles.get(result["message_id"] or "", "A letter")
                self.page.entry(title, telling.line(result), left_width=_TITLE_WIDTH)

    def _broken(self) -> None:
        rows = records.set_aside(self.stage.store)
        if rows:
            self.page.group("set aside", "an error in the program: kept whole, to be put back", alarm=True)
            self.page.table(("state", "arrival", "at"), rows, (11, 22))

    def _trouble(self, done: Round) -> bool:
        for trouble in done.troubles:
            sys.stderr.write(f"wellbeing-intake: {trouble}\n")
        bad = ("shunted", "quarantined", "failed", "uncertain")
        return not done.troubles and not any(done.counts[name] for name in bad)

    def _replies(self) -> None:
        """Show one message of each template as it was sent."""
        self.page.title("What was written: one of each kind, as it was sent")
        first = {template_of(one): one for one in reversed(self.stage.office.sent)}
        for name in sorted(first):
            self._reply(first[name])

    def _reply(self, sent: Sent) -> None:
        message = message_from_bytes(sent.content, policy=policy.default)
        head = [f"{name}: {message[name]}" for name in ("To", "Subject", "Auto-Submitted")]
        self.page.group(template_of(sent).replace("_", " "), "")
        self.page.letter(head, str(message.get_content()).rstrip())

    def _records(self) -> None:
        page, store = self.page, self.stage.store
        page.title("The consent ledger: what changed")
        page.table(("from", "student", "event", "purposes"), records.ledger(store), (16, 9, 10))
        page.title("Cases that wait for a person or a student, by due date")
        head = ("due", "case", "state", "student", "why")
        page.table(head, records.waiting_cases(store), (16, 14, 7, 9))
        page.text(f"{records.settled_cases(store)} more are settled: nothing is left for a person.")
        page.title("The outbox")
        page.table(("", "state", "template", "why not sent"), records.outbox(store), (4, 9, 24))


def _ready_command(port: int) -> str:
    sender = "mf21kqa@student.herts.example"
    return (
        f'python3 -c \'import smtplib; smtplib.SMTP("{LOOPBACK}", {port}).sendmail(\n'
        f'  "{sender}", "{ADDRESS}",\n'
        f'  "From: {sender}\\nTo: {ADDRESS}\\nSubject: A question\\n\\n"\n'
        f'  "Who can see the notes from my sessions?")\''
    )


def _clock() -> str:
    return datetime.now().astimezone().strftime("%H:%M:%S")


@contextmanager
def _stopped_by_signals(stop: threading.Event) -> Iterator[None]:
    """Let the first Ctrl-C end it after the message in hand, and a second one at once."""

    def ask_to_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = {number: signal.signal(number, ask_to_stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
