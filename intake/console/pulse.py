"""The pulse: how many cases wait, asked by the page every twenty seconds, so that what is new is noticed."""

from datetime import datetime

from sqlalchemy import false, func, select
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from intake.console.roles import needs
from intake.store.schema import cases
from intake.vocabulary import CaseState, Role


@needs(Role.OFFICER, Role.LEAD)
def pulse(request: Request) -> Response:
    """Give `{"open", "urgent", "newest", "new"}`: counts of open cases, and when the newest urgent one came (seconds).

    `new`: how many of the open ones were opened after `?since=` (ISO 8601, with its zone); 0 without one.
    """
    urgent, since = cases.c.urgent.is_(True), _moment(request.query_params.get("since"))
    after = false() if since is None else cases.c.opened_at > since
    counts = select(
        func.count(),
        func.count().filter(urgent),
        func.max(cases.c.opened_at).filter(urgent),
        func.count().filter(after),
    ).where(cases.c.state == CaseState.OPEN.value)
    with request.state.house.store.reading() as session:
        open_cases, urgent_cases, newest, new = session.execute(counts).one()
    seconds = None if newest is None else newest.timestamp()
    return JSONResponse({"open": open_cases, "urgent": urgent_cases, "newest": seconds, "new": new})


def _moment(text: str | None) -> datetime | None:
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
