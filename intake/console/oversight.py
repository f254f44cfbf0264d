"""Oversight: the week at a glance, one student's ledger, and the audit trail, for whoever watches over all this."""

from datetime import UTC, datetime, time, timedelta

from starlette.requests import Request
from starlette.responses import Response

from intake.clocks import LONDON
from intake.console import wording
from intake.console.figures import rounded
from intake.console.forms import Form
from intake.console.rendering import render
from intake.console.roles import needs
from intake.store import accounts, audit, cases, consent, queue, students
from intake.store.audit import Sought
from intake.store.week import week
from intake.vocabulary import Role

_MOST = 100


@needs(Role.OFFICER, Role.LEAD, Role.DATA_PROTECTION_OFFICER)
def show_week(request: Request) -> Response:
    """Show the last seven days, rounded; what waits now is counted exactly."""
    now = datetime.now(UTC)
    with request.state.house.store.reading() as session:
        found, counts = week(session, now, LONDON), queue.counts(session, now)
    return render(request, "week.html", week=rounded(found), counts=counts, words=wording)


@needs(Role.DATA_PROTECTION_OFFICER)
def ask_ledger(request: Request) -> Response:
    """Show the form for one student's ledger."""
    return render(request, "ledger.html", student_id="", known=True, standings=[], events=[], words=wording)


@needs(Role.DATA_PROTECTION_OFFICER)
def show_ledger(request: Request) -> Response:
    """Show where one student's consents stand, and every event; that somebody looked is audited."""
    house, student_id = request.state.house, Form(request.state.form).text("student_id").strip()[:64]
    with house.store.writing() as session:
        events = consent.history(session, student_id)
        known = bool(events) or students.exists(session, student_id)
        subject = student_id if known else "register"
        audit.append(session, datetime.now(UTC), request.state.account.account_id, "ledger_read", subject)
    fixed = house.desk.writer.purposes.not_withdrawable
    return render(
        request,
        "ledger.html",
        student_id=student_id,
        known=known,
        standings=consent.standings(events, fixed) if known else [],
        events=events,
        words=wording,
    )


@needs(Role.DATA_PROTECTION_OFFICER)
def ask_audit(request: Request) -> Response:
    """Show the form for the audit trail."""
    return render(request, "audit.html", entries=None, chain=None, names={}, asked={}, further=None, words=wording)


@needs(Role.DATA_PROTECTION_OFFICER)
def show_audit(request: Request) -> Response:
    """Search the trail, or prove its chain; both are entries themselves."""
    house, form = request.state.house, Form(request.state.form)
    asked = {name: form.text(name).strip()[:100] for name in ("actor", "action", "subject", "since", "until")}
    prove, account = form.text("what") == "prove", request.state.account.account_id
    with house.store.writing() as session:
        audit.append(session, datetime.now(UTC), account, "audit_verified" if prove else "audit_searched", "audit")
    with house.store.reading() as session:
        names = {one.account_id: one.name for one in accounts.every(session)}
        chain = audit.verify(session) if prove else None
        actor = next((key for key, name in names.items() if name == asked["actor"]), asked["actor"]) or None
        case = cases.find(session, asked["subject"]) if asked["subject"] else None
        sought = Sought(
            actor,
            asked["action"] or None,
            case.case_id if case is not None else asked["subject"] or None,
            _day(asked["since"]),
            _day(asked["until"], days=1),
            int(form.text("before")) if form.text("before").isdigit() and len(form.text("before")) < 19 else None,
        )
        entries = [] if prove else audit.search(session, sought, _MOST + 1)
    further = entries[_MOST - 1].sequence if len(entries) > _MOST else None
    return render(
        request,
        "audit.html",
        entries=entries[:_MOST],
        chain=chain,
        names=names,
        asked=asked,
        further=further,
        words=wording,
    )


def _day(text: str, days: int = 0) -> datetime | None:
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a date; its zone follows
    except ValueError:
        return None
    return datetime.combine(day + timedelta(days=days), time(), LONDON)
