"""Running: how the service is, for the administrator, who reads no message; and what more of it could do alone."""

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response

from intake.clocks import london_day
from intake.console import wording
from intake.console.rendering import render
from intake.console.roles import needs
from intake.modes import Outcome, compare
from intake.store import arrivals, facts, proposals
from intake.store.facts import Fact
from intake.store.health import health
from intake.vocabulary import ArrivalState, DeliveryState, Role

#: fewer months of known bank holidays than these, and the next year must be entered
_MONTHS = 18
_MOST = 100


@needs(Role.ADMINISTRATOR)
def show_health(request: Request) -> Response:
    """Show whether mail flows: counts, ids and slugs; nothing of any letter."""
    house, now = request.state.house, datetime.now(UTC)
    place = house.settings.mailbox
    with house.store.reading() as session:
        found = health(session)
        polled_at = arrivals.polled_at(session, place.host, place.username, place.folder)
    return render(
        request,
        "health.html",
        health=found,
        polled_at=polled_at,
        polled_minutes=None if polled_at is None else max(0, int((now - polled_at).total_seconds() // 60)),
        alarms=[(_alarm(name, fact), fact.at) for name, fact in found.alarms.items()],
        holidays=house.holidays,
        months=house.holidays.months_left(london_day(now)),
        enough=_MONTHS,
        arrival_states=tuple(ArrivalState),
        delivery_states=tuple(DeliveryState),
        words=wording,
    )


@needs(Role.LEAD)
def show_comparison(request: Request) -> Response:
    """Show what automatic mode would have done beside what officers did, as `modes report` does."""
    with request.state.house.store.reading() as session:
        found = compare(list(proposals.every(session)))
    return render(
        request,
        "comparison.html",
        found=found,
        differing=found.differing[-_MOST:][::-1],
        outcomes=tuple(Outcome),
        mode=request.state.house.settings.service.mode,
        words=wording,
    )


def _alarm(name: str, fact: Fact) -> str:
    if name == facts.UNACCOUNTED:
        return f"{fact.number or 0:.0f} messages on the mail server are not in the ledger: run `reconcile`"
    if name == facts.CANARY:
        return "the last canary did not come by: mail may not be coming through"
    return f"the job “{name.removeprefix(facts.ALARM)}” fails ({fact.text or 'unknown'}): run `check`"
