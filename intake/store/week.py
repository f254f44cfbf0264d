"""Queries for the week at a glance: what came in, who decided it, why people were needed, how soon it was answered."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from intake.store.officers_schema import officer_decisions
from intake.store.schema import arrivals, cases, deliveries
from intake.vocabulary import ArrivalState, DeliveryState, Disposition, RecipientKind

#: what came to a person; everything else was decided alone
_BY_PEOPLE = frozenset({Disposition.TRIAGE.value, Disposition.ESCALATE.value})
_DAYS = 7


@dataclass(frozen=True, slots=True)
class Day:
    """One day's letters, by day of receipt."""

    day: date
    alone: int
    people: int


@dataclass(frozen=True, slots=True)
class Week:
    """The last seven days, in raw numbers. `reasons` and `differs`: slug and how often, most often first."""

    days: tuple[Day, ...]
    reasons: tuple[tuple[str, int], ...]
    #: of each letter that was answered: the time from its receipt to the first message sent to the writer
    waits: tuple[timedelta, ...]
    decisions: int
    differs: tuple[tuple[str, int], ...]

    @property
    def letters(self) -> int:
        """How many letters came in."""
        return sum(one.alone + one.people for one in self.days)


def week(session: Session, now: datetime, zone: ZoneInfo) -> Week:
    """Look at the last seven days, today among them."""
    today = now.astimezone(zone).date()
    first = today - timedelta(days=_DAYS - 1)
    since = datetime(first.year, first.month, first.day, tzinfo=zone)
    decisions, differs = _decisions(session, since)
    return Week(
        _days(session, since, zone, [first + timedelta(days=n) for n in range(_DAYS)]),
        _reasons(session, since),
        _waits(session, since),
        decisions,
        differs,
    )


def _days(session: Session, since: datetime, zone: ZoneInfo, days: Sequence[date]) -> tuple[Day, ...]:
    alone: Counter[date] = Counter()
    people: Counter[date] = Counter()
    here = and_(arrivals.c.state == ArrivalState.PROCESSED.value, arrivals.c.received_at >= since)
    for received_at, disposition in session.execute(select(arrivals.c.received_at, arrivals.c.disposition).where(here)):
        count = people if disposition in _BY_PEOPLE else alone
        count[received_at.astimezone(zone).date()] += 1
    return tuple(Day(day, alone[day], people[day]) for day in days)


def _reasons(session: Session, since: datetime) -> tuple[tuple[str, int], ...]:
    counts: Counter[str] = Counter()
    for (reasons,) in session.execute(select(cases.c.reasons).where(cases.c.opened_at >= since)):
        counts.update(reasons)
    return tuple(counts.most_common())


def _waits(session: Session, since: datetime) -> tuple[timedelta, ...]:
    """How long each writer waited for the first message."""
    query = (
        select(arrivals.c.arrival_id, arrivals.c.received_at, func.min(deliveries.c.settled_at))
        .join(deliveries, deliveries.c.arrival_id == arrivals.c.arrival_id)
        .where(
            deliveries.c.created_at >= since,
            deliveries.c.state == DeliveryState.SENT.value,
            deliveries.c.recipient_kind.in_([RecipientKind.ORIGINATOR.value, RecipientKind.REGISTERED_ADDRESS.value]),
        )
    )
    found = session.execute(query.group_by(arrivals.c.arrival_id, arrivals.c.received_at))
    return tuple(sent - received for _, received, sent in found if sent is not None)


def _decisions(session: Session, since: datetime) -> tuple[int, tuple[tuple[str, int], ...]]:
    here = and_(officer_decisions.c.at >= since, officer_decisions.c.undone_at.is_(None))
    decided, counts = 0, Counter[str]()
    for (detail,) in session.execute(select(officer_decisions.c.detail).where(here)):
        decided += 1
        counts.update(detail.get("differs", []))
    return decided, tuple(counts.most_common())
