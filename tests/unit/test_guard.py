"""The guard: each objection by itself, and none that is forgotten."""

from dataclasses import replace
from typing import Any

import pytest

from classifiers import Intent, Urgency
from intake.decide import PlannedReply
from intake.guard import GuardReason, Written, guard
from intake.screen import Screening, ScreeningReason
from intake.settings import Replies
from intake.vocabulary import Assurance, RecipientKind, ReplyTemplate
from tests.unit.test_decide import facts, reading

ACKNOWLEDGEMENT = PlannedReply(ReplyTemplate.WITHDRAWAL_ACKNOWLEDGED, RecipientKind.ORIGINATOR)
RECEIPT = PlannedReply(ReplyTemplate.NEUTRAL_RECEIPT, RecipientKind.ORIGINATOR)
ALERT = PlannedReply(ReplyTemplate.DUTY_ALERT, RecipientKind.DUTY)
STUDENT = "ab23xyz@student.herts.example"
LETTER = reading(Intent.CONSENT_WITHDRAWAL)


def verdict(
    planned: PlannedReply = ACKNOWLEDGEMENT, written: Written | None = None, **changes: Any
) -> tuple[bool, str]:
    known = replace(facts(LETTER), **changes)
    found = guard(planned, STUDENT, known, written or Written(), Replies())
    return found.allowed, found.reason


def test_nothing_against_it() -> None:
    assert verdict() == (True, GuardReason.ALLOWED)


@pytest.mark.parametrize("reason", list(ScreeningReason))
def test_every_screening_reason_forbids_it(reason: ScreeningReason) -> None:
    assert verdict(screening=Screening(may_reply=False, reasons=(reason,))) == (False, reason.value)


@pytest.mark.parametrize("planned", [ACKNOWLEDGEMENT, RECEIPT])
@pytest.mark.parametrize("assurance", [Assurance.FORGED, Assurance.UNAUTHENTICATED])
def test_nobody_is_answered_whom_nobody_vouches_for(planned: PlannedReply, assurance: Assurance) -> None:
    assert verdict(planned, assurance=assurance) == (False, GuardReason.UNAUTHENTICATED)


@pytest.mark.parametrize("assurance", [Assurance.UNKNOWN_ADDRESS, Assurance.ALTERNATE_ADDRESS])
def test_only_the_registered_address_gets_an_acknowledgement(assurance: Assurance) -> None:
    assert verdict(assurance=assurance) == (False, GuardReason.NOT_THE_REGISTERED_ADDRESS)
    assert verdict(RECEIPT, assurance=assurance) == (True, GuardReason.ALLOWED)


def test_a_letter_with_risk_in_it_is_never_answered() -> None:
    assert verdict(classification=replace(LETTER, urgent=Urgency(True))) == (False, GuardReason.URGENT)


def test_an_old_letter_is_not_answered_automatically() -> None:
    assert verdict(too_old=True) == (False, GuardReason.TOO_OLD)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        (Written(to_address=3), GuardReason.PERSON_CAP),
        (Written(about_student=3), GuardReason.PERSON_CAP),
        (Written(to_everybody=200), GuardReason.BREAKER),
        (Written(same_again=True), GuardReason.ALREADY_ANSWERED),
    ],
)
def test_what_was_written_already_forbids_it(written: Written, reason: GuardReason) -> None:
    assert verdict(written=written) == (False, reason)


def test_an_open_breaker_stops_every_reply_and_no_alert() -> None:
    stopped = Written(breaker_open=True)
    assert verdict(written=stopped) == verdict(RECEIPT, written=stopped) == (False, GuardReason.BREAKER)
    assert verdict(ALERT, stopped) == (True, GuardReason.ALLOWED)


def test_just_below_the_caps_it_may_be_sent() -> None:
    assert verdict(written=Written(2, 2, 199)) == (True, GuardReason.ALLOWED)


def test_without_an_address_nothing_is_sent() -> None:
    assert guard(RECEIPT, None, facts(LETTER), Written(), Replies()).reason == GuardReason.NO_ADDRESS


def test_an_alert_goes_out_whatever_stands_against_a_reply() -> None:
    stopped = Screening(automated=True, may_reply=False, reasons=(ScreeningReason.AUTO_SUBMITTED,))
    urgent = replace(LETTER, urgent=Urgency(True))
    found = verdict(ALERT, Written(9, 9, 999), classification=urgent, screening=stopped, assurance=Assurance.FORGED)
    assert found == (True, GuardReason.ALLOWED)


@pytest.mark.parametrize(
    "recipient",
    [
        "a,b@evil.example",
        "x<victim@evil.example",
        "group:b@evil.example",
        "a;b@evil.example",
        '"a"@evil.example',
        "\u00fc@evil.example",
        "a@localhost",
        "a\x00b@evil.example",
        f"{'a' * 250}@evil.example",
        "",
    ],
)
def test_what_is_not_one_plain_address_is_never_written_to(recipient: str) -> None:
    found = guard(RECEIPT, recipient, facts(LETTER), Written(), Replies())
    assert (found.allowed, found.reason) == (False, GuardReason.NO_ADDRESS)
