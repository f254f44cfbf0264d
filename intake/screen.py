"""Screening: is it automated, and may it be answered (RFC 3834, RFC 5230; rows D1.1 to D1.16)."""

from dataclasses import dataclass
from enum import StrEnum

from intake.parse import InboundMessage


class ScreeningReason(StrEnum):
    """Why a message must not be answered automatically."""

    AUTO_SUBMITTED = "auto_submitted"
    NULL_REVERSE_PATH = "null_reverse_path"
    ROBOT_ADDRESS = "robot_address"
    MAILING_LIST = "mailing_list"
    PRECEDENCE = "precedence"
    AUTO_RESPONSE_SUPPRESS = "auto_response_suppress"
    REPORT = "report"
    CALENDAR = "calendar"
    OUT_OF_OFFICE = "out_of_office"
    NOT_ADDRESSED_TO_US = "not_addressed_to_us"
    OWN_MESSAGE = "own_message"
    REVERSE_PATH_DIFFERS = "reverse_path_differs"
    SPAM_VERDICT = "spam_verdict"
    MALFORMED = "malformed"


@dataclass(frozen=True, slots=True)
class Screening:
    """The verdict: `automated` mail is read for a person's own words; `may_reply` false is never answered."""

    automated: bool = False
    may_reply: bool = True
    reasons: tuple[ScreeningReason, ...] = ()
    #: a delivery failure: the Message-IDs it reports (RFC 3464)
    failed_message_ids: tuple[str, ...] = ()


def screen(message: InboundMessage, *, own_addresses: frozenset[str], own_message_domain: str) -> Screening:
    """Screen `message`. `own_addresses`: this service's mailboxes, lower case. Pure; never raises.

    `own_message_domain`: the right-hand side of Message-IDs that this service makes.
    """
    raise NotImplementedError
