"""Screening: is it automated, and may it be answered (RFC 3834, RFC 5230; rows D1.1 to D1.16)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from intake.parse import Defect, InboundMessage
from intake.parse.domains import original_path, same_organisation
from intake.screen.machine_words import is_bulk, is_failure, is_out_of_office, is_receipt, says_it_is_automated
from intake.screen.services import is_from_a_service

_LIST_FIELDS = tuple(f"list-{one}" for one in ("id", "help", "subscribe", "unsubscribe", "post", "owner", "archive"))
#: our own mark on every message written here
_OWN_FIELD = "x-wellbeing-intake"
_ROBOT = re.compile(
    r"^(?:owner-.+|.+-owner|.+-request|mailer-daemon|postmaster|(?:.+[-_.])?no[-_.]?reply(?:[-_.+].{2,})?|"
    r"(?:.+[-_.])?do[-_.]?not[-_.]?reply(?:[-_.+].*)?|bounces?(?:[-+=_].*|\..*[=\d].*)?|"
    r"microsoftexchange[0-9a-f]{32}|.+-bounces?(?:[+=].*)?|"
    r"auto[-_.]?(?:reply|responder|mailer)|listserv|majordomo)$",
    re.I,
)
#: reverse-paths of discussion lists, whose letters people write
_LIST_PATH = re.compile(r"^(?:owner-.+|.+-owner|.+-request|.+-bounces?(?:[+=].*)?)$", re.I)
_REPORT_TYPES = frozenset(["multipart/report", "message/delivery-status", "message/disposition-notification"])
_SPAM_FIELDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("x-ms-exchange-organization-scl", re.compile(r"^\s*[5-9]\b")),
    (
        "x-forefront-antispam-report",
        re.compile(
            r"(?:^|;)\s*(?:SCL:[5-9]\b|SFV:(?:SPM|SKB|SKS)|CAT:(?:SPM|HSPM|PHSH|HPHSH|HPHISH|PHISH|MALW|SPOOF|"
            r"UIMP|DIMP))",
            re.I,
        ),
    ),
    ("x-spam-flag", re.compile(r"^\s*yes\b", re.I)),
    ("x-spam-status", re.compile(r"^\s*yes\b", re.I)),
    ("x-spam", re.compile(r"^\s*yes\b", re.I)),
    ("x-barracuda-spam-flag", re.compile(r"^\s*yes\b", re.I)),
    ("x-quarantine-id", re.compile(r"\S")),
)
_SUPPRESSES = frozenset(["all", "autoreply", "oof"])
_MALFORMED = frozenset([Defect.UNREADABLE, Defect.FROM_COUNT, Defect.PLACEHOLDER])


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
    #: it says of itself that a program wrote it
    AUTOMATED_WORDS = "automated_words"
    #: a newsletter or the like
    BULK = "bulk"
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
    case = _Case(message, own_addresses, own_message_domain.lower())
    held = [row for row in _ROWS if row.holds(case)]
    reasons = tuple(dict.fromkeys(row.reason for row in held))
    return Screening(
        automated=any(row.automated for row in held),
        may_reply=not held,
        reasons=reasons,
        failed_message_ids=message.reported_message_ids,
    )


@dataclass(frozen=True, slots=True)
class _Case:
    message: InboundMessage
    own_addresses: frozenset[str]
    own_domain: str


@dataclass(frozen=True, slots=True)
class _Row:
    reason: ScreeningReason
    automated: bool
    holds: Callable[[_Case], bool]


def _auto_submitted(case: _Case) -> bool:
    # RFC 3834 section 5: any value but "no"; of several the worst counts.
    return any(_token(value) != "no" for value in case.message.all("auto-submitted"))


def _null_reverse_path(case: _Case) -> bool:
    return case.message.reverse_path == ""


def _robot_originator(case: _Case) -> bool:
    return any(_ROBOT.match(one.local_part) for one in case.message.from_addresses)


def _robot_path(case: _Case) -> bool:
    local = original_path(case.message.reverse_path or "").rpartition("@")[0]
    if not _ROBOT.match(local):
        return False
    # A person's letter that a discussion list passed on carries the list's path; it is no machine's letter for that.
    return not (_LIST_PATH.match(local) and _mailing_list(case))


def _mailing_list(case: _Case) -> bool:
    return any(case.message.all(name) for name in _LIST_FIELDS)


def _precedence(case: _Case) -> bool:
    return any(_token(value) in {"bulk", "list", "junk", "auto_reply"} for value in case.message.all("precedence"))


def _suppressed(case: _Case) -> bool:
    values = case.message.all("x-auto-response-suppress")
    return any(one.strip().lower() in _SUPPRESSES for value in values for one in value.split(","))


def _report(case: _Case) -> bool:
    return bool(_REPORT_TYPES.intersection(case.message.content_types[:1])) or bool(
        case.message.all("x-failed-recipients")
    )


def _calendar(case: _Case) -> bool:
    types = case.message.content_types
    if any("calendarmessage" in value.lower() for value in case.message.all("content-class")):
        return True
    if "text/calendar" not in types:
        return False
    # An invitation is an alternative of the letter itself; an attached .ics has a name.
    nameless = any(one.content_type == "text/calendar" and not one.name for one in case.message.attachments)
    return types[0] == "text/calendar" or ("multipart/alternative" in types and nameless)


def _out_of_office(case: _Case) -> bool:
    return is_out_of_office(case.message)


def _receipt(case: _Case) -> bool:
    return is_receipt(case.message)


def _failure(case: _Case) -> bool:
    return is_failure(case.message)


def _automated_words(case: _Case) -> bool:
    return says_it_is_automated(case.message)


def _service(case: _Case) -> bool:
    return is_from_a_service(case.message)


def _bulk(case: _Case) -> bool:
    return is_bulk(case.message)


def _not_addressed_to_us(case: _Case) -> bool:
    return not any(_base(one.address) in case.own_addresses for one in case.message.recipients)


def _own_message(case: _Case) -> bool:
    message = case.message
    if any(_base(one.address) in case.own_addresses for one in message.from_addresses):
        return True
    ours = (message.message_id or "").lower().endswith(f"@{case.own_domain}>")
    return ours and bool(message.all(_OWN_FIELD))


def _carries_our_mark(case: _Case) -> bool:
    return bool(case.message.all(_OWN_FIELD))


def _reverse_path_differs(case: _Case) -> bool:
    originator, path = case.message.originator, case.message.reverse_path
    if not path or originator is None:
        return False
    return not same_organisation(original_path(path).rpartition("@")[2], originator.domain)


def _spam(case: _Case) -> bool:
    return any(pattern.search(value) for name, pattern in _SPAM_FIELDS for value in case.message.all(name))


def _malformed(case: _Case) -> bool:
    return bool(_MALFORMED & case.message.defects)


#: RULES D1, read from the top; every row that holds forbids a reply, and those marked True make it machine mail
_ROWS: tuple[_Row, ...] = (
    _Row(ScreeningReason.AUTO_SUBMITTED, True, _auto_submitted),  # 1
    _Row(ScreeningReason.NULL_REVERSE_PATH, True, _null_reverse_path),  # 2
    _Row(ScreeningReason.ROBOT_ADDRESS, True, _robot_originator),  # 3
    _Row(ScreeningReason.ROBOT_ADDRESS, True, _robot_path),  # 3
    _Row(ScreeningReason.OUT_OF_OFFICE, True, _out_of_office),  # 4
    _Row(ScreeningReason.AUTOMATED_WORDS, True, _automated_words),  # 4
    _Row(ScreeningReason.AUTOMATED_WORDS, True, _service),  # 4
    _Row(ScreeningReason.BULK, True, _bulk),  # 4
    _Row(ScreeningReason.MAILING_LIST, False, _mailing_list),  # 5
    _Row(ScreeningReason.PRECEDENCE, False, _precedence),  # 6
    _Row(ScreeningReason.AUTO_RESPONSE_SUPPRESS, False, _suppressed),  # 7
    _Row(ScreeningReason.REPORT, True, _report),  # 8
    _Row(ScreeningReason.REPORT, True, _failure),  # 8
    _Row(ScreeningReason.REPORT, True, _receipt),  # 8
    _Row(ScreeningReason.CALENDAR, True, _calendar),  # 8
    _Row(ScreeningReason.NOT_ADDRESSED_TO_US, False, _not_addressed_to_us),  # 9
    _Row(ScreeningReason.OWN_MESSAGE, True, _own_message),  # 10
    _Row(ScreeningReason.OWN_MESSAGE, False, _carries_our_mark),  # 10
    _Row(ScreeningReason.REVERSE_PATH_DIFFERS, False, _reverse_path_differs),  # reply shape
    _Row(ScreeningReason.MALFORMED, False, _malformed),  # 12
    _Row(ScreeningReason.SPAM_VERDICT, False, _spam),  # 15
)


def _token(value: str) -> str:
    """Give a field's token: comments and parameters cut off, lower case."""
    kept, depth = [], 0
    for character in value:
        if character == "(":
            depth += 1
        elif character == ")":
            depth = max(0, depth - 1)
        elif not depth:
            kept.append(character)
    return "".join(kept).partition(";")[0].strip().lower()


def _base(address: str) -> str:
    """Give an address without its subaddress (RFC 5233), lower case."""
    local, at, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0]}{at}{domain}"
