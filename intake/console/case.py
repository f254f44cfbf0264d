"""The case page: everything to decide on one screen; the writer's words stay closed until somebody opens them."""

import re
from datetime import UTC, datetime
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from intake import officers
from intake.console import views, wording
from intake.console.forms import Form
from intake.console.hindrances import hindrances
from intake.console.rendering import render
from intake.console.roles import needs
from intake.errors import NotFound
from intake.match import match
from intake.officers import Basis, CaseFile, Channel, CloseReason, Refusal
from intake.officers.case_file import opened_letter, opened_notes
from intake.officers.letters_out import SENDABLE, Preview, address_of
from intake.officers.searching import people
from intake.store import accounts, audit, students
from intake.vocabulary import WITHDRAWABLE, RecipientKind, ReplyTemplate, Role

_NAME = re.compile(r"[A-Za-z0-9-]{1,40}")


@needs(Role.OFFICER, Role.LEAD)
def show(request: Request) -> Response:
    """Show a case, closed."""
    name = request.path_params["case_id"]
    file = file_of(request)
    if file.case.case_id != name:
        return RedirectResponse(f"/case/{file.case.case_id}", 303)
    return page(request, file)


@needs(Role.OFFICER, Role.LEAD)
def open_letters(request: Request) -> Response:
    """Show a case with its letters open, once that is written into the audit trail."""
    file, house = file_of(request), request.state.house
    account = request.state.account
    with house.store.writing() as session:
        opened = [one.arrival.arrival_id for one in file.letters]
        audit.append(
            session, datetime.now(UTC), account.account_id, "letters_opened", file.case.case_id, arrivals=opened
        )
    return page(request, file, letters=_opened(house, file))


@needs(Role.OFFICER, Role.LEAD)
def find_student(request: Request) -> Response:
    """Show whom the case could be about; that somebody searched is audited, the words are not kept."""
    file, house = file_of(request), request.state.house
    text = Form(request.state.form).text("text")
    with house.store.writing() as session:
        found = people(session, text)
        audit.append(
            session,
            datetime.now(UTC),
            request.state.account.account_id,
            "students_searched",
            file.case.case_id,
            students=len(found),
        )
    return page(request, file, people=found)


@needs(Role.OFFICER, Role.LEAD)
def preview(request: Request) -> Response:
    """Show a message byte for byte, before it is sent."""
    file, form = file_of(request), request.state.form
    try:
        template, to = ReplyTemplate(form.get("template", "")), RecipientKind(form.get("recipient", ""))
    except ValueError:
        raise HTTPException(400) from None
    now = datetime.now(UTC).replace(microsecond=0)
    found = officers.previewed(request.state.house, file, template, to, now)
    if not isinstance(found, Preview):
        return page(request, file, 409, refusal=Refusal(found, case=file.case))
    text = found.reply.content.decode("utf-8", "replace")
    return render(request, "preview.html", file=file, preview=found, text=text, words=wording)


def file_of(request: Request) -> CaseFile:
    """Gather the case of this path; 404 where there is none."""
    name = request.path_params["case_id"]
    if not _NAME.fullmatch(name):
        raise HTTPException(404)
    try:
        return officers.read_case(request.state.house, name)
    except NotFound:
        raise HTTPException(404) from None


def page(request: Request, file: CaseFile, status: int = 200, **more: Any) -> Response:
    """Render a case. `more`: letters that were opened, people who were found, a refusal, what was typed."""
    house, now = request.state.house, datetime.now(UTC)
    with house.store.reading() as session:
        rows = accounts.every(session)
        size = students.size(session)
        candidates = _candidates(house, session, file)
        known = students.by_ids(session, [one["student_id"] for one in candidates[:2]])
    names = {one.account_id: one.name for one in rows}
    states = {one.delivery_id: one.state for one in file.deliveries}
    notes = opened_notes(house.vault, file.notes)
    context: dict[str, Any] = {
        "file": file,
        "case": file.case,
        "now": now,
        "names": names,
        "officers": [one for one in rows if one.disabled_at is None and one.role in (Role.OFFICER, Role.LEAD)],
        "holder": file.case.holder(now),
        "due": views.due_in(file.case.due_at, now),
        "consents": views.consents(file, house.desk.writer.purposes.not_withdrawable),
        "proposal": officers.propose(file),
        "undoable": officers.undoable(file.decisions, states, request.state.account.account_id, now),
        "notes": notes,
        "requests": views.requests(file, notes),
        "bases": tuple(Basis),
        "waterfalls": views.waterfalls(candidates, size),
        "people_known": {one.student_id: one for one in known},
        "clock_choices": officers.clock_choices(file),
        "sendable": [
            (template, to) for template, kinds in SENDABLE.items() for to in kinds if address_of(file, to) is not None
        ],
        "withdrawable": WITHDRAWABLE,
        "channels": tuple(Channel),
        "close_reasons": tuple(CloseReason),
        "words": wording,
        "hindrances": {one.arrival.arrival_id: hindrances(one) for one in file.letters},
        "letters": None,
        "people": None,
        "refusal": None,
        "kept": {},
        **more,
    }
    return render(request, "case.html", status, **context)


def _opened(house: Any, file: CaseFile) -> dict[str, views.Opened | None]:
    found: dict[str, views.Opened | None] = {}
    for letter in file.letters:
        message = opened_letter(house, letter.arrival)
        found[letter.arrival.arrival_id] = None if message is None else views.opened(letter, message)
    return found


def _candidates(house: Any, session: Any, file: CaseFile) -> list[dict[str, Any]]:
    """Give who it could be: as found when the letter was worked, or else as the register is now."""
    letter = file.letter
    if letter is None:
        return []
    found: list[dict[str, Any]] = (letter.findings or {}).get("match", {}).get("candidates", [])
    if found:
        return found
    message = opened_letter(house, letter.arrival)
    if message is None:
        return []
    return [
        {
            "student_id": one.student_id,
            "probability": one.probability,
            "weights": {part.comparison: part.weight for part in one.evidence},
        }
        for one in match(session, message).candidates
    ]
