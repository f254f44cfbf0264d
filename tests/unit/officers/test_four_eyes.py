"""Four eyes: erasing, and releasing to a third party, are asked by one person and done once another approves."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from intake import officers
from intake.officers import Basis, CaseFile, CloseReason, Hand, Refusal, RefusalReason, Release
from intake.officers.case_file import opened_delivery, opened_letter, opened_notes
from intake.officers.corrections import exported
from intake.pipeline import House
from intake.store import Store, approvals, arrivals, audit, cases, deliveries, open_store
from intake.store.approvals import ApprovalRow
from intake.store.decisions import DecisionRow
from intake.store.schema import arrivals as letters_table
from intake.store.schema import audit_entries
from intake.store.schema import deliveries as deliveries_table
from intake.vocabulary import WITHDRAWABLE, CaseState, DeliveryState, Purpose, Standing
from tests.unit.officers.conftest import AMINA, NOW, QUESTION, URGENT, WITHDRAWAL, Place, done, office_over

RELEASE = Release("Dr Vale, the student's GP", "That appointments were kept", Basis.PERMISSION, "Asked for on a form.")


def refused(found: object) -> RefusalReason:
    assert isinstance(found, Refusal), found
    return found.reason


def settled_withdrawal(place: Place) -> CaseFile:
    """A withdrawal that was corrected, applied and acknowledged; everything has left the house."""
    file = place.receive(WITHDRAWAL)
    reading = officers.Reading((), (Purpose.CONTACT,), AMINA.student_id, urgent=False)
    corrected = done(officers.correct(place, place.hand(file.case), reading))
    done(officers.apply(place, place.hand(corrected), WITHDRAWABLE))
    send_everything(place)
    return officers.read_case(place, file.case.case_id)


def send_everything(place: Place) -> None:
    with place.store.writing() as session:
        for row in deliveries.reserve(session, "test", NOW + timedelta(days=1), timedelta(minutes=5), 50):
            deliveries.settle(session, row.delivery_id, DeliveryState.SENT, NOW + timedelta(days=1))


def request_of(place: Place, file: CaseFile) -> ApprovalRow:
    return officers.read_case(place, file.case.case_id).approvals[-1]


def now_of(place: Place, file: CaseFile, who: str | None = None, **more: object) -> Hand:
    """A hand that has just looked at the case again."""
    return place.hand(officers.read_case(place, file.case.case_id).case, who, **more)  # type: ignore[arg-type]


def asked_erasure(place: Place, file: CaseFile) -> ApprovalRow:
    done(officers.ask_erasure(place, now_of(place, file), "The student asked for it (Article 17)."))
    return request_of(place, file)


def last_decision(place: Place, file: CaseFile) -> DecisionRow:
    return officers.read_case(place, file.case.case_id).decisions[-1]


def counts(place: Place, case_id: str) -> tuple[object, ...]:
    """What the ledger, the arrivals and the outbox count."""
    file = officers.read_case(place, case_id)
    with place.store.reading() as session:
        out = session.execute(deliveries_table.select().with_only_columns(deliveries_table.c.state)).scalars().all()
        return (arrivals.counts(session), sorted(out), file.events, file.case.state, len(file.letters))


def test_erasing_destroys_keys_and_words_and_leaves_ledger_trail_and_counts(place: Place) -> None:
    file = settled_withdrawal(place)
    assert opened_letter(place, file.letters[0].arrival) is not None
    assert len(list(exported(place.store, place.vault))) == 1
    before = counts(place, file.case.case_id)
    request = asked_erasure(place, file)
    assert opened_letter(place, officers.read_case(place, file.case.case_id).letters[0].arrival) is not None
    done(officers.settle(place, now_of(place, file, place.lea, lead=True), request.approval_id, approve=True))

    after = officers.read_case(place, file.case.case_id)
    assert [one.erased for one in after.letters] == [True]
    assert all(opened_delivery(place.vault, one) is None for one in after.deliveries)
    with place.store.reading() as session:
        (letter,) = session.execute(letters_table.select()).mappings()
        written = session.execute(deliveries_table.select()).mappings().all()
        assert audit.verify(session).ok
    assert [letter[name] for name in ("wrapped_key", "content", "message_id", "findings")] == [None] * 4
    assert letter["sha256"] == file.letters[0].arrival.sha256
    sealed = ("wrapped_key", "content", "recipient", "in_reply_to")
    assert written
    assert {row[name] for row in written for name in sealed} == {None}
    assert counts(place, file.case.case_id) == before
    assert list(exported(place.store, place.vault)) == []
    # Officers' own words stay, with the reason for the erasure among them.
    assert [fields["words"] for _, fields in opened_notes(place.vault, after.notes)] == [
        "The student asked for it (Article 17)."
    ]


def test_the_decision_and_the_audit_trail_name_both_people_and_everything_that_went(place: Place) -> None:
    file = settled_withdrawal(place)
    request = asked_erasure(place, file)
    done(officers.settle(place, now_of(place, file, place.lea, lead=True), request.approval_id, approve=True))
    settled = request_of(place, file)
    assert (settled.state, settled.asked_by, settled.settled_by) == (approvals.APPROVED, place.ida, place.lea)
    decided = last_decision(place, file)
    assert (decided.action, decided.actor, decided.detail["asked_by"]) == ("erase", place.lea, place.ida)
    assert decided.detail["arrivals"] == [file.letters[0].arrival.arrival_id]
    assert sorted(decided.detail["deliveries"]) == sorted(one.delivery_id for one in file.deliveries)
    with place.store.reading() as session:
        trail = [one for one in session.execute(audit_entries.select()) if one.action == "officer_erase"]
    assert [(one.actor, one.subject) for one in trail] == [(place.lea, file.case.case_id)]
    assert file.letters[0].arrival.arrival_id in trail[0].detail


def test_an_erased_case_goes_on_working(place: Place) -> None:
    file = settled_withdrawal(place)
    request = asked_erasure(place, file)
    done(officers.settle(place, now_of(place, file, place.lea, lead=True), request.approval_id, approve=True))
    again = officers.ask_erasure(place, now_of(place, file, place.lea), "Once more.")
    assert refused(again) is RefusalReason.DOES_NOT_FIT
    done(officers.reopen(place, now_of(place, file, place.lea)))
    done(officers.close(place, now_of(place, file, place.lea), CloseReason.DONE))
    assert officers.read_case(place, file.case.case_id).case.state is CaseState.SETTLED


def test_nothing_of_an_open_case_is_erased_whenever_it_was_asked(place: Place) -> None:
    open_file = place.receive(QUESTION)
    asked = officers.ask_erasure(place, place.hand(open_file.case), "Why not.")
    assert refused(asked) is RefusalReason.STILL_OPEN
    done(officers.close(place, place.hand(open_file.case), CloseReason.DONE))
    send_everything(place)
    request = asked_erasure(place, open_file)
    done(officers.reopen(place, now_of(place, open_file)))
    done(officers.give_back(place, now_of(place, open_file)))
    found = officers.settle(place, now_of(place, open_file, place.lea, lead=True), request.approval_id, approve=True)
    assert refused(found) is RefusalReason.STILL_OPEN
    assert not officers.read_case(place, open_file.case.case_id).letters[0].erased


def test_what_is_about_to_leave_is_not_erased(place: Place) -> None:
    file = place.receive(QUESTION)
    done(officers.answer(place, place.hand(file.case)))
    assert refused(officers.ask_erasure(place, now_of(place, file), "Now.")) is RefusalReason.STILL_LEAVING
    send_everything(place)
    done(officers.ask_erasure(place, now_of(place, file), "Now."))


def test_a_letter_that_another_open_case_needs_is_not_erased(place: Place) -> None:
    file, other = place.receive(QUESTION), place.receive(URGENT)
    done(officers.close(place, place.hand(file.case), CloseReason.DONE))
    send_everything(place)
    with place.store.writing() as session:
        cases.add_arrival(session, other.case.case_id, file.letters[0].arrival.arrival_id)
    assert refused(officers.ask_erasure(place, now_of(place, file), "Now.")) is RefusalReason.STILL_OPEN


def test_only_what_was_asked_is_erased(place: Place) -> None:
    file = settled_withdrawal(place)
    request = asked_erasure(place, file)
    other = place.receive(QUESTION)
    with place.store.writing() as session:
        cases.add_arrival(session, file.case.case_id, other.letters[0].arrival.arrival_id)
        cases.settle(session, other.case.case_id)
    send_everything(place)
    found = officers.settle(place, now_of(place, file, place.lea, lead=True), request.approval_id, approve=True)
    assert refused(found) is RefusalReason.DOES_NOT_FIT
    assert not any(one.erased for one in officers.read_case(place, file.case.case_id).letters)


def test_what_was_merged_into_a_case_is_erased_with_it(place: Place) -> None:
    first, second = place.receive(WITHDRAWAL), place.receive(QUESTION, received_at=NOW + timedelta(minutes=5))
    done(officers.merge(place, place.hand(second.case), first.case.reference))
    done(officers.apply(place, now_of(place, first), WITHDRAWABLE))
    send_everything(place)
    request = asked_erasure(place, first)
    done(officers.settle(place, now_of(place, first, place.lea, lead=True), request.approval_id, approve=True))
    after = officers.read_case(place, second.case.reference)
    assert [one.erased for one in after.letters] == [True, True]
    assert {one.wrapped_key for one in after.deliveries} == {None}


def test_a_release_to_a_third_party_is_recorded_only_once_another_person_approves(place: Place) -> None:
    file = place.receive(QUESTION)
    written = len(file.deliveries)
    done(officers.ask_third_party(place, place.hand(file.case), RELEASE))
    request = request_of(place, file)
    assert (last_decision(place, file).action, request.action) == ("ask_approval", "third_party_release")
    done(officers.settle(place, now_of(place, file, place.lea, lead=True), request.approval_id, approve=True))
    after = officers.read_case(place, file.case.case_id)
    assert after.decisions[-1].action == "third_party_release"
    assert after.decisions[-1].detail == {
        "basis": "permission",
        "student": AMINA.student_id,
        "approval": request.approval_id,
        "asked_by": place.ida,
    }
    ((row, fields),) = opened_notes(place.vault, after.notes)
    assert (row.kind, fields) == ("third_party", {"to": RELEASE.to, "what": RELEASE.what, "why": RELEASE.why})
    assert len(after.deliveries) == written


@pytest.mark.parametrize("name", ["to", "what", "why"])
def test_a_release_is_asked_for_in_words(place: Place, name: str) -> None:
    file = place.receive(QUESTION)
    fields = {"to": "Dr Vale", "what": "Dates", "why": "Asked for."} | {name: "  "}
    found = officers.ask_third_party(place, place.hand(file.case), Release(basis=Basis.LAW, **fields))
    assert refused(found) is RefusalReason.WORDS_NEEDED


def test_no_release_rests_on_a_permission_that_was_withdrawn_or_is_held(place: Place) -> None:
    file = place.receive(QUESTION)
    done(officers.ask_third_party(place, place.hand(file.case), RELEASE))
    request = request_of(place, file)
    held = place.receive(WITHDRAWAL)
    assert place.stands(AMINA.student_id, Standing.RESTRICTED) >= {Purpose.THIRD_PARTY_SHARING}
    lead = now_of(place, file, place.lea, lead=True)
    assert refused(officers.settle(place, lead, request.approval_id, approve=True)) is RefusalReason.CONSENT_STOPPED
    done(officers.apply(place, now_of(place, held), WITHDRAWABLE))
    assert refused(officers.ask_third_party(place, now_of(place, held), RELEASE)) is RefusalReason.CONSENT_STOPPED
    by_law = Release(RELEASE.to, RELEASE.what, Basis.LAW, "A court order.")
    done(officers.ask_third_party(place, now_of(place, held), by_law))


def test_nothing_is_released_about_nobody(place: Place) -> None:
    file = place.receive("Hello, can you tell me how you handle information?", "somebody@post.example")
    assert file.case.student_id is None
    assert refused(officers.ask_third_party(place, place.hand(file.case), RELEASE)) is RefusalReason.NO_STUDENT


def ask_erasure(place: Place) -> CaseFile:
    file = settled_withdrawal(place)
    asked_erasure(place, file)
    return file


def ask_release(place: Place) -> CaseFile:
    file = place.receive(QUESTION)
    done(officers.ask_third_party(place, place.hand(file.case), RELEASE))
    return file


def ask_override(place: Place) -> CaseFile:
    file = place.receive(WITHDRAWAL)
    done(officers.ask_override(place, place.hand(file.case), "They came in person."))
    return file


def ask_merge(place: Place) -> CaseFile:
    other, file = place.receive(QUESTION, "bw21abc@student.herts.example"), place.receive(QUESTION)
    done(officers.ask_merge(place, place.hand(file.case), other.case.reference, "One person."))
    return file


Ask = Callable[[Place], CaseFile]
ASKS = pytest.mark.parametrize("ask", [ask_erasure, ask_release, ask_override, ask_merge])


@ASKS
def test_nobody_is_both_people(place: Place, ask: Ask) -> None:
    file = ask(place)
    request = request_of(place, file)
    for approve in (True, False):
        own = now_of(place, file, lead=True)
        assert refused(officers.settle(place, own, request.approval_id, approve=approve)) is RefusalReason.SECOND_PERSON
    no_lead = now_of(place, file, place.ron)
    assert refused(officers.settle(place, no_lead, request.approval_id, approve=True)) is RefusalReason.SECOND_PERSON
    assert request_of(place, file) == request


@ASKS
def test_what_was_asked_expires(place: Place, ask: Ask) -> None:
    file = ask(place)
    request = request_of(place, file)
    in_time, late = (request.expires_at + timedelta(seconds=one) for one in (-1, 0))
    assert waiting(place, in_time) == [request.approval_id]
    assert waiting(place, late) == []
    lead = now_of(place, file, place.lea, lead=True, after=late - NOW - timedelta(hours=1))
    assert lead.now == late
    assert refused(officers.settle(place, lead, request.approval_id, approve=True)) is RefusalReason.EXPIRED
    assert last_decision(place, file).action == "ask_approval"


def waiting(place: Place, now: datetime) -> list[str]:
    with place.store.reading() as session:
        return [one.approval_id for one in approvals.waiting(session, now, 9)]


@ASKS
def test_who_asked_can_take_it_back_and_nobody_else(place: Place, ask: Ask) -> None:
    file = ask(place)
    request = request_of(place, file)
    other = now_of(place, file, place.lea, lead=True)
    assert refused(officers.withdraw(place, other, request.approval_id)) is RefusalReason.DOES_NOT_FIT
    done(officers.withdraw(place, now_of(place, file), request.approval_id))
    done(officers.give_back(place, now_of(place, file)))
    assert (request_of(place, file).state, request_of(place, file).settled_by) == (approvals.WITHDRAWN, place.ida)
    late = officers.settle(place, now_of(place, file, place.lea, lead=True), request.approval_id, approve=True)
    assert refused(late) is RefusalReason.DOES_NOT_FIT
    assert last_decision(place, file).action == "withdraw_approval"


@ASKS
def test_a_refusal_does_nothing_else(place: Place, ask: Ask) -> None:
    file = ask(place)
    request = request_of(place, file)
    done(officers.settle(place, now_of(place, file, place.ron), request.approval_id, approve=False))
    assert (request_of(place, file).state, last_decision(place, file).action) == (approvals.REFUSED, "refuse_approval")
    assert (
        refused(officers.settle(place, now_of(place, file, place.ron, lead=True), request.approval_id, approve=True))
        is RefusalReason.DOES_NOT_FIT
    )


def test_the_same_is_not_asked_twice_while_it_waits(place: Place) -> None:
    file = ask_erasure(place)
    twice = officers.ask_erasure(place, now_of(place, file), "Please.")
    assert refused(twice) is RefusalReason.DOES_NOT_FIT
    later = now_of(place, file, after=approvals.LASTS)
    done(officers.ask_erasure(place, later, "It expired."))
    assert len(officers.read_case(place, file.case.case_id).approvals) == 2


def test_of_two_leads_one_approves(place: Place) -> None:
    file = ask_release(place)
    request = request_of(place, file)
    first = now_of(place, file, place.lea, lead=True)
    done(officers.settle(place, first, request.approval_id, approve=True))
    second = now_of(place, file, place.lea, lead=True)
    assert refused(officers.settle(place, second, request.approval_id, approve=True)) is RefusalReason.DOES_NOT_FIT
    assert [one.action for one in officers.read_case(place, file.case.case_id).decisions] == [
        "ask_approval",
        "third_party_release",
    ]


def test_an_erased_key_stands_nowhere_in_the_file(house: House, tmp_path: Path) -> None:
    """SQLite overwrites what is removed (`secure_delete`); its journal forgets at the next checkpoint."""
    path = tmp_path / "test.db"
    opened = open_store(f"sqlite:///{path}", create=True)
    at = office_over(opened, house)
    file = settled_withdrawal(at)
    keys = [file.letters[0].arrival.wrapped_key, *(one.wrapped_key for one in file.deliveries)]
    checkpoint(opened)
    assert all(one is not None and one in path.read_bytes() for one in keys)
    request = asked_erasure(at, file)
    done(officers.settle(at, now_of(at, file, at.lea, lead=True), request.approval_id, approve=True))
    checkpoint(opened)
    on_disk = b"".join(one.read_bytes() for one in tmp_path.iterdir())
    opened.close()
    assert not any(one in on_disk for one in keys if one is not None)


def checkpoint(store: Store) -> None:
    with store.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
