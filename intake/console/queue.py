"""The queue: urgent cases on top, then by due date; filters stand in the URL as slugs, searches never do."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import urlencode

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from classifiers import Intent
from intake.console import wording
from intake.console.forms import Form
from intake.console.rendering import render
from intake.console.roles import needs
from intake.console.views import due_in
from intake.officers.searching import search
from intake.store import accounts, approvals, cases, queue, students
from intake.store.cases import Case
from intake.store.queue import Wanted
from intake.vocabulary import CaseState, Disposition, Reason, Role

_Slug = TypeVar("_Slug", bound=StrEnum)
_PAGE = 50
#: of what waits for a second person, so much is shown
_MOST_ASKED = 50
_STATES = (CaseState.OPEN, CaseState.WAITING, CaseState.SETTLED)
_SHOWN_DISPOSITIONS = (
    Disposition.ESCALATE,
    Disposition.TRIAGE,
    Disposition.CONFIRM,
    Disposition.APPLY,
    Disposition.ANSWER,
)


@needs(Role.OFFICER, Role.LEAD)
def show(request: Request) -> Response:
    """Show the queue."""
    now, query = datetime.now(UTC), request.query_params
    mine = query.get("mine") == "1"
    wanted = Wanted(
        _one_of(_STATES, query.get("state")) or CaseState.OPEN,
        _one_of(tuple(Disposition), query.get("disposition")),
        _one_of(tuple(Reason), query.get("reason")),
        _one_of(tuple(Intent), query.get("intent")),
        request.state.account.account_id if mine else None,
    )
    after = _after(query.get("after"))
    with request.state.house.store.reading() as session:
        # Read first: what comes in while the page is made counts as new, rather than being missed.
        newest = queue.newest(session) or datetime.fromtimestamp(0, UTC)
        urgent = queue.urgent(session, wanted)
        found = queue.page(session, wanted, _PAGE + 1, after)
        page = found[:_PAGE]
        context: dict[str, Any] = {
            "newest": newest.isoformat(),
            "counts": queue.counts(session, now),
            "matching": queue.matching(session, wanted),
            "urgent": _rows(session, urgent, now),
            "cases": _rows(session, page, now),
            "asked": _asked(session, now) if request.state.account.role is Role.LEAD else [],
        }
    chosen = {name: query[name] for name in ("state", "disposition", "reason", "intent", "mine") if query.get(name)}
    last = page[-1] if len(found) > _PAGE else None
    further = None
    if last is not None and last.due_at is not None:
        further = "?" + urlencode({**chosen, "after": f"{last.due_at.isoformat()}~{last.case_id}"})
    return render(
        request,
        "queue.html",
        wanted=wanted,
        mine=mine,
        further=further,
        first="?" + urlencode(chosen) if after else None,
        states=_STATES,
        dispositions=_SHOWN_DISPOSITIONS,
        reasons=list(wording.REASONS),
        intents=list(wording.INTENTS),
        words=wording,
        **context,
    )


@needs(Role.OFFICER, Role.LEAD)
def find(request: Request) -> Response:
    """Search; a reference leads straight to its case. The words stand in no URL and in no log."""
    text = Form(request.state.form).text("text").strip()
    if not text:
        return RedirectResponse("/queue", 303)
    now = datetime.now(UTC)
    found = search(request.state.house, request.state.account.account_id, text, now)
    if found.kind == "reference" and found.cases:
        return RedirectResponse(f"/case/{found.cases[0].case_id}", 303)
    with request.state.house.store.reading() as session:
        rows = _rows(session, list(found.cases), now)
    return render(request, "found.html", found=found, cases=rows, words=wording)


def _asked(session: Session, now: datetime) -> list[dict[str, object]]:
    """Give what waits for a lead; a settled case would not be found otherwise."""
    names = {one.account_id: one.name for one in accounts.every(session)}
    return [
        {"row": one, "case": cases.find(session, one.case_id), "by": names.get(one.asked_by, "")}
        for one in approvals.waiting(session, now, _MOST_ASKED)
    ]


def _rows(session: Session, found: list[Case], now: datetime) -> list[dict[str, object]]:
    names = {one.account_id: one.name for one in accounts.every(session)}
    named = {
        one.student_id: f"{one.preferred_name or one.first_name} {one.last_name}"
        for one in students.by_ids(session, sorted({case.student_id for case in found if case.student_id}))
    }
    return [
        {
            "case": case,
            "due": due_in(case.due_at, now),
            "late": case.due_at is not None and case.due_at < now,
            "student": named.get(case.student_id or "", ""),
            "holder": names.get(case.holder(now) or "", ""),
            "officer": names.get(case.officer or "", ""),
        }
        for case in found
    ]


def _one_of(known: tuple[_Slug, ...], text: str | None) -> _Slug | None:
    return next((one for one in known if one == text), None)


def _after(text: str | None) -> tuple[datetime, str] | None:
    moment, tilde, case_id = (text or "").partition("~")
    try:
        found = datetime.fromisoformat(moment) if tilde else None
    except ValueError:
        return None
    case_id = case_id.replace("\x00", "")
    return (found, case_id) if found is not None and found.tzinfo is not None else None
