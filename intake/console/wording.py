"""Wording: what slugs mean, in the plain words that officers read. A slug that is not here is shown as it is."""

from datetime import datetime

from classifiers import Veto
from intake.clocks import LONDON
from intake.modes import Outcome
from intake.officers import Action, Basis, RefusalReason
from intake.vocabulary import (
    ArrivalState,
    Assurance,
    CaseState,
    ClockEventKind,
    DeliveryState,
    Disposition,
    Purpose,
    Reason,
    ReplyTemplate,
    Standing,
)

REASONS: dict[str, str] = {
    Reason.URGENT: "Somebody may be at risk of harm.",
    Reason.AUTOMATED_WITH_REQUEST: "A machine sent it, and it carries a person's request.",
    Reason.DELIVERY_FAILURE: "One of our own messages was not delivered.",
    Reason.KNOWN_CASE: "It belongs to this case and asks nothing new.",
    Reason.NOT_ENGLISH: "It is not wholly in English.",
    Reason.UNREADABLE: "Its words could not be read.",
    Reason.EMPTY: "Nothing was written in it.",
    Reason.OVERSIZE: "It is larger than is read automatically.",
    Reason.PLACEHOLDER: "The mail server gave a stand-in instead of the message.",
    Reason.CONTRADICTORY: "Its text and its HTML say different things, or words were hidden.",
    Reason.NOT_THE_STUDENT: "It was written by or for somebody other than the student.",
    Reason.WITHDRAWAL_AND_REINSTATEMENT: "It withdraws and gives consent in one letter.",
    Reason.WITHDRAWAL_SURE: "Rules and model agree that it withdraws consent.",
    Reason.WITHDRAWAL_UNSURE: "It probably withdraws consent, but that is not sure.",
    Reason.SCOPE_UNCLEAR: "What exactly is withdrawn is not clear.",
    Reason.LIMITS_STATED: "It names limits, conditions or dates.",
    Reason.ENCLOSES: "Something came with it that only a person can read.",
    Reason.WRITTEN_LONG_AGO: "Its own date is more than a week before it came: an old letter may have been sent again.",
    Reason.NO_STUDENT: "Nobody in the register fits.",
    Reason.AMBIGUOUS_STUDENT: "More than one student fits.",
    Reason.REGISTERED_ADDRESS: "It came from the student's registered address.",
    Reason.ALTERNATE_ADDRESS: "It came from the student's personal address on record.",
    Reason.UNKNOWN_ADDRESS: "It came from an address that no record knows.",
    Reason.UNAUTHENTICATED: "Nobody vouches for the sender.",
    Reason.FORGED: "The sender looks forged.",
    Reason.QUESTION: "It asks a question that the published policy answers.",
    Reason.QUESTION_UNSURE: "It asks a question that the policy may not answer.",
    Reason.DATA_RIGHTS: "It asks for another data-protection right.",
    Reason.COMPLAINT: "It complains: the law wants that acknowledged within 30 days.",
    Reason.REINSTATEMENT: "It gives consent, which a person records.",
    Reason.ABSTAINED: "The classifier did not dare to say what it asks.",
    Reason.ASSIST_MODE: "In assist mode a person decides.",
    Reason.OBSERVE_MODE: "In observe mode nothing is done automatically.",
    Reason.TOO_OLD: "It was more than a day old when it was first seen, so no reply went out.",
    Reason.REPLY_WITHHELD: "A reply was written and withheld.",
    Reason.AUTOMATED: "A machine sent it, and nobody's own words ask for anything.",
    Reason.NOT_OURS: "It is not this service's business.",
    Reason.RESTORED: "It came before the database was restored from a copy, and may be answered already.",
    Reason.CONFIRMED: "The registered address confirmed the withdrawal.",
    Reason.CONFIRMATION_DENIED: "The registered address did not write it: somebody else may have.",
    Reason.CONFIRMATION_UNSURE: "The registered address answered neither yes nor no.",
    Reason.CONFIRMATION_REFUSED: "Our question was answered from another address: that changed nothing.",
    Reason.CONFIRMATION_EXPIRED: "Our question was answered after its deadline.",
    Reason.CONFIRMATION_USED: "Our question was answered before, and this answer says otherwise.",
    Reason.UNCONFIRMED: "Nobody answered our question in time.",
    Reason.OVERTAKEN: "The same withdrawal came from the registered address meanwhile.",
    Reason.ALREADY_STOPPED: "What it withdraws is withdrawn already.",
    Reason.REPEATED: "It is the same letter again, while our question waits.",
    Reason.DISPUTED: "Somebody whom we answered says that the letter was not theirs.",
    Reason.MORE_IN_THREAD: "It says more in the thread of a settled case.",
    Reason.ALERT_ACKNOWLEDGED: "The duty answered an alert: a person has the case.",
    Reason.ALERT_NOT_DELIVERED: "An alert of this case reached nobody, as far as is known.",
    Reason.NOTICE_NOT_DELIVERED: "Somebody who must know of a consent change was not told.",
    "recorded_by_officer": "An officer recorded what was said otherwise than by mail.",
}
#: by veto, and by what else keeps a withdrawal from being applied alone; said after "were it not for"
OBSTACLES: dict[str, str] = {
    Veto.NO_EXPLICIT_CUE: "no sentence that says outright that consent is withdrawn",
    Veto.QUOTATION: "words of withdrawal that are somebody else's, quoted",
    Veto.OPEN_CONDITION: "a condition that is still open",
    Veto.REVERSAL: "words that take the withdrawal back, or give consent",
    Veto.RIGHTS_WORDS: "words that could mean another data right",
    Veto.OTHER_BODY: "words about another body than Student Wellbeing",
    Veto.NEEDS_QUOTED_QUESTION: "a short answer that is clear only beside what it answers",
    Veto.NOT_WHOLLY_ENGLISH: "a part that is not in English",
    Veto.SERVICE_IMITATION: "words that sound like this service's own letters",
    Veto.PAST_REPORT: "a withdrawal that is told of as past",
    Veto.QUESTION_FORM: "a withdrawal that is put as a question",
    Veto.SECOND_INTENT: "a second request beside the withdrawal",
    Veto.THIRD_PERSON: "words that were written by or for somebody else",
    Veto.TOO_LONG: "its length: it is longer than the classifier reads at once",
    Veto.URGENCY_UNCLEAR: "words that could mean that somebody is at risk",
    "margin": "the model, which was not sure enough",
    "scope": "a scope that is not clear: what exactly is withdrawn",
}
ASSURANCE = {
    Assurance.REGISTERED_ADDRESS: "It came from the student's registered address, and the mail server vouches for it.",
    Assurance.ALTERNATE_ADDRESS: "It came from a personal address on one student's record, and the mail server vouches "
    "for that. Ask the registered address before anything is final.",
    Assurance.UNKNOWN_ADDRESS: "The mail server vouches for the address, but no record knows it. Anybody could have "
    "written it.",
    Assurance.UNAUTHENTICATED: "Nobody vouches for the sender. The address may be somebody else's.",
    Assurance.FORGED: "It looks forged. Do not answer it.",
}
PURPOSES = {
    Purpose.INTERNAL_SHARING: "Sharing inside Student Wellbeing",
    Purpose.THIRD_PARTY_SHARING: "Sharing with others",
    Purpose.SUPERVISION: "Supervision",
    Purpose.STATISTICS: "The University's own figures",
    Purpose.CONTACT: "Being contacted",
    Purpose.STATUTORY_RETURNS: "Statutory returns",
    Purpose.SERIOUS_RISK_DISCLOSURE: "Disclosure at serious risk",
}
STANDINGS = {
    Standing.UNKNOWN: "nothing recorded",
    Standing.GIVEN: "given",
    Standing.WITHDRAWN: "withdrawn",
    Standing.RESTRICTED: "held",
    Standing.NOT_CONSENT_BASED: "rests on law, not on consent",
}
INTENTS = {
    "consent_withdrawal": "withdraws consent",
    "confidentiality_question": "asks how information is handled",
    "data_rights_request": "asks for another data right",
    "consent_reinstatement": "gives consent",
    "third_party_enquiry": "somebody else asks about a student",
    "other": "asks something else",
}
DISPOSITIONS = {
    Disposition.APPLY: "applied alone",
    Disposition.CONFIRM: "registered address asked",
    Disposition.ANSWER: "answered alone",
    Disposition.TRIAGE: "for a person",
    Disposition.ESCALATE: "urgent",
    Disposition.FOLLOW_UP: "follow-up",
    Disposition.LEAVE: "left in the mailbox",
    Disposition.IGNORE: "machine mail",
}
STATES = {
    CaseState.OPEN: "open",
    CaseState.WAITING: "waiting for the student",
    CaseState.SETTLED: "settled",
    CaseState.MERGED: "merged",
}
TEMPLATES = {
    ReplyTemplate.WITHDRAWAL_ACKNOWLEDGED: "Acknowledgement of a withdrawal",
    ReplyTemplate.WITHDRAWAL_CONFIRMATION: "Question whether the letter is theirs",
    ReplyTemplate.NEUTRAL_RECEIPT: "Neutral receipt",
    ReplyTemplate.QUESTION_ANSWERED: "Answer from the policy",
    ReplyTemplate.DUTY_ALERT: "Alert to the duty address",
    ReplyTemplate.CHANGE_NOTICE: "Notice of a change",
}
DELIVERIES = {
    DeliveryState.PENDING: "waits to be sent",
    DeliveryState.SENDING: "is being sent",
    DeliveryState.SENT: "sent",
    DeliveryState.FAILED: "failed",
    DeliveryState.UNCERTAIN: "uncertain: it may have arrived",
    DeliveryState.BOUNCED: "came back: not delivered",
    DeliveryState.WITHHELD: "withheld",
}
ARRIVALS = {
    ArrivalState.RECEIVED: "received, not worked yet",
    ArrivalState.PROCESSED: "worked",
    ArrivalState.SHUNTED: "shunted: working it failed",
    ArrivalState.QUARANTINED: "quarantined: working it never ended",
    ArrivalState.NOTED: "noted: older than this service",
}
#: what officers did, measured by what automatic mode would have done
OUTCOMES = {
    Outcome.SAME: "the same",
    Outcome.LESS: "withdrew less",
    Outcome.MORE: "withdrew more",
    Outcome.OTHER: "withdrew something else",
    Outcome.NOTHING: "none of it",
    Outcome.WITHOUT_ASKING: "withdrew without asking first",
}
ACTIONS = {
    Action.APPLY: "applied the withdrawal",
    Action.ANSWER: "answered from the policy",
    Action.ASK: "asked the registered address",
    Action.CORRECT: "corrected how the letter is read",
    Action.HOLD: "held consent",
    Action.RELEASE: "released a hold",
    Action.SEND: "sent a message",
    Action.RECORD_WITHDRAWAL: "recorded a withdrawal",
    Action.RECORD_REINSTATEMENT: "recorded consent given again",
    Action.NOT_OURS: "said that it is not ours",
    Action.ACKNOWLEDGE: "has the urgent letter",
    Action.DISCLOSE: "recorded a disclosure",
    Action.REASSIGN: "gave the case to another officer",
    Action.CLOSE: "closed the case",
    Action.REOPEN: "opened the case again",
    Action.MERGE: "merged another case into this one",
    Action.NOTE: "wrote a note",
    Action.CLOCK: "noted what moves the due date",
    Action.ASK_APPROVAL: "asked for a second pair of eyes",
    Action.REFUSE_APPROVAL: "refused what was asked",
    Action.WITHDRAW_APPROVAL: "took back what they had asked",
    Action.ERASE: "approved the erasure: the words are gone",
    Action.THIRD_PARTY: "approved a release to a third party",
    Action.UNDO: "took the last decision back",
}
#: what a second person is asked for
REQUESTS: dict[str, str] = {
    Action.RELEASE: "release the hold without the registered address's answer",
    Action.MERGE: "join this case with another one, which may be another person's",
    Action.ERASE: "erase the words of this case",
    Action.THIRD_PARTY: "record a release to a third party",
}
BASES = {
    Basis.PERMISSION: "The student's express permission",
    Basis.SERIOUS_RISK: "A serious risk to the student's or others' safety",
    Basis.LAW: "Compelled by law",
}
#: what was noted about a rights request's clock; what its button says, and what follows
CLOCK_EVENTS = {
    ClockEventKind.EXTENDED: "extended",
    ClockEventKind.STOPPED: "stopped: we asked what is meant",
    ClockEventKind.RESUMED: "runs again: they answered what is meant",
    ClockEventKind.IDENTITY_ASKED: "identity asked for",
    ClockEventKind.IDENTITY_PROVED: "identity proved",
}
CLOCK_BUTTONS = {
    ClockEventKind.EXTENDED: (
        "Extend it",
        "Two further months, where it is complex or there are many requests. The student must be told within the "
        "first month, with the reasons.",
    ),
    ClockEventKind.STOPPED: ("We asked what is meant", "The days until they answer do not count."),
    ClockEventKind.RESUMED: ("They answered what is meant", "The clock runs again from today."),
    ClockEventKind.IDENTITY_ASKED: ("We asked who they are", "The month starts with the proof."),
    ClockEventKind.IDENTITY_PROVED: ("They proved who they are", "The month starts today."),
}
REFUSALS = {
    RefusalReason.IN_ANOTHERS_HAND: "Another officer has it in hand. Take it over if you must; that is written down.",
    RefusalReason.STALE: "This case changed since you opened it. Look at it as it is now, then decide again.",
    RefusalReason.MERGED: "This case goes on in another one.",
    RefusalReason.DOES_NOT_FIT: "That is done already, or does not fit the case as it stands.",
    RefusalReason.NO_STUDENT: "First say which student it is.",
    RefusalReason.UNKNOWN: "There is no such student, case or officer.",
    RefusalReason.NO_PURPOSE: "Choose at least one purpose that can be withdrawn.",
    RefusalReason.NO_ADDRESS: "There is no address to which this may be written.",
    RefusalReason.PREVIEW_CHANGED: "What would be sent is not what you saw. Look at the preview again.",
    RefusalReason.SENT_ALREADY: "This was written already.",
    RefusalReason.WORDS_NEEDED: "Please write it in words: a field was left empty.",
    RefusalReason.NOT_ANSWERED: "The registered address has not answered since the hold.",
    RefusalReason.HOLD_STANDS: "Something is held because of this case: apply it or release it first.",
    RefusalReason.NOT_ACKNOWLEDGED: "It is urgent: first read it, and say that you have it.",
    RefusalReason.SECOND_PERSON: "This needs a second pair of eyes: a lead who did not ask for it.",
    RefusalReason.STILL_OPEN: "Only what a settled case holds can be erased, and no letter that another "
    "open case needs.",
    RefusalReason.STILL_LEAVING: "A message of this case has not left yet: wait until it was sent.",
    RefusalReason.EXPIRED: "This was asked more than a week ago: whoever needs it must ask again.",
    RefusalReason.CONSENT_STOPPED: "Sharing with others is withdrawn or held: a release cannot rest on permission, "
    "unless the student gives it again and that is recorded.",
    RefusalReason.LEFT_THE_HOUSE: "A message has left, or is leaving: this can no longer be undone.",
    RefusalReason.TOO_LATE: "A consent change is undone by who made it, within a quarter of an hour. "
    "Record what is right instead.",
    RefusalReason.NOT_THE_LAST: "Something was decided after it: undo that first.",
    RefusalReason.IMPOSSIBLE_TIME: "That time cannot be: it lies in the future, or too far back.",
}


def moment(value: datetime | None) -> str:
    """Write a moment as officers say it: London time, to the minute."""
    if value is None:
        return "–"
    local = value.astimezone(LONDON)
    return f"{local.day} {local:%b %Y, %H:%M}"


def certainty(probability: float) -> str:
    """Say a probability in words and a number."""
    words = ((0.99, "almost certainly"), (0.9, "very likely"), (0.7, "likely"), (0.5, "more likely than not"))
    found = next((word for least, word in words if probability >= least), "perhaps")
    return f"{found} ({probability:.0%})" if probability < 0.995 else f"{found} (over 99 %)"
