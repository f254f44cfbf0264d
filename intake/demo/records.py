"""What the database holds when the letters are worked: consent ledger, cases, outbox, as rows of words."""

from collections import Counter
from datetime import datetime
from itertools import groupby

from intake.clocks import LONDON
from intake.demo.telling import purposes, why
from intake.store import Store, arrivals, cases, consent, deliveries
from intake.vocabulary import ArrivalState, CaseState, DeliveryState


def ledger(store: Store) -> list[tuple[str, ...]]:
    """Give each consent change: when it takes effect, for whom, what."""
    with store.reading() as session:
        rows = []
        for student_id in list(consent.students_with_events(session)):
            events = consent.history(session, student_id)
            for (moment, kind), same in groupby(events, lambda one: (one.effective_at, one.event)):
                names = [one.purpose.value for one in same]
                rows.append((moment, (_local(moment), student_id, kind.value, purposes(names))))
    return [row for _moment, row in sorted(rows)]


def waiting_cases(store: Store) -> list[tuple[str, ...]]:
    """Give each case that waits for a person or a student, urgent ones first, then by due date."""
    with store.reading() as session:
        found = [one for one in cases.every(session) if one.state in (CaseState.OPEN, CaseState.WAITING)]
    return [
        (
            "now" if one.urgent else _local(one.due_at),
            one.reference,
            one.state.value,
            one.student_id or "-",
            why(one.reasons),
        )
        for one in found
    ]


def settled_cases(store: Store) -> int:
    """Count the cases in which nothing is left for a person."""
    with store.reading() as session:
        return sum(1 for _one in cases.every(session, CaseState.SETTLED))


def outbox(store: Store) -> list[tuple[str, ...]]:
    """Give how many messages of each template stand in each state, and why some were not sent."""
    with store.reading() as session:
        counted = Counter((one.template, one.state.value, _why_not(one)) for one in deliveries.every(session))
    return [(str(number), state, template, reason) for (template, state, reason), number in sorted(counted.items())]


def set_aside(store: Store) -> list[tuple[str, ...]]:
    """Give the letters that broke the river: shunted or quarantined, with the places in the code."""
    with store.reading() as session:
        return [
            (one.state.value, one.arrival_id, one.trouble or "")
            for state in (ArrivalState.SHUNTED, ArrivalState.QUARANTINED)
            for one in arrivals.every(session, state)
        ]


def _why_not(row: deliveries.DeliveryRow) -> str:
    if row.state is DeliveryState.WITHHELD:
        return row.verdict.replace("_", " ")
    return (row.trouble or "").replace("_", " ")


def _local(moment: datetime | None) -> str:
    return "-" if moment is None else moment.astimezone(LONDON).strftime("%a %d %b %H:%M")
