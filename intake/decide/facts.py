"""What a decision rests on, and the decision, as values."""

from dataclasses import dataclass
from datetime import datetime

from classifiers import Classification
from intake.authenticate import Authentication
from intake.match import Match
from intake.parse import InboundMessage
from intake.screen import Screening
from intake.vocabulary import (
    Assurance,
    Clock,
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
    known_case: KnownCase | None = None
    #: what is already withdrawn, and what is held, so that a repeat changes nothing
    already_stopped: frozenset[Purpose] = frozenset()
    already_held: frozenset[Purpose] = frozenset()


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
    #: what would have happened in automatic mode, where `mode` held it back
    proposed: Disposition | None = None
