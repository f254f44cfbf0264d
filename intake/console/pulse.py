"""The pulse: how many cases wait, asked by the page every twenty seconds, so that an urgent one is noticed."""

from sqlalchemy import func, select
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from intake.console.roles import needs
from intake.store.schema import cases
from intake.vocabulary import CaseState, Role


@needs(Role.OFFICER, Role.LEAD)
def pulse(request: Request) -> Response:
    """Give `{"open", "urgent", "newest"}`: counts of open cases, and when the newest urgent one came (seconds)."""
    urgent = cases.c.urgent.is_(True)
    counts = select(func.count(), func.count().filter(urgent), func.max(cases.c.opened_at).filter(urgent)).where(
        cases.c.state == CaseState.OPEN.value
    )
    with request.state.house.store.reading() as session:
        open_cases, urgent_cases, newest = session.execute(counts).one()
    return JSONResponse(
        {"open": open_cases, "urgent": urgent_cases, "newest": None if newest is None else newest.timestamp()}
    )
