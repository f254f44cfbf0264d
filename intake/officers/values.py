"""What an officer does, as values: the hand that acts, what follows, and why something is refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from intake.clocks import BankHolidays, ClockEvent
from intake.compose import Desk
from intake.decide import ConsentChange
from intake.evidence import Evidence
from intake.reply import Reply
from intake.settings import Settings
from intake.store import Store
from intake.store.cases import Case
from intake.store.decisions import DecisionRow
from intake.vocabulary import Purpose


class Office(Protocol):
    """Where officers work: the console's place."""

    @property
    def store(self) -> Store:
        """The database."""

    @property
    def settings(self) -> Settings:
        """The configuration."""

    @property
    def desk(self) -> Desk:
        """Where replies are written."""

    @property
    def holidays(self) -> BankHolidays:
        """Days that are no working days."""


class Action(StrEnum):
    """What an officer does with a case."""

    APPLY = "apply"
    ANSWER = "answer"
    ASK = "ask"
    CORRECT = "correct"
    HOLD = "hold"
    RELEASE = "release"
    SEND = "send"
    RECORD_WITHDRAWAL = "record_withdrawal"
    RECORD_REINSTATEMENT = "record_reinstatement"
    NOT_OURS = "not_ours"
    ACKNOWLEDGE = "acknowledge"
    DISCLOSE = "disclose"
    REASSIGN = "reassign"
    CLOSE = "close"
    REOPEN = "reopen"
    MERGE = "merge"
    NOTE = "note"
    CLOCK = "clock"
    ASK_APPROVAL = "ask_approval"
    REFUSE_APPROVAL = "refuse_approval"
    WITHDRAW_APPROVAL = "withdraw_approval"
    ERASE = "erase"
    THIRD_PARTY = "third_party_release"
    UNDO = "undo"


class RefusalReason(StrEnum):
    """Why something an officer wanted was not done; nothing was changed then."""

    #: somebody else has the case in hand
    IN_ANOTHERS_HAND = "in_anothers_hand"
    #: the case changed since it was shown
    STALE = "stale"
    #: the case goes on in another one
    MERGED = "merged"
    #: that is done already, or does not fit the case as it stands
    DOES_NOT_FIT = "does_not_fit"
    #: no student is named
    NO_STUDENT = "no_student"
    #: there is no such student, case or officer
    UNKNOWN = "unknown"
    #: nothing was chosen
    NO_PURPOSE = "no_purpose"
    #: there is no address to write to, or not one that may get this
    NO_ADDRESS = "no_address"
    #: what would be sent is not what was shown
    PREVIEW_CHANGED = "preview_changed"
    #: this was written to this address already
    SENT_ALREADY = "sent_already"
    #: words are needed, and there are none
    WORDS_NEEDED = "words_needed"
    #: the registered address has not answered
    NOT_ANSWERED = "not_answered"
    #: what is held must be withdrawn or released first
    HOLD_STANDS = "hold_stands"
    #: a person must first say that they have the urgent letter
    NOT_ACKNOWLEDGED = "not_acknowledged"
    #: a second person, a lead, must look
    SECOND_PERSON = "second_person"
    #: a message has left, or is leaving
    LEFT_THE_HOUSE = "left_the_house"
    #: a consent change is taken back by who made it, within a quarter of an hour, or not at all
    TOO_LATE = "too_late"
    #: something was decided after it
    NOT_THE_LAST = "not_the_last"
    #: only what a settled case holds is erased, and none of it that another case still needs
    STILL_OPEN = "still_open"
    #: a message of the case has not left yet
    STILL_LEAVING = "still_leaving"
    #: what was asked is too old to be approved
    EXPIRED = "expired"
    #: consent to sharing is withdrawn or held, and cannot be what a release rests on
    CONSENT_STOPPED = "consent_stopped"
    #: a moment in the future, or before the service existed
    IMPOSSIBLE_TIME = "impossible_time"


class CloseReason(StrEnum):
    """Why a case is closed without more."""

    ANSWERED_ELSEWHERE = "answered_elsewhere"
    NOTHING_ASKED = "nothing_asked"
    WITHDRAWN_BY_WRITER = "withdrawn_by_writer"
    DUPLICATE = "duplicate"
    DONE = "done"


class Ground(StrEnum):
    """Why a hold may be released."""

    #: the registered address answered
    ADDRESS_ANSWERED = "address_answered"
    #: the student was called on the number on record, and said so
    RECORDED_CALL = "recorded_call"
    #: neither: an override, for which a second person must look
    OVERRIDE = "override"


class Basis(StrEnum):
    """On what a release to a third party rests: the published policy knows these three."""

    #: the student's express permission
    PERMISSION = "permission"
    #: a serious risk to the student's or others' safety
    SERIOUS_RISK = "serious_risk"
    #: compelled by law
    LAW = "law"


class Channel(StrEnum):
    """How a student said something otherwise than by mail."""

    TELEPHONE = "telephone"
    PAPER = "paper"
    IN_PERSON = "in_person"


class NoteKind(StrEnum):
    """What an officer's words are about."""

    NOTE = "note"
    REASON = "reason"
    CALL = "call"
    DISCLOSURE = "disclosure"
    THIRD_PARTY = "third_party"


@dataclass(frozen=True, slots=True)
class Hand:
    """Who acts, on which case, as they saw it in which version, and when."""

    account_id: str
    name: str
    case_id: str
    version: int
    now: datetime
    #: may be the second pair of eyes
    is_lead: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """Nothing was changed, and why. `changes`: what was decided since the case was shown."""

    reason: RefusalReason
    holder: str | None = None
    changes: tuple[DecisionRow, ...] = ()
    case: Case | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """It was done: the case as it is now, and the decision by which it can be undone."""

    case: Case
    decision_id: str


@dataclass(frozen=True, slots=True)
class Words:
    """An officer's own words, to be sealed: fields by name."""

    kind: NoteKind
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Correction:
    """What a letter says, as an officer reads it."""

    intents: tuple[str, ...]
    scope: tuple[str, ...]
    urgent: bool
    differs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """Consent changes, and what they rest on."""

    evidence: Evidence
    changes: tuple[ConsentChange, ...]


@dataclass(frozen=True, slots=True)
class Resolution:
    """What follows from an officer's decision: written in one transaction, or not at all.

    `case`: columns of the case that change. `detail`: ids, slugs and numbers for the audit trail.
    """

    action: Action
    case: Mapping[str, Any] = field(default_factory=dict)
    entries: tuple[Entry, ...] = ()
    replies: tuple[Reply, ...] = ()
    words: Words | None = None
    correction: Correction | None = None
    #: what is noted about a rights request's clock
    clock: ClockEvent | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    #: what the registered address is asked to confirm
    asks: tuple[Purpose, ...] = ()
