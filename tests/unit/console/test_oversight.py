"""The week, the ledger and the audit trail over HTTP: right numbers, and looking is itself written down."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from intake import officers
from intake.clocks import LONDON
from intake.console.figures import rounded
from intake.officers import CloseReason
from intake.pipeline import House
from intake.store import Store, audit, deliveries, queue, students
from intake.store.schema import audit_entries
from intake.store.week import Day, Week, week
from intake.vocabulary import WITHDRAWABLE, CaseState, DeliveryState, Role
from tests.support.console import Served, served
from tests.unit.officers.conftest import (
    AMINA,
    BEN,
    NOW,
    QUESTION,
    WITHDRAWAL,
    Place,
    house,
    office_settings,
    place,
)

__all__ = ["house", "place"]


@pytest.fixture
def console(store: Store, house: House) -> Iterator[Served]:
    """A console over two students."""
    with store.writing() as session:
        students.add(session, [AMINA, BEN], datetime.now(UTC))
        students.note_size(session, datetime.now(UTC))
    with served(office_settings(), store, house.desk.vault) as found:
        yield found


def office(console: Served, house: House, account_id: str) -> Place:
    """The office behind a console."""
    at = console.place
    return Place(at.store, at.vault, at.settings, at.desk, at.holidays, house, account_id, "", "")


def test_the_week_counts_by_day_of_receipt_in_london(place: Place) -> None:
    # 23:30 UTC on 25 November is the same day in London; seven days before 27 November is out of the week.
    for received_at in (NOW, NOW - timedelta(days=1), NOW - timedelta(days=7)):
        file = place.receive(QUESTION, received_at=received_at)
    officers.close(place, place.hand(file.case), CloseReason.DONE)
    with place.store.reading() as session:
        found = week(session, NOW + timedelta(hours=3), LONDON)
    assert [(one.day.isoformat(), one.alone, one.people) for one in found.days[-2:]] == [
        ("2026-11-26", 0, 1),
        ("2026-11-27", 0, 1),
    ]
    assert (found.letters, found.decisions, found.waits) == (2, 1, ())
    assert dict(found.reasons)["assist_mode"] == 2


def test_a_wait_ends_with_the_first_message_to_the_writer(place: Place) -> None:
    file = place.receive(WITHDRAWAL)
    asked = officers.apply(place, place.hand(file.case), WITHDRAWABLE)
    assert isinstance(asked, officers.Done)
    with place.store.writing() as session:
        sent = deliveries.of_cases(session, [file.case.case_id])
        assert len([one for one in sent if one.recipient_kind != "duty"]) > 1
        for number, one in enumerate(sent, 1):
            deliveries.settle(session, one.delivery_id, DeliveryState.SENT, NOW + timedelta(minutes=30 * number))
    with place.store.reading() as session:
        (wait,) = week(session, NOW + timedelta(hours=3), LONDON).waits
    assert wait == timedelta(minutes=30)


@pytest.mark.parametrize(("letters", "shown"), [(2, "0 letters"), (3, "5 letters")])
def test_the_week_is_shown_rounded_and_what_waits_exactly(
    console: Served, house: House, letters: int, shown: str
) -> None:
    dpo = console.account("Dora", Role.DATA_PROTECTION_OFFICER)
    for _ in range(letters):
        office(console, house, dpo.account_id).receive(WITHDRAWAL, received_at=datetime.now(UTC))
    with console.place.store.reading() as session:
        (waits,) = {queue.counts(session, datetime.now(UTC)).states[CaseState.OPEN]}
    page = console.signed_in(dpo).get("/week")
    assert page.status_code == 200
    assert shown in page.text
    assert f"counted exactly: <span>{waits} open" in page.text
    assert "HESA Standard Rounding Methodology" in page.text
    assert ("In assist mode a person decides." in page.text) == (letters > 2)


def test_no_raw_number_of_the_week_reaches_the_page() -> None:
    today = NOW.date()
    days = (Day(today - timedelta(days=1), 12, 1), Day(today, 1, 9))
    minutes = [timedelta(minutes=one) for one in (1, 2, 3, 4, 7, 8, 9)]
    raw = Week(days, (("urgent", 2), ("question", 3), ("forged", 8), ("empty", 7)), tuple(minutes), 22, (("scope", 1),))
    found = rounded(raw)
    assert [(one.alone, one.people) for one in found.days] == [(10, 0), (0, 10)]
    # From the raw 13, 10 and 23, and not from what the days show.
    assert (found.letters, found.alone, found.people, found.share) == (25, 15, 10, "57")
    assert (found.reasons, found.differs) == ((("forged", 10), ("empty", 5), ("question", 5)), ())
    assert (found.decisions, found.minutes, found.highest) == (20, "..", 10)
    more = replace(raw, days=(Day(today, 12, 10),), waits=(*minutes, timedelta(minutes=20)))
    # The median of 4 and 7 minutes; of 22 letters there is no share.
    assert (rounded(more).minutes, rounded(more).share) == ("6", "..")


def test_a_ledger_is_shown_and_the_look_is_written_down(console: Served, house: House) -> None:
    dpo = console.account("Dora", Role.DATA_PROTECTION_OFFICER)
    office(console, house, dpo.account_id).receive(WITHDRAWAL, received_at=datetime.now(UTC))
    client = console.signed_in(dpo)
    shown = client.post("/ledger", page="/ledger", student_id=AMINA.student_id)
    assert shown.text.count("held") >= 5
    assert "There is no such student" in client.post("/ledger", page="/ledger", student_id="nobody").text
    with console.place.store.reading() as session:
        looks = [one.subject for one in session.execute(audit_entries.select()) if one.action == "ledger_read"]
    assert looks == [AMINA.student_id, "register"]


def test_the_trail_is_searched_by_name_action_and_reference(console: Served, house: House) -> None:
    dpo, ida = console.account("Dora", Role.DATA_PROTECTION_OFFICER), console.account("Ida")
    at = office(console, house, ida.account_id)
    file = at.receive(QUESTION, received_at=datetime.now(UTC) - timedelta(hours=2))
    hand = officers.Hand(ida.account_id, "Ida", file.case.case_id, file.case.version, datetime.now(UTC))
    officers.close(at, hand, CloseReason.DONE)
    client = console.signed_in(dpo)
    for fields in ({"actor": "Ida"}, {"action": "officer_close"}, {"subject": file.case.reference}):
        shown = client.post("/audit", page="/audit", what="search", **fields).text
        assert "officer_close" in shown.partition("<tbody>")[2], fields
    nothing = client.post("/audit", page="/audit", what="search", actor="Nobody", until="2020-01-01").text
    assert "0 entries" in nothing
    assert "whole: nothing was altered" in client.post("/audit", page="/audit", what="prove").text


def test_the_trail_is_read_in_pages(store: Store) -> None:
    with store.writing() as session:
        for number in range(5):
            audit.append(session, NOW, "u-1", "looked", f"c-{number}")
    with store.reading() as session:
        newest = audit.search(session, audit.Sought(action="looked"), 2)
        older = audit.search(session, audit.Sought(action="looked", before=newest[-1].sequence), 9)
    assert [one.subject for one in (*newest, *older)] == ["c-4", "c-3", "c-2", "c-1", "c-0"]
