"""Random conversations: whoever writes what, in whatever order, every promise is kept after each letter.

The whole river on SQLite, without a mailbox: letters are taken in as `receive` would, and worked one by one.
"""

import shutil
from dataclasses import dataclass, field
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

from intake.pipeline import House
from intake.sealing import Vault
from intake.store import cases, open_store
from intake.store.schema import cases as case_table
from intake.vocabulary import CaseState
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
from tests.conversations.world import World
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
        self._path = ground.folder / f"{next(ground.numbers)}.db"
        shutil.copy(ground.empty, self._path)
        self._world = World(ground.house, ground.vault, open_store(f"sqlite:///{self._path}"))

    def teardown(self) -> None:
        """Throw the conversation away."""
        self._world.store.close()
        self._path.unlink()

    @initialize(who=st.sampled_from([AMINA_AT_HOME, STRANGER, AMINA]))
    def begins(self, who: Person) -> None:
        """Amina withdraws from one of her addresses, or somebody does in her name."""
        self._world.gets(who, ALL_OF_IT.format(signature=BY_AMINA))

    @rule(who=PEOPLE, words=WITHDRAWALS, dmarc=DMARC, head=HEADS)
    def withdraws(self, who: Person, words: str, dmarc: str, head: str) -> None:
        """Somebody withdraws, for themselves or in another's name."""
        self._world.gets(who, words, dmarc=dmarc, head=head)

    @rule(who=PEOPLE, words=OTHER, dmarc=DMARC, head=HEADS)
    def writes(self, who: Person, words: str, dmarc: str, head: str) -> None:
        """Somebody writes about something else."""
        self._world.gets(who, words, dmarc=dmarc, head=head)

    @precondition(lambda self: self._world.wrote())
    @rule(which=st.integers(0, 50), words=ANSWERS | WITHDRAWALS, dmarc=DMARC, head=HEADS, quoting=st.booleans())
    def answers(self, which: int, words: str, dmarc: str, head: str, quoting: bool) -> None:
        """Whoever got one of our letters answers it."""
        sent = self._world.wrote()
        received = sent[which % len(sent)]
        who = KNOWN.get(received.rcpt_tos[0], STRANGER)
        self._world.gets(who, words, answering=received, dmarc=dmarc, head=head, quoting=quoting)

    @precondition(lambda self: self._questions())
    @rule(who=PEOPLE | st.none(), which=st.integers(0, 5), words=PLAIN, dmarc=DMARC, head=HEADS, quoting=st.booleans())
    def answers_our_question(
        self, who: Person | None, which: int, words: str, dmarc: str, head: str, quoting: bool
    ) -> None:
        """The one who was asked (None), or anybody else, answers our question to a registered address."""
        questions = self._questions()
        question = questions[which % len(questions)]
        answerer = who or KNOWN[question.rcpt_tos[0]]
        self._world.gets(answerer, words, answering=question, dmarc=dmarc, head=head, quoting=quoting)

    @rule(hours=st.sampled_from([1, 30, 24 * 8, 24 * 15]))
    def time_passes(self, hours: int) -> None:
        """Time passes, and what waits too long comes back."""
        self._world.waits(hours)

    @rule(which=st.integers(0, 50))
    def an_officer_settles(self, which: int) -> None:
        """An officer settles a case and changes no consent."""
        with self._world.store.writing() as session:
            found = [one for one in cases.every(session) if one.state is not CaseState.MERGED]
            if found:
                cases.settle(session, found[which % len(found)].case_id)

    @rule(which=st.integers(0, 50))
    def an_officer_merges(self, which: int) -> None:
        """An officer merges two cases of one student."""
        with self._world.store.writing() as session:
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
        promises.kept(self._world.store, self._world.vault, [AMINA, BEN], self._world.letters)

    def _questions(self) -> list[Received]:
        return [one for one in self._world.wrote() if b"withdrawal_confirmation" in one.content]


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
