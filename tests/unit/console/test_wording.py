"""Whatever officers can meet has plain words: a new slug without them fails here."""

from collections.abc import Collection, Mapping
from enum import Enum

import pytest

from classifiers import Intent, Veto
from intake.console import wording
from intake.modes import Outcome
from intake.officers import Action, RefusalReason
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


@pytest.mark.parametrize(
    ("words", "slugs"),
    [
        (wording.REASONS, Reason),
        (wording.ASSURANCE, Assurance),
        (wording.PURPOSES, Purpose),
        (wording.STANDINGS, Standing),
        (wording.INTENTS, Intent),
        (wording.DISPOSITIONS, Disposition),
        (wording.STATES, CaseState),
        (wording.TEMPLATES, ReplyTemplate),
        (wording.DELIVERIES, DeliveryState),
        (wording.ACTIONS, Action),
        (wording.REFUSALS, RefusalReason),
        (wording.OBSTACLES, Veto),
        (wording.ARRIVALS, ArrivalState),
        (wording.OUTCOMES, Outcome),
        (wording.CLOCK_EVENTS, ClockEventKind),
        (wording.CLOCK_BUTTONS, ClockEventKind),
    ],
)
def test_every_slug_has_words(words: Mapping[Enum, object], slugs: Collection[Enum]) -> None:
    assert {one for one in slugs if not words.get(one)} == set()
