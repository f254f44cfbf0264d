"""Timekeeping: what an officer notes moves the due date, stands in the audit trail, and must follow from before."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from intake.clocks import load_bank_holidays
from intake.errors import NotFound
from intake.store import Store, cases
from intake.store.cases import Case, NewCase
from intake.store.schema import audit_entries
from intake.timekeeping import note, set_clock
from intake.vocabulary import CaseState, Clock, ClockEventKind, Disposition

HOLIDAYS = load_bank_holidays()
OPENED = datetime(2027, 3, 1, 10, tzinfo=UTC)


def opened(store: Store, clock: Clock = Clock.DATA_RIGHTS) -> Case:
    new = NewCase(CaseState.OPEN, Disposition.TRIAGE, None, None, False, (), (), OPENED, OPENED, "", clock)
    with store.writing() as session:
        return cases.open_case(session, new)


def noted(store: Store, case: Case, kind: ClockEventKind, day: int) -> Case:
    with store.writing() as session:
        note(session, HOLIDAYS, case, kind, "jo", datetime(2027, 3, day, 10, tzinfo=UTC))
    with store.reading() as session:
        found = cases.find(session, case.case_id)
    assert found is not None
    return found


def due_day(case: Case) -> date:
    assert case.due_at is not None
    return case.due_at.date()


def test_each_event_moves_the_due_date_of_the_case(store: Store) -> None:
    case = opened(store)
    case = noted(store, case, ClockEventKind.STOPPED, 5)
    assert "stopped since 5 March 2027" in (case.due_reason or "")
    case = noted(store, case, ClockEventKind.RESUMED, 12)
    assert due_day(case) == date(2027, 4, 8)
    case = noted(store, case, ClockEventKind.EXTENDED, 15)
    assert due_day(case) == date(2027, 6, 8)
    assert case.version == 4
    with store.reading() as session:
        actions = session.execute(select(audit_entries.c.action, audit_entries.c.actor)).all()
    assert [tuple(row) for row in actions] == [
        ("clock_stopped", "jo"),
        ("clock_resumed", "jo"),
        ("clock_extended", "jo"),
    ]


@pytest.mark.parametrize(
    ("before", "kind"),
    [
        ((), ClockEventKind.RESUMED),
        ((), ClockEventKind.IDENTITY_PROVED),
        ((ClockEventKind.STOPPED,), ClockEventKind.STOPPED),
        ((ClockEventKind.EXTENDED,), ClockEventKind.EXTENDED),
        ((ClockEventKind.IDENTITY_ASKED,), ClockEventKind.IDENTITY_ASKED),
    ],
)
def test_what_does_not_follow_is_refused(
    store: Store, before: tuple[ClockEventKind, ...], kind: ClockEventKind
) -> None:
    case = opened(store)
    for day, one in enumerate(before, start=2):
        case = noted(store, case, one, day)
    with pytest.raises(NotFound, match=kind.value):
        noted(store, case, kind, 20)


def test_only_a_rights_request_has_such_events(store: Store) -> None:
    with pytest.raises(NotFound, match="no rights request"):
        noted(store, opened(store, Clock.TRIAGE), ClockEventKind.EXTENDED, 2)


def test_an_officer_sets_which_clock_runs_but_for_an_urgent_case(store: Store) -> None:
    case = opened(store, Clock.TRIAGE)
    with store.writing() as session:
        assert set_clock(session, HOLIDAYS, case, Clock.COMPLAINT, "jo", OPENED).at.date() == date(2027, 3, 30)
    urgent = opened(store, Clock.URGENT)
    with store.writing() as session, pytest.raises(NotFound, match="is urgent"):
        set_clock(session, HOLIDAYS, urgent, Clock.TRIAGE, "jo", OPENED)
