"""What an officer notes about a rights request's clock moves its due date, and is undone as if it never was."""

from dataclasses import replace

import pytest

from classifiers import Intent
from intake import officers, timekeeping
from intake.officers import CloseReason, Hand, Reading, Refusal, RefusalReason
from intake.store import audit
from intake.store.cases import Case
from intake.vocabulary import CaseState, ClockEventKind
from tests.unit.officers.conftest import AMINA, QUESTION, WITHDRAWAL, Place, again, decision, done

RIGHTS = Reading((Intent.DATA_RIGHTS_REQUEST,), (), AMINA.student_id, urgent=False)


@pytest.fixture
def hand(place: Place) -> Hand:
    """An officer's hand on a rights request."""
    file = place.receive(QUESTION)
    return again(place.hand(file.case), officers.correct(place, place.hand(file.case), RIGHTS))


def due_day(case: Case) -> str:
    assert case.due_at is not None
    return case.due_at.date().isoformat()


def refused(found: object) -> RefusalReason:
    assert isinstance(found, Refusal), found
    return found.reason


def test_an_extension_moves_the_due_date_counts_once_and_is_audited(place: Place, hand: Hand) -> None:
    before = officers.read_case(place, hand.case_id).case
    extended = officers.keep_time(place, hand, ClockEventKind.EXTENDED)
    # RULES D5: received on Friday 27 November 2026; 27 December is a Sunday, 28 a bank holiday; 27 February a Saturday.
    assert (due_day(before), due_day(done(extended))) == ("2026-12-29", "2027-03-01")
    assert "as extended" in (done(extended).due_reason or "")
    second = officers.keep_time(place, again(hand, extended), ClockEventKind.EXTENDED)
    assert refused(second) is RefusalReason.DOES_NOT_FIT
    with place.store.reading() as session:
        actions = [one.action for one in audit.search(session, audit.Sought(subject=hand.case_id), 10)]
        assert audit.verify(session).ok
    assert "officer_clock" in actions


def test_an_undone_extension_leaves_the_case_as_it_was(place: Place, hand: Hand) -> None:
    before = officers.read_case(place, hand.case_id)
    extended = officers.keep_time(place, hand, ClockEventKind.EXTENDED)
    undone = officers.undo(place, again(hand, extended), decision(extended))
    after = officers.read_case(place, hand.case_id)
    assert (done(undone).due_at, done(undone).due_reason) == (before.case.due_at, before.case.due_reason)
    assert after.clock_events == ()
    assert ClockEventKind.EXTENDED in officers.clock_choices(after)


def test_nothing_is_undone_under_what_was_noted_after_it(place: Place, hand: Hand) -> None:
    stopped = officers.keep_time(place, hand, ClockEventKind.STOPPED)
    with place.store.writing() as session:
        timekeeping.note(session, place.holidays, done(stopped), ClockEventKind.RESUMED, "operator", hand.now)
    now = replace(hand, version=officers.read_case(place, hand.case_id).case.version)
    assert refused(officers.undo(place, now, decision(stopped))) is RefusalReason.NOT_THE_LAST


def test_what_can_be_noted_follows_from_what_was(place: Place, hand: Hand) -> None:
    kind = ClockEventKind
    assert officers.clock_choices(officers.read_case(place, hand.case_id)) == (
        kind.EXTENDED,
        kind.STOPPED,
        kind.IDENTITY_ASKED,
    )
    asked = officers.keep_time(place, hand, kind.IDENTITY_ASKED)
    file = officers.read_case(place, hand.case_id)
    assert officers.clock_choices(file) == (kind.EXTENDED, kind.STOPPED, kind.IDENTITY_PROVED)
    proved = officers.keep_time(place, again(hand, asked), kind.IDENTITY_PROVED)
    assert "identity proved" in (done(proved).due_reason or "")


def test_another_reading_does_not_lose_an_extension(place: Place, hand: Hand) -> None:
    extended = officers.keep_time(place, hand, ClockEventKind.EXTENDED)
    wider = replace(RIGHTS, intents=(Intent.DATA_RIGHTS_REQUEST, Intent.CONFIDENTIALITY_QUESTION))
    assert due_day(done(officers.correct(place, again(hand, extended), wider))) == "2027-03-01"


def test_only_an_open_rights_request_has_such_a_clock(place: Place, hand: Hand) -> None:
    other = place.receive(WITHDRAWAL)
    assert officers.clock_choices(other) == ()
    found = officers.keep_time(place, place.hand(other.case), ClockEventKind.EXTENDED)
    assert refused(found) is RefusalReason.DOES_NOT_FIT
    closed = officers.close(place, hand, CloseReason.DONE)
    assert done(closed).state is CaseState.SETTLED
    late = officers.keep_time(place, again(hand, closed), ClockEventKind.EXTENDED)
    assert refused(late) is RefusalReason.DOES_NOT_FIT
