"""Whoever must act on an officer's consent change is told through the outbox, and not where it was undone in time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from intake import officers
from intake.settings import Notice
from intake.vocabulary import WITHDRAWABLE, DeliveryState, Standing
from tests.unit.officers.conftest import AMINA, URGENT, WITHDRAWAL, Place, again, decision, done


def test_a_notice_waits_with_the_acknowledgement_and_is_undone_with_it(place: Place) -> None:
    notice = Notice.model_validate({"name": "dean", "address": "dean@herts.example", "purposes": ["contact"]})
    office = replace(place, desk=replace(place.desk, notices=(notice,)))
    file = place.receive(WITHDRAWAL)
    hand = place.hand(file.case)
    applied = officers.apply(office, hand, WITHDRAWABLE)
    (told,) = [one for one in place.written(done(applied)) if one.template == "change_notice"]
    assert told.state is DeliveryState.PENDING
    officers.undo(office, again(hand, applied), decision(applied))
    (told,) = [one for one in place.written(file.case) if one.template == "change_notice"]
    assert told.state is DeliveryState.WITHHELD
    assert place.stands(AMINA.student_id, Standing.WITHDRAWN) == frozenset()


def test_an_officer_who_has_an_urgent_case_ends_its_alerts(place: Place) -> None:
    from intake.store import alerts

    file = place.receive(URGENT)
    later = datetime.now(UTC) + timedelta(days=365)
    with place.store.reading() as session:
        assert [one.case_id for one in alerts.due(session, later)] == [file.case.case_id]
    done(officers.acknowledge(place, place.hand(file.case)))
    with place.store.reading() as session:
        assert alerts.due(session, later) == []
