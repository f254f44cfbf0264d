"""Telling in plain words what became of a letter: never a word of the letter itself."""

from collections.abc import Sequence
from typing import Any

from intake.vocabulary import WITHDRAWABLE, Assurance, Disposition, Purpose, Reason, ReplyTemplate


def heading(disposition: Disposition) -> str:
    """Say what a disposition means."""
    return _HEADINGS[disposition]


def who(result: dict[str, Any]) -> str:
    """Say who wrote, as the service sees it: by role and by how sure that is."""
    if result["screening"]["automated"]:
        return "a machine"
    reading = result["classification"]
    role = "student" if reading is None else reading["author_role"]
    assurance = _ASSURANCE[Assurance(result["sender"]["assurance"])]
    return assurance if role == "student" else f"{_ROLES[role]}, {assurance}"


def why(reasons: Sequence[str]) -> str:
    """Say the reasons in plain words; what `who` says already is left out."""
    told = [_REASONS[Reason(one)] for one in reasons if Reason(one) not in _SAID_BY_WHO]
    return ", ".join(told) or _REASONS[Reason(reasons[0])]


def consent_change(changes: Sequence[dict[str, Any]]) -> str:
    """Say what changed in the consent ledger; "" for nothing."""
    return "; ".join(f"{purposes(one['purposes'])} {_EVENTS[one['event']]}" for one in changes)


def purposes(names: Sequence[str]) -> str:
    """Name purposes in short."""
    if set(names) >= {purpose.value for purpose in WITHDRAWABLE}:
        return "everything"
    return ", ".join(_PURPOSES[Purpose(name)] for name in names)


def written(result: dict[str, Any]) -> str:
    """Say what was written to whom, and what was withheld and why."""
    told = [_SENT[ReplyTemplate(one["template"])] for one in result["outgoing"]]
    told += [
        f"{_WITHHELD[ReplyTemplate(one['template'])]} ({one['reason'].replace('_', ' ')})" for one in result["withheld"]
    ]
    return ", ".join(told) or "no answer"


def line(result: dict[str, Any]) -> str:
    """Tell one letter's fate in one line."""
    changes = consent_change(result["decision"]["consent"])
    parts = [f"{who(result)}: {why(result['decision']['reasons'])}", changes, written(result)]
    return "; ".join(part for part in parts if part)


_HEADINGS = {
    Disposition.ESCALATE: "someone may be at risk: a person is alerted at once, the words stay inside",
    Disposition.APPLY: "the consent change is made without a person",
    Disposition.CONFIRM: "the registered address is asked before anything is final",
    Disposition.ANSWER: "answered from the published policy",
    Disposition.TRIAGE: "a person decides, by a due date",
    Disposition.FOLLOW_UP: "belongs to a known case, nothing else to do",
    Disposition.LEAVE: "not this service's business: stays in the mailbox for the staff",
    Disposition.IGNORE: "a machine's mail: never answered",
}
_ASSURANCE = {
    Assurance.REGISTERED_ADDRESS: "university address",
    Assurance.ALTERNATE_ADDRESS: "private address on record",
    Assurance.UNKNOWN_ADDRESS: "unknown address",
    Assurance.UNAUTHENTICATED: "nobody vouches",
    Assurance.FORGED: "looks forged",
}
_ROLES = {
    "on_behalf": "somebody for another",
    "professional": "a professional",
    "staff": "staff",
    "organisation": "an organisation",
    "machine": "a machine's words",
}
_SAID_BY_WHO = frozenset(
    {
        Reason.REGISTERED_ADDRESS,
        Reason.ALTERNATE_ADDRESS,
        Reason.UNKNOWN_ADDRESS,
        Reason.UNAUTHENTICATED,
        Reason.FORGED,
    }
)
_EVENTS = {
    "given": "given",
    "withdrawn": "stopped",
    "held": "held",
    "released": "released",
    "reinstated": "given again",
}
_PURPOSES = {
    Purpose.INTERNAL_SHARING: "sharing inside",
    Purpose.THIRD_PARTY_SHARING: "sharing outside",
    Purpose.SUPERVISION: "supervision",
    Purpose.STATISTICS: "statistics",
    Purpose.CONTACT: "contact",
    Purpose.STATUTORY_RETURNS: "statutory returns",
    Purpose.SERIOUS_RISK_DISCLOSURE: "serious-risk disclosure",
}
_SENT = {
    ReplyTemplate.WITHDRAWAL_ACKNOWLEDGED: "acknowledged",
    ReplyTemplate.WITHDRAWAL_CONFIRMATION: "the registered address is asked",
    ReplyTemplate.NEUTRAL_RECEIPT: "neutral receipt",
    ReplyTemplate.QUESTION_ANSWERED: "answered",
    ReplyTemplate.DUTY_ALERT: "the duty address is alerted",
    ReplyTemplate.CHANGE_NOTICE: "recipients told",
}
_WITHHELD = {
    ReplyTemplate.WITHDRAWAL_ACKNOWLEDGED: "not acknowledged",
    ReplyTemplate.WITHDRAWAL_CONFIRMATION: "not asked",
    ReplyTemplate.NEUTRAL_RECEIPT: "no receipt",
    ReplyTemplate.QUESTION_ANSWERED: "not answered",
    ReplyTemplate.DUTY_ALERT: "no alert",
    ReplyTemplate.CHANGE_NOTICE: "recipients not told",
}
_REASONS = {
    Reason.URGENT: "a person must read it now",
    Reason.AUTOMATED: "asks for nothing",
    Reason.AUTOMATED_WITH_REQUEST: "carries a person's request",
    Reason.DELIVERY_FAILURE: "a delivery failure",
    Reason.KNOWN_CASE: "asks nothing new",
    Reason.NOT_ENGLISH: "not in English",
    Reason.UNREADABLE: "cannot be read",
    Reason.EMPTY: "no words in it",
    Reason.OVERSIZE: "too large",
    Reason.PLACEHOLDER: "the server gave a stand-in",
    Reason.CONTRADICTORY: "hidden or contradictory text",
    Reason.NOT_THE_STUDENT: "not written by the student concerned",
    Reason.WITHDRAWAL_AND_REINSTATEMENT: "stops one thing and allows another",
    Reason.WITHDRAWAL_SURE: "withdraws",
    Reason.WITHDRAWAL_UNSURE: "may withdraw",
    Reason.SCOPE_UNCLEAR: "unclear what is withdrawn",
    Reason.LIMITS_STATED: "withdraws with limits",
    Reason.ENCLOSES: "something came with it",
    Reason.WRITTEN_LONG_AGO: "written long before it came",
    Reason.NO_STUDENT: "no one student found",
    Reason.AMBIGUOUS_STUDENT: "fits more than one student",
    Reason.REGISTERED_ADDRESS: "registered address",
    Reason.ALTERNATE_ADDRESS: "private address on record",
    Reason.UNKNOWN_ADDRESS: "unknown address",
    Reason.UNAUTHENTICATED: "withdraws",
    Reason.FORGED: "withdraws",
    Reason.QUESTION: "asks how information is handled",
    Reason.QUESTION_UNSURE: "may be a question",
    Reason.DATA_RIGHTS: "a data-rights request",
    Reason.COMPLAINT: "complains",
    Reason.REINSTATEMENT: "gives consent again",
    Reason.ABSTAINED: "the classifier would not say",
    Reason.NOT_OURS: "asks nothing of us",
    Reason.ASSIST_MODE: "mode is assist",
    Reason.OBSERVE_MODE: "mode is observe",
    Reason.TOO_OLD: "older than a day",
    Reason.RESTORED: "from before the restore",
    Reason.REPLY_WITHHELD: "reply withheld",
    Reason.ALERT_ACKNOWLEDGED: "the duty has it",
    Reason.ALERT_NOT_DELIVERED: "an alert reached nobody",
    Reason.NOTICE_NOT_DELIVERED: "somebody who must act was not told",
    Reason.CONFIRMED: "confirmed",
    Reason.CONFIRMATION_DENIED: "says it was not them",
    Reason.CONFIRMATION_UNSURE: "neither a plain yes nor a plain no",
    Reason.CONFIRMATION_REFUSED: "answers a question put to somebody else",
    Reason.CONFIRMATION_EXPIRED: "answers too late",
    Reason.CONFIRMATION_USED: "answered before, and otherwise",
    Reason.UNCONFIRMED: "nobody confirmed in time",
    Reason.OVERTAKEN: "withdrawn from the registered address meanwhile",
    Reason.ALREADY_STOPPED: "withdrawn already",
    Reason.REPEATED: "the same letter again",
    Reason.DISPUTED: "says that an earlier letter was not theirs",
    Reason.MORE_IN_THREAD: "says more in an old thread",
}
