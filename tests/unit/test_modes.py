"""Modes: each outcome is told apart, the share has its bound, and the store gives what people did with a case."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from intake.modes import Outcome, compare, outcome_of, wilson_lower
from intake.store import Store, cases, consent, deliveries, proposals
from intake.store.cases import NewCase
from intake.store.proposals import Proposal
from intake.store.schema import cases as table
from intake.vocabulary import CaseState, Clock, ConsentEventKind, Disposition, Purpose, ReplyTemplate

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
CONTACT, STATISTICS, SUPERVISION = Purpose.CONTACT, Purpose.STATISTICS, Purpose.SUPERVISION


def proposal(
    disposition: Disposition = Disposition.APPLY,
    purposes: tuple[Purpose, ...] = (CONTACT, STATISTICS),
    withdrawn: tuple[Purpose, ...] = (),
    written: tuple[ReplyTemplate, ...] = (),
    *,
    settled: bool = True,
) -> Proposal:
    return Proposal("c-1", "W-1", disposition, frozenset(purposes), settled, frozenset(withdrawn), frozenset(written))


@pytest.mark.parametrize(
    ("one", "outcome"),
    [
        (proposal(withdrawn=(CONTACT, STATISTICS)), Outcome.SAME),
        (proposal(withdrawn=(CONTACT,)), Outcome.LESS),
        (proposal(withdrawn=(CONTACT, STATISTICS, SUPERVISION)), Outcome.MORE),
        (proposal(withdrawn=(SUPERVISION,)), Outcome.OTHER),
        (proposal(), Outcome.NOTHING),
        (proposal(purposes=()), Outcome.SAME),
        (proposal(Disposition.ANSWER, (), written=(ReplyTemplate.QUESTION_ANSWERED,)), Outcome.SAME),
        (proposal(Disposition.ANSWER, (), written=(ReplyTemplate.NEUTRAL_RECEIPT,)), Outcome.NOTHING),
        (proposal(Disposition.CONFIRM, written=(ReplyTemplate.WITHDRAWAL_CONFIRMATION,)), Outcome.SAME),
        (proposal(Disposition.CONFIRM, withdrawn=(CONTACT,)), Outcome.WITHOUT_ASKING),
        (proposal(Disposition.CONFIRM), Outcome.NOTHING),
    ],
)
def test_each_outcome_is_told_apart(one: Proposal, outcome: Outcome) -> None:
    assert outcome_of(one) is outcome


def test_what_waits_is_counted_and_not_compared() -> None:
    found = compare([proposal(withdrawn=(CONTACT, STATISTICS)), proposal(), proposal(settled=False)])
    assert (found.compared, found.same, found.waiting, found.share) == (2, 1, 1, 0.5)
    assert [outcome for _, outcome in found.differing] == [Outcome.NOTHING]
    assert found.at_least is not None
    assert found.at_least < 0.5


def test_where_nothing_was_settled_there_is_no_share() -> None:
    found = compare([proposal(settled=False)])
    assert (found.share, found.at_least, found.compared) == (None, None, 0)


@pytest.mark.parametrize(("hits", "trials", "bound"), [(10, 10, 0.7871), (95, 100, 0.9009), (0, 5, 0.0)])
def test_the_bound_is_wilsons(hits: int, trials: int, bound: float) -> None:
    assert wilson_lower(hits, trials) == pytest.approx(bound, abs=5e-4)


def opened(store: Store, at: int, proposed: dict[str, Any] | None) -> str:
    new = NewCase(
        CaseState.OPEN, Disposition.TRIAGE, "1", None, False, (), (), NOW + timedelta(hours=at), NOW, "", Clock.TRIAGE
    )
    with store.writing() as session:
        case = cases.open_case(session, replace(new, proposed=proposed))
    return case.case_id


def did(store: Store, case_id: str, actor: str, *events: tuple[ConsentEventKind, Purpose]) -> None:
    with store.writing() as session:
        for kind, purpose in events:
            row = {"student_id": "1", "purpose": purpose.value, "event": kind.value, "actor": actor, "case_id": case_id}
            consent.append(session, [{**row, "received_at": NOW, "effective_at": NOW, "recorded_at": NOW}])


def wrote(store: Store, case_id: str, template: ReplyTemplate, state: str) -> None:
    row = {
        "delivery_id": f"d-{case_id}-{state}"[:40],
        "case_id": case_id,
        "template": template.value,
        "template_version": "1",
        "recipient_kind": "originator",
        "state": state,
        "verdict": "allowed",
        "message_id": f"<{case_id}.{state}@herts.example>",
        "created_at": NOW,
        "attempts": 0,
        "recipient_hash": b"x",
    }
    with store.writing() as session:
        deliveries.add(session, row)


def settle(store: Store, case_id: str, state: CaseState = CaseState.SETTLED, into: str | None = None) -> None:
    with store.writing() as session:
        here = table.c.case_id == case_id
        session.execute(update(table).where(here).values(state=state.value, merged_into=into))


def test_the_store_gives_what_people_did_and_not_what_the_service_did(store: Store) -> None:
    both = {"disposition": "apply", "purposes": ["contact", "statistics"]}
    applied, undone, held, merged = (opened(store, at, both) for at in range(4))
    asked = opened(store, 4, {"disposition": "answer", "purposes": []})
    opened(store, 5, None)
    withdraws = ((ConsentEventKind.WITHDRAWN, CONTACT), (ConsentEventKind.WITHDRAWN, STATISTICS))
    did(store, applied, "jo", *withdraws)
    did(store, undone, "jo", *withdraws, (ConsentEventKind.REINSTATED, STATISTICS))
    did(store, held, "service", *withdraws)
    wrote(store, asked, ReplyTemplate.QUESTION_ANSWERED, "withheld")
    for one in (applied, undone, asked):
        settle(store, one)
    settle(store, merged, CaseState.MERGED, into=applied)
    with store.reading() as session:
        found = {one.case_id: one for one in proposals.every(session)}
    assert list(found) == [applied, undone, held, merged, asked]
    assert outcome_of(found[applied]) is Outcome.SAME
    assert outcome_of(found[undone]) is Outcome.LESS
    assert not found[held].settled
    assert found[held].withdrawn == frozenset()
    assert found[merged].settled
    assert outcome_of(found[merged]) is Outcome.SAME
    assert outcome_of(found[asked]) is Outcome.NOTHING
    wrote(store, asked, ReplyTemplate.QUESTION_ANSWERED, "sent")
    with store.reading() as session:
        again = {one.case_id: one for one in proposals.every(session)}
    assert outcome_of(again[asked]) is Outcome.SAME
