"""Random conversations: whoever writes what, in whatever order, every promise is kept after each letter.

The whole river on SQLite, without a mailbox: letters are taken in as `receive` would, and worked one by one.
"""

import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import update

from intake.confirmation import return_unconfirmed
from intake.identifiers import new_id
from intake.pipeline import House, work
from intake.sealing import Vault, content_hash
from intake.store import Store, arrivals, cases, open_store
from intake.store.arrivals import NewArrival
from intake.store.schema import cases as case_table
from intake.vocabulary import ArrivalState, CaseState
from tests.conversations import promises
from tests.conversations.people import (
    A_COPY,
    ALL_OF_IT,
    AMINA,
    AMINA_AT_HOME,
    BEN,
    BEN_AT_HOME,
    BY_AMINA,
    BY_BEN,
    GIVE_AGAIN,
    MOTHER,
    NO,
    NOT_COUNTED,
    NOT_SAFE,
    NOT_SUPERVISED,
    STRANGER,
    THANKS,
    WHO_SEES_IT,
    YES,
    Person,
)
from tests.conversations.stage import letter
from tests.support.sink import Received

EVERYBODY = (AMINA, AMINA_AT_HOME, BEN, BEN_AT_HOME, STRANGER, MOTHER)
KNOWN = {one.address: one for one in EVERYBODY}
PEOPLE = st.sampled_from(EVERYBODY)
WITHDRAWALS = st.sampled_from(
    [one.format(signature=name) for one in (ALL_OF_IT, NOT_COUNTED, NOT_SUPERVISED) for name in (BY_AMINA, BY_BEN)]
)
PLAIN = st.sampled_from([YES, NO, "yes please, confirm\n"])
ANSWERS = PLAIN | st.sampled_from(
    [
        "Yes, but only the part about my tutor.\n",
        "ok\n",
        "What is this about?\n",
        THANKS,
        "Thanks, see you on Tuesday.\n",
    ]
)
OTHER = st.sampled_from([WHO_SEES_IT, A_COPY, GIVE_AGAIN, NOT_SAFE, THANKS, YES, "Can I move my appointment?\n", ""])
#: mostly authenticated, mostly people
DMARC = st.sampled_from(["pass", "pass", "pass", "none", "fail"])
HEADS = st.sampled_from(["", "", "", "Auto-Submitted: auto-replied\r\n", "X-Auto-Response-Suppress: All\r\n"])


@dataclass(slots=True)
class Ground:
    """What every conversation starts from."""

    house: House
    vault: Vault
    empty: Path
    folder: Path
    numbers: "count[int]" = field(default_factory=count)


@pytest.fixture
def ground(quiet_house: House, story_vault: Vault, empty_database: Path, tmp_path: Path) -> Ground:
    """One house and one empty database for all of them."""
    return Ground(quiet_house, story_vault, empty_database, tmp_path)


class Conversation(RuleBasedStateMachine):
    """People write, answer and wait; officers settle and merge cases."""

    ground: ClassVar[Ground]

    def __init__(self) -> None:
        """Begin with two students and nothing said."""
        super().__init__()
        ground = self.ground
        self._house, self._vault = ground.house, ground.vault
        self._path = ground.folder / f"{next(ground.numbers)}.db"
        shutil.copy(ground.empty, self._path)
        self._store: Store = open_store(f"sqlite:///{self._path}")
        self._now = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
        self._number = 0
        self._letters: list[bytes] = []
        self._sent: list[Received] = []

    def teardown(self) -> None:
        """Throw the conversation away."""
        self._store.close()
        self._path.unlink()

    @initialize(who=st.sampled_from([AMINA_AT_HOME, STRANGER, AMINA]))
    def begins(self, who: Person) -> None:
        """Amina withdraws from one of her addresses, or somebody does in her name."""
        self._works(who, ALL_OF_IT.format(signature=BY_AMINA))

    @rule(who=PEOPLE, words=WITHDRAWALS, dmarc=DMARC, head=HEADS)
    def withdraws(self, who: Person, words: str, dmarc: str, head: str) -> None:
        """Somebody withdraws, for themselves or in another's name."""
        self._works(who, words, dmarc=dmarc, head=head)

    @rule(who=PEOPLE, words=OTHER, dmarc=DMARC, head=HEADS)
    def writes(self, who: Person, words: str, dmarc: str, head: str) -> None:
        """Somebody writes about something else."""
        self._works(who, words, dmarc=dmarc, head=head)

    @precondition(lambda self: self._sent)
    @rule(which=st.integers(0, 50), words=ANSWERS | WITHDRAWALS, dmarc=DMARC, head=HEADS, quoting=st.booleans())
    def answers(self, which: int, words: str, dmarc: str, head: str, quoting: bool) -> None:
        """Whoever got one of our letters answers it."""
        received = self._sent[which % len(self._sent)]
        who = KNOWN.get(received.rcpt_tos[0], STRANGER)
        self._works(who, words, answering=received, dmarc=dmarc, head=head, quoting=quoting)

    @precondition(lambda self: self._questions())
    @rule(who=PEOPLE | st.none(), which=st.integers(0, 5), words=PLAIN, dmarc=DMARC, head=HEADS, quoting=st.booleans())
    def answers_our_question(
        self, who: Person | None, which: int, words: str, dmarc: str, head: str, quoting: bool
    ) -> None:
        """The one who was asked (None), or anybody else, answers our question to a registered address."""
        questions = self._questions()
        question = questions[which % len(questions)]
        answerer = who or KNOWN[question.rcpt_tos[0]]
        self._works(answerer, words, answering=question, dmarc=dmarc, head=head, quoting=quoting)

    @rule(hours=st.sampled_from([1, 30, 24 * 8, 24 * 15]))
    def time_passes(self, hours: int) -> None:
        """Time passes, and what waits too long comes back."""
        self._now += timedelta(hours=hours)
        return_unconfirmed(self._store, self._now)

    @rule(which=st.integers(0, 50))
    def an_officer_settles(self, which: int) -> None:
        """An officer settles a case and changes no consent."""
        with self._store.writing() as session:
            found = [one for one in cases.every(session) if one.state is not CaseState.MERGED]
            if found:
                cases.settle(session, found[which % len(found)].case_id)

    @rule(which=st.integers(0, 50))
    def an_officer_merges(self, which: int) -> None:
        """An officer merges two cases of one student."""
        with self._store.writing() as session:
            found = [one for one in cases.every(session) if one.state is not CaseState.MERGED and one.student_id]
            pairs = [(a, b) for a in found for b in found if a is not b and a.student_id == b.student_id]
            if not pairs:
                return
            merged, into = pairs[which % len(pairs)]
            values = {"state": CaseState.MERGED.value, "merged_into": into.case_id}
            session.execute(update(case_table).where(case_table.c.case_id == merged.case_id).values(values))

    @invariant()
    def every_promise_is_kept(self) -> None:
        """Whatever happened."""
        promises.kept(self._store, self._vault, [AMINA, BEN], self._letters)

    def _questions(self) -> list[Received]:
        return [one for one in self._sent if b"withdrawal_confirmation" in one.content]

    def _works(
        self,
        who: Person,
        words: str,
        *,
        answering: Received | None = None,
        quoting: bool = False,
        dmarc: str = "pass",
        head: str = "",
    ) -> None:
        self._number += 1
        self._now += timedelta(minutes=1)
        content = letter(self._number, who, words, answering, quoting, True, dmarc, head)
        self._letters.append(content)
        arrival_id, key = new_id("a"), self._vault.new_key()
        sealed = key.seal(content, f"arrivals/{arrival_id}/content")
        digest = content_hash(content)
        new = NewArrival(
            1, self._number, digest, len(content), "whole", self._now, ArrivalState.RECEIVED, key.wrapped, sealed,
            arrival_id,
        )  # fmt: skip
        with self._store.writing() as session:
            row = arrivals.open_mailbox(session, "imap.herts.example", "studentwellbeing@herts.example", "INBOX")
            arrivals.add(session, row.mailbox_id, [new], self._now)
            claimed = arrivals.claim(session, "here", self._now, timedelta(minutes=5))
        assert claimed is not None
        assert work(self._house, self._store, claimed, "here", self._now) is not None
        self._sent = [
            Received("", (str(one.message["To"]),), one.message.as_bytes(), False, None)
            for one in promises.written_by(self._store, self._vault)
        ]


def test_every_promise_is_kept_in_random_conversations(ground: Ground) -> None:
    here = ground

    class Here(Conversation):
        ground = here

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=35,
            stateful_step_count=12,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
