"""Two officers and one case: a lease that ends, a stale save refused with what changed, taking over said aloud."""

import threading
from datetime import timedelta

from intake import officers
from intake.officers import CloseReason, Done, Refusal, RefusalReason
from intake.store import audit
from intake.store.schema import audit_entries
from intake.vocabulary import WITHDRAWABLE, CaseState, Standing
from tests.unit.officers.conftest import AMINA, NOW, QUESTION, WITHDRAWAL, Place, again, done


def test_a_claimed_case_is_nobody_elses_until_the_lease_ends(place: Place) -> None:
    case = place.receive(WITHDRAWAL).case
    mine, other = place.hand(case), place.hand(case, place.ron)
    assert done(officers.claim(place, mine)).holder(mine.now) == place.ida
    for found in (officers.claim(place, other), officers.apply(place, other, WITHDRAWABLE)):
        assert isinstance(found, Refusal)
        assert (found.reason, found.holder) == (RefusalReason.IN_ANOTHERS_HAND, place.ida)
    assert place.stands(AMINA.student_id, Standing.WITHDRAWN) == frozenset()
    late = place.hand(case, place.ron, after=timedelta(minutes=16))
    assert done(officers.apply(place, late, WITHDRAWABLE)).claimed_by == place.ron


def test_taking_over_is_explicit_and_audited(place: Place) -> None:
    case = place.receive(WITHDRAWAL).case
    mine, other = place.hand(case), place.hand(case, place.ron)
    officers.claim(place, mine)
    assert done(officers.claim(place, other, take_over=True)).claimed_by == place.ron
    refused = officers.apply(place, mine, WITHDRAWABLE)
    assert isinstance(refused, Refusal)
    assert refused.holder == place.ron
    with place.store.reading() as session:
        actions = [(one.action, one.actor) for one in session.execute(audit_entries.select())]
        assert audit.verify(session).ok
    assert ("case_taken_over", place.ron) in actions


def test_giving_back_frees_the_case(place: Place) -> None:
    case = place.receive(WITHDRAWAL).case
    officers.claim(place, place.hand(case))
    stranger = officers.give_back(place, place.hand(case, place.ron))
    assert isinstance(stranger, Refusal)
    done(officers.give_back(place, place.hand(case)))
    assert done(officers.claim(place, place.hand(case, place.ron))).claimed_by == place.ron


def test_a_stale_save_is_refused_with_what_changed(place: Place) -> None:
    case = place.receive(WITHDRAWAL).case
    seen = place.hand(case, place.ron)
    done(officers.apply(place, place.hand(case), WITHDRAWABLE))
    done(officers.give_back(place, place.hand(case)))
    found = officers.close(place, seen, CloseReason.DONE)
    assert isinstance(found, Refusal)
    assert found.reason is RefusalReason.STALE
    assert [(one.action, one.actor) for one in found.changes] == [("apply", place.ida)]
    assert found.case is not None
    assert found.case.state is CaseState.SETTLED


def test_a_letter_that_joins_makes_what_was_seen_stale(place: Place) -> None:
    case = place.receive(WITHDRAWAL, "amina.okafor@post.example").case
    asked = officers.ask(place, place.hand(case))
    (question,) = [one for one in place.written(case) if one.template == "withdrawal_confirmation"]
    seen = again(place.hand(case), asked)
    place.receive(
        "Thanks. That was not me.\n",
        received_at=NOW + timedelta(hours=2),
        head=f"In-Reply-To: {question.message_id}\r\n",
    )
    found = officers.apply(place, seen, WITHDRAWABLE)
    assert isinstance(found, Refusal)
    assert (found.reason, found.changes) == (RefusalReason.STALE, ())


def test_of_two_at_the_same_moment_one_settles_the_case(place: Place) -> None:
    case = place.receive(QUESTION).case
    hands = [place.hand(case), place.hand(case, place.ron)]
    found: list[object] = []
    start = threading.Barrier(2)

    def settle(hand: officers.Hand) -> None:
        start.wait()
        found.append(officers.close(place, hand, CloseReason.ANSWERED_ELSEWHERE))

    threads = [threading.Thread(target=settle, args=(hand,)) for hand in hands]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sum(isinstance(one, Done) for one in found) == 1
    assert len(officers.read_case(place, case.case_id).decisions) == 1
