"""What a decision rests on, and the decision, as values."""

from dataclasses import dataclass
from datetime import datetime

from classifiers import Classification
from classifiers.confirmation import Answer
from intake.authenticate import Authentication
from intake.match import Match
from intake.parse import InboundMessage
from intake.screen import Screening
from intake.vocabulary import (
    Assurance,
    CaseState,
    Clock,
    ConfirmationState,
    ConsentEventKind,
    Disposition,
    Purpose,
    Reason,
    RecipientKind,
    ReplyTemplate,
)


@dataclass(frozen=True, slots=True)
class KnownCase:
    """The case a message belongs to, found by our signed token and the same sender."""

    case_id: str
    student_id: str | None
    state: CaseState = CaseState.SETTLED


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Our question to a registered address, whose token this message carries."""

    delivery_id: str
    #: where its case is now, merges followed
    case_id: str
    case_state: CaseState
    student_id: str
    #: what is withdrawn when it is confirmed, and from when: the receipt of the letter that it asks about
    purposes: tuple[Purpose, ...]
    received_at: datetime
    expires_at: datetime
    state: ConfirmationState
    #: what its case holds and no other case needs held: released when it is denied
    held: frozenset[Purpose] = frozenset()
    #: this message comes from the address that was asked
    from_the_one_asked: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """A case of the same sender that waits for the registered address, and what it would withdraw."""

    case_id: str
    purposes: frozenset[Purpose]


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a decision rests on. `classification` is None where the message was not classified at all."""

    message: InboundMessage
    screening: Screening
    authentication: Authentication
    classification: Classification | None
    match: Match
    assurance: Assurance
    received_at: datetime
    #: older than a day at first sight, or a replayed epoch: decided as usual, replies withheld
    too_old: bool = False
    #: its own date is long before its receipt: somebody may have sent an old letter, signed as it was, once more
    written_long_ago: bool = False
    #: received before this database was restored from a copy: it may be answered already, replies withheld
    restored: bool = False
    known_case: KnownCase | None = None
    #: the duty replies to an alert of `known_case`, and a trusted server vouches for the address
    answers_alert: bool = False
    #: it says that it comes from an address to which alerts go
    from_duty: bool = False
    confirmation: Confirmation | None = None
    waiting: tuple[Waiting, ...] = ()
    #: what the own words say as an answer, by closed rules
    answer: Answer = Answer.THANKS
    #: what is already withdrawn, and what is held, so that a repeat changes nothing
    already_stopped: frozenset[Purpose] = frozenset()
    already_held: frozenset[Purpose] = frozenset()

    @property
    def plain_answer(self) -> bool:
        """Whether it only says yes or no to a letter of ours; what else is read in it stands in that letter."""
        ours = self.confirmation is not None or self.known_case is not None
        return ours and self.answer in (Answer.YES, Answer.NO)


@dataclass(frozen=True, slots=True)
class ConsentChange:
    """One event to record, for each of `purposes`."""

    event: ConsentEventKind
    purposes: tuple[Purpose, ...]
    #: for each purpose the event that is taken back, where something is undone
    undoes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedReply:
    """A message to write, if the guard allows."""

    template: ReplyTemplate
    recipient: RecipientKind


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to happen, and why; `reasons` first is the row that held."""

    disposition: Disposition
    reasons: tuple[Reason, ...]
    student_id: str | None = None
    consent: tuple[ConsentChange, ...] = ()
    replies: tuple[PlannedReply, ...] = ()
    #: which clock runs; None without a case
    clock: Clock | None = None
    #: case state at the start: settled where nothing is left for a person
    settled: bool = False
    #: the case it joins
    case_id: str | None = None
    #: from when its consent changes take effect, where that is not the message's own receipt
    effective_at: datetime | None = None
    #: what the registered address is asked to confirm
    asks: tuple[Purpose, ...] = ()
    #: how our question is answered by it; None where its token stays as it is
    answers: ConfirmationState | None = None
    #: what would have happened in automatic mode, where `mode` held it back
    proposed: Disposition | None = None
