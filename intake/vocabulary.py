"""The words of this house: every closed list that is stored, printed, or decided upon."""

from enum import IntEnum, StrEnum


class Purpose(StrEnum):
    """What information is used for, by the published policy; details in `config/purposes.toml`."""

    INTERNAL_SHARING = "internal_sharing"
    THIRD_PARTY_SHARING = "third_party_sharing"
    SUPERVISION = "supervision"
    STATISTICS = "statistics"
    CONTACT = "contact"
    STATUTORY_RETURNS = "statutory_returns"
    SERIOUS_RISK_DISCLOSURE = "serious_risk_disclosure"


#: Those that a student can withdraw from; the rest rest on law, not on consent.
WITHDRAWABLE: tuple[Purpose, ...] = (
    Purpose.INTERNAL_SHARING,
    Purpose.THIRD_PARTY_SHARING,
    Purpose.SUPERVISION,
    Purpose.STATISTICS,
    Purpose.CONTACT,
)


class ConsentEventKind(StrEnum):
    """What happened to one student's consent for one purpose."""

    GIVEN = "given"
    WITHDRAWN = "withdrawn"
    HELD = "held"
    RELEASED = "released"
    REINSTATED = "reinstated"


class Standing(StrEnum):
    """Where a consent stands, derived from its events."""

    UNKNOWN = "unknown"
    GIVEN = "given"
    WITHDRAWN = "withdrawn"
    RESTRICTED = "restricted"
    NOT_CONSENT_BASED = "not_consent_based"


class Disposition(StrEnum):
    """What becomes of a message; the policy table's second column."""

    APPLY = "apply"
    CONFIRM = "confirm"
    ANSWER = "answer"
    TRIAGE = "triage"
    ESCALATE = "escalate"
    FOLLOW_UP = "follow_up"
    LEAVE = "leave"
    IGNORE = "ignore"


class ArrivalState(StrEnum):
    """Where an arrival stands; each has exactly one."""

    RECEIVED = "received"
    PROCESSED = "processed"
    SHUNTED = "shunted"
    QUARANTINED = "quarantined"
    NOTED = "noted"


class CaseState(StrEnum):
    """Where a case stands."""

    OPEN = "open"
    WAITING = "waiting"
    SETTLED = "settled"
    MERGED = "merged"


class ConfirmationState(StrEnum):
    """Where a question to a registered address stands; its token counts once, and only while it is `asked`."""

    ASKED = "asked"
    CONFIRMED = "confirmed"
    DENIED = "denied"
    #: nobody answered in time
    EXPIRED = "expired"
    #: everything it asks about was withdrawn otherwise meanwhile
    OVERTAKEN = "overtaken"


class DeliveryState(StrEnum):
    """Where an outgoing message stands."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    BOUNCED = "bounced"
    WITHHELD = "withheld"


class ReplyTemplate(StrEnum):
    """The messages this service writes; each is a folder in `templates/replies/`."""

    WITHDRAWAL_ACKNOWLEDGED = "withdrawal_acknowledged"
    WITHDRAWAL_CONFIRMATION = "withdrawal_confirmation"
    NEUTRAL_RECEIPT = "neutral_receipt"
    QUESTION_ANSWERED = "question_answered"
    DUTY_ALERT = "duty_alert"
    CHANGE_NOTICE = "change_notice"


class RecipientKind(StrEnum):
    """To whom a message goes; each delivery has one recipient."""

    ORIGINATOR = "originator"
    REGISTERED_ADDRESS = "registered_address"
    DUTY = "duty"
    CONFIGURED = "configured"
    WEBHOOK = "webhook"


class Mode(StrEnum):
    """How much the service may do alone (`service.mode`)."""

    OBSERVE = "observe"
    ASSIST = "assist"
    AUTOMATIC = "automatic"


class AddressLink(StrEnum):
    """How the originator's address is tied to the matched student's record."""

    REGISTERED = "registered"
    ALTERNATE = "alternate"
    NONE = "none"


class Clock(StrEnum):
    """Which due date a case has (RULES D5)."""

    #: at once, in hours and out
    URGENT = "urgent"
    #: house target: one working day
    WITHDRAWAL = "withdrawal"
    #: UK GDPR Article 12(3): one month
    DATA_RIGHTS = "data_rights"
    #: Data Protection Act 2018 section 164A: acknowledged within 30 days
    COMPLAINT = "complaint"
    #: house target: three working days
    TRIAGE = "triage"


class ClockEventKind(StrEnum):
    """What changes the due date of a rights request (UK GDPR Articles 12 and 12A)."""

    #: two further months, where it is complex or there are many
    EXTENDED = "extended"
    #: what is meant was asked, and answered: the days between do not count
    STOPPED = "stopped"
    RESUMED = "resumed"
    #: who asks was asked, and proved: the clock starts with the proof
    IDENTITY_ASKED = "identity_asked"
    IDENTITY_PROVED = "identity_proved"


class Assurance(IntEnum):
    """How sure it is that the writer is who the message says (DESIGN: who)."""

    FORGED = 0
    UNAUTHENTICATED = 1
    UNKNOWN_ADDRESS = 2
    ALTERNATE_ADDRESS = 3
    REGISTERED_ADDRESS = 4


class Reason(StrEnum):
    """Why a message was decided as it was; counted and shown, never free text."""

    #: someone may be at risk of harm: a person must read this now
    URGENT = "urgent"
    #: RFC 3834: machine mail with nobody's own words
    AUTOMATED = "automated"
    #: machine mail that carries a person's request
    AUTOMATED_WITH_REQUEST = "automated_with_request"
    #: a delivery failure of one of our own messages
    DELIVERY_FAILURE = "delivery_failure"
    #: belongs to a known case and asks nothing new
    KNOWN_CASE = "known_case"
    #: not wholly in a language that is read here
    NOT_ENGLISH = "not_english"
    #: no words could be read
    UNREADABLE = "unreadable"
    #: nothing was written
    EMPTY = "empty"
    #: larger than is read automatically
    OVERSIZE = "oversize"
    #: the server gave a stand-in instead of the message
    PLACEHOLDER = "placeholder"
    #: text and HTML alternatives say different things, or words were hidden
    CONTRADICTORY = "contradictory"
    #: the writer is not the student
    NOT_THE_STUDENT = "not_the_student"
    #: withdraws and gives consent in one letter
    WITHDRAWAL_AND_REINSTATEMENT = "withdrawal_and_reinstatement"
    #: rules and model agree on a withdrawal
    WITHDRAWAL_SURE = "withdrawal_sure"
    #: a withdrawal is likely, but not sure enough to act alone
    WITHDRAWAL_UNSURE = "withdrawal_unsure"
    #: what exactly is withdrawn is not clear
    SCOPE_UNCLEAR = "scope_unclear"
    #: the letter names limits, conditions or dates to the withdrawal
    LIMITS_STATED = "limits_stated"
    #: a document or a message came with it, which only a person reads
    ENCLOSES = "encloses"
    #: its own date is more than a week before it came: an old letter may have been sent again
    WRITTEN_LONG_AGO = "written_long_ago"
    #: nobody in the register fits
    NO_STUDENT = "no_student"
    #: more than one student fits
    AMBIGUOUS_STUDENT = "ambiguous_student"
    #: registered university address, authenticated
    REGISTERED_ADDRESS = "registered_address"
    #: personal address on one record, authenticated
    ALTERNATE_ADDRESS = "alternate_address"
    #: authenticated address that no record knows
    UNKNOWN_ADDRESS = "unknown_address"
    #: nobody vouched for the sender
    UNAUTHENTICATED = "unauthenticated"
    #: signs of forgery
    FORGED = "forged"
    #: a question that the published policy answers
    QUESTION = "question"
    #: a question, but not one that is surely answered by the policy
    QUESTION_UNSURE = "question_unsure"
    #: a statutory right other than withdrawal
    DATA_RIGHTS = "data_rights"
    #: a complaint, which is acknowledged within 30 days (Data Protection Act 2018 section 164A)
    COMPLAINT = "complaint"
    #: consent given or given again: a person's positive act, recorded by a person
    REINSTATEMENT = "reinstatement"
    #: the classifier abstained
    ABSTAINED = "abstained"
    #: not this service's business
    NOT_OURS = "not_ours"
    #: nothing here is done without a person (`service.mode`)
    ASSIST_MODE = "assist_mode"
    #: decided and recorded only (`service.mode`)
    OBSERVE_MODE = "observe_mode"
    #: older than a day at first sight: an officer sends the reply
    TOO_OLD = "too_old"
    #: the duty answers an alert: a person has the case
    ALERT_ACKNOWLEDGED = "alert_acknowledged"
    #: an alert of this case reached nobody, as far as is known
    ALERT_NOT_DELIVERED = "alert_not_delivered"
    #: somebody who must know of a consent change was not told
    NOTICE_NOT_DELIVERED = "notice_not_delivered"
    #: came before the database was restored from a copy, and may be answered already
    RESTORED = "restored"
    #: the reply was withheld by a guard
    REPLY_WITHHELD = "reply_withheld"
    #: the registered address confirmed the withdrawal
    CONFIRMED = "confirmed"
    #: the registered address says that it did not write the withdrawal: somebody else may have
    CONFIRMATION_DENIED = "confirmation_denied"
    #: the registered address answered our question in words that are neither a plain yes nor a plain no
    CONFIRMATION_UNSURE = "confirmation_unsure"
    #: our question was answered from another address, or by somebody for whom nobody vouches: it changed nothing
    CONFIRMATION_REFUSED = "confirmation_refused"
    #: our question was answered after its deadline
    CONFIRMATION_EXPIRED = "confirmation_expired"
    #: our question was answered, or its case settled, before: this answer says otherwise
    CONFIRMATION_USED = "confirmation_used"
    #: nobody answered our question in time
    UNCONFIRMED = "unconfirmed"
    #: the same withdrawal came from the registered address before our question was answered
    OVERTAKEN = "overtaken"
    #: what it withdraws is withdrawn already
    ALREADY_STOPPED = "already_stopped"
    #: the same letter again, while our question about it waits
    REPEATED = "repeated"
    #: somebody whom we answered says that the letter was not theirs
    DISPUTED = "disputed"
    #: says more in the thread of a case in which nobody waits for it
    MORE_IN_THREAD = "more_in_thread"


class Role(StrEnum):
    """What an account of the console may do."""

    #: settles cases
    OFFICER = "officer"
    #: settles cases, and is the second pair of eyes
    LEAD = "lead"
    #: reads ledger, audit and statistics; settles nothing
    DATA_PROTECTION_OFFICER = "data_protection_officer"
    #: configures; reads no message
    ADMINISTRATOR = "administrator"
