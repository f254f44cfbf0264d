"""What a letter was read to say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Intent(StrEnum):
    """What a letter asks; several may hold."""

    CONSENT_WITHDRAWAL = "consent_withdrawal"
    CONFIDENTIALITY_QUESTION = "confidentiality_question"
    DATA_RIGHTS_REQUEST = "data_rights_request"
    CONSENT_REINSTATEMENT = "consent_reinstatement"
    THIRD_PARTY_ENQUIRY = "third_party_enquiry"
    OTHER = "other"


class Scope(StrEnum):
    """What a withdrawal is about: the withdrawable purposes."""

    INTERNAL_SHARING = "internal_sharing"
    THIRD_PARTY_SHARING = "third_party_sharing"
    SUPERVISION = "supervision"
    STATISTICS = "statistics"
    CONTACT = "contact"


class AuthorRole(StrEnum):
    """Who speaks in the letter."""

    STUDENT = "student"
    ON_BEHALF = "on_behalf"
    PROFESSIONAL = "professional"
    STAFF = "staff"
    ORGANISATION = "organisation"
    MACHINE = "machine"


class Abstention(StrEnum):
    """Why no intent is given; a person reads instead."""

    EMPTY = "empty"
    NOT_ENGLISH = "not_english"
    TOO_LONG = "too_long"
    UNSURE = "unsure"
    OUT_OF_DISTRIBUTION = "out_of_distribution"
    MODEL_MISSING = "model_missing"


class Veto(StrEnum):
    """Why a withdrawal, however probable, is not acted on without a person."""

    NO_EXPLICIT_CUE = "no_explicit_cue"
    QUOTATION = "quotation"
    OPEN_CONDITION = "open_condition"
    REVERSAL = "reversal"
    RIGHTS_WORDS = "rights_words"
    OTHER_BODY = "other_body"
    NEEDS_QUOTED_QUESTION = "needs_quoted_question"
    NOT_WHOLLY_ENGLISH = "not_wholly_english"
    SERVICE_IMITATION = "service_imitation"
    PAST_REPORT = "past_report"
    QUESTION_FORM = "question_form"
    SECOND_INTENT = "second_intent"
    THIRD_PERSON = "third_person"
    TOO_LONG = "too_long"
    URGENCY_UNCLEAR = "urgency_unclear"


@dataclass(frozen=True, slots=True)
class Letter:
    """What is read: the writer's own words, and what they answer.

    `quoted_text` is context for short answers and is searched for urgency; it is never the writer's words.
    `attachment_names`, `nested_text` (forwarded messages) and `set_apart` (the writer's own sentences in what was taken
    for a signature, a name or hidden text) are searched for urgency alone.
    """

    new_text: str
    subject: str = ""
    quoted_text: str = ""
    nested_text: str = ""
    attachment_names: tuple[str, ...] = ()
    set_apart: str = ""


@dataclass(frozen=True, slots=True)
class IntentReading:
    """One intent with its calibrated probability, 0 to 1."""

    intent: Intent
    probability: float


@dataclass(frozen=True, slots=True)
class Urgency:
    """A person must read this now. No score and no levels."""

    flag: bool = False
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What stands between a reading and an act without a person: were it gone, the outcome would be another.

    `name`: that of a veto; `margin`: the model is `short_by` logits too unsure; `scope`: what is withdrawn is unclear.
    `sentence`: where the rules heard it, "" where it is not in one sentence.
    """

    name: str
    sentence: str = ""
    short_by: float | None = None


@dataclass(frozen=True, slots=True)
class Classification:
    """What was read, how surely, and why.

    `intents`: every intent above its queue threshold, most probable first; empty when it abstained.
    `sure`: the intents on which something may happen without a person (act threshold, rules agree, no veto).
    `scope`: of a withdrawal; a full one lists every `Scope`; empty where no withdrawal or unclear.
    `scope_sure`: whether `scope` may be acted on.
    `obstacles`: what would have to be otherwise for a likely withdrawal to be acted on alone; empty where it is.
    `limits`: the writer's own exceptions, conditions and dates, verbatim; empty where there are none.
    `complaints`: sentences in which the writer complains, verbatim; whatever else is asked.
    `language`: ISO 639-1 of the own words, `und` where unknown; `wholly_english` is false for one foreign paragraph.
    """

    intents: tuple[IntentReading, ...] = ()
    probabilities: Mapping[Intent, float] = field(default_factory=dict)
    sure: frozenset[Intent] = frozenset()
    scope: tuple[Scope, ...] = ()
    scope_sure: bool = False
    limits: tuple[str, ...] = ()
    complaints: tuple[str, ...] = ()
    urgent: Urgency = Urgency()
    author_role: AuthorRole = AuthorRole.STUDENT
    language: str = "und"
    wholly_english: bool = True
    abstention: Abstention | None = None
    vetoes: tuple[Veto, ...] = ()
    evidence: tuple[str, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()
    version: str = ""

    def has(self, intent: Intent) -> bool:
        """Say whether `intent` is above its threshold."""
        return any(reading.intent is intent for reading in self.intents)
