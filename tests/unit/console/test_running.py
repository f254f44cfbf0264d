"""The administrator sees how the service is and nothing of any letter; leads see what more could be done alone."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from intake.alarms import Alarms
from intake.errors import IntakeError
from intake.opening import open_house
from intake.pipeline import House
from intake.store import Store, arrivals, breaker, facts
from intake.store.health import health
from intake.vocabulary import WITHDRAWABLE, ArrivalState, DeliveryState, Role
from tests.support.console import Client
from tests.unit.console.test_cases import Desk, act, desk_of
from tests.unit.officers.conftest import URGENT, WITHDRAWAL, house, office_settings

__all__ = ["house"]


@pytest.fixture
def desk(store: Store, house: House) -> Iterator[Desk]:
    """A console over two students."""
    with desk_of(store, house) as found:
        yield found


@pytest.fixture
def adam(desk: Desk) -> Client:
    """The administrator's browser."""
    return desk.console.signed_in(desk.console.account("Adam", Role.ADMINISTRATOR))


def test_an_idle_service_says_so(desk: Desk, adam: Client) -> None:
    page = adam.get("/health").text
    for said in (
        "None stands.",
        "No poll of the mailbox was completed yet.",
        "the worker has not started yet",
        "No message is shunted or quarantined.",
        "months left",
    ):
        assert said in page
    assert adam.get("/").headers["location"] == "/health"


def test_every_trouble_is_named(desk: Desk, adam: Client) -> None:
    now, store = datetime.now(UTC), desk.office.store
    file = desk.receive(WITHDRAWAL)
    with store.writing() as session:
        place = desk.office.settings.mailbox
        box = arrivals.open_mailbox(session, place.host, place.username, place.folder)
        arrivals.polled(session, box.mailbox_id, now - timedelta(minutes=3, seconds=5))
        arrivals.set_aside(session, file.letters[0].arrival.arrival_id, ArrivalState.SHUNTED, "ValueError at parse")
        facts.put(session, facts.UNACCOUNTED, now, number=2)
        facts.put(session, facts.CANARY, now)
        breaker.trip(session, now)
    Alarms(store).begin("poll", IntakeError("the server is away"))
    page = adam.get("/health").text
    for said in (
        "3 minutes ago",
        "2 messages on the mail server are not in the ledger",
        "the last canary did not come by",
        "the job “poll” fails (IntakeError)",
        "the breaker is open",
        file.letters[0].arrival.arrival_id,
        "ValueError at parse",
    ):
        assert said in page


def test_what_is_counted_is_right(desk: Desk) -> None:
    desk.receive(URGENT)
    with desk.office.store.reading() as session:
        found = health(session)
    assert found.arrivals == {ArrivalState.PROCESSED: 1}
    # The one message out is the alert to the duty.
    assert found.deliveries == {DeliveryState.PENDING: 1}
    assert (found.set_aside, found.alarms, found.breaker_since) == ((), {}, None)


def test_an_alarm_that_ended_is_gone(store: Store) -> None:
    alarms = Alarms(store)
    alarms.begin("send", IntakeError("refused"))
    with store.reading() as session:
        assert set(facts.alarms(session)) == {"alarm send"}
    alarms.end("send")
    with store.reading() as session:
        assert facts.alarms(session) == {}


def test_the_worker_says_which_classifier_it_loaded(desk: Desk, adam: Client) -> None:
    opened = open_house(office_settings(), desk.console.place.vault, desk.office.store)
    page = adam.get("/health").text
    assert f"version {opened.reader.version}, loaded" in page
    assert "without its model" not in page
    with desk.office.store.writing() as session:
        facts.put(session, facts.CLASSIFIER, datetime.now(UTC), number=1, text="rules-1")
    assert "without its model" in adam.get("/health").text


def test_the_administrators_pages_hold_nothing_of_a_letter(desk: Desk, adam: Client) -> None:
    desk.receive(WITHDRAWAL)
    page = adam.get("/health").text
    for personal in ("Okafor", "23529452", "ab23xyz", "withdraw my consent"):
        assert personal not in page


def test_leads_see_what_automatic_mode_would_have_done_beside_what_was_done(desk: Desk) -> None:
    assert "Nothing to compare yet; 0 waiting." in desk.ron.get("/comparison").text
    first, second = desk.receive(WITHDRAWAL), desk.receive(WITHDRAWAL)
    assert "Nothing to compare yet; 2 waiting." in desk.ron.get("/comparison").text
    act(desk.ida, first, "apply", purpose=[one.value for one in WITHDRAWABLE])
    act(desk.ida, second, "release", ground="recorded_call", words="They rang: a joke.")
    act(desk.ida, second, "close", reason="done")
    page = desk.ron.get("/comparison").text
    assert "<strong>1 of 2</strong>" in page
    assert f'<a href="/case/{second.case.case_id}">' in page
    assert f'<a href="/case/{first.case.case_id}">' not in page
