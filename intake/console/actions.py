"""Actions: each button of the case page is one of the officers' decisions; a refusal is shown beside the case."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from intake import officers
from intake.console import wording
from intake.console.case import file_of, page
from intake.console.forms import Form, word
from intake.console.rendering import render
from intake.console.roles import needs
from intake.officers import (
    Action,
    Basis,
    Channel,
    CloseReason,
    Disclosure,
    Done,
    Ground,
    Hand,
    Office,
    Refusal,
    RefusalReason,
    Release,
)
from intake.vocabulary import WITHDRAWABLE, ClockEventKind, RecipientKind, ReplyTemplate, Role


@needs(Role.OFFICER, Role.LEAD)
def act(request: Request) -> Response:
    """Do what a button says, and show the case as it is then."""
    form, case_id = Form(request.state.form), request.path_params["case_id"]
    action = _ACTIONS.get(form.text("act"))
    if action is None:
        raise HTTPException(400)
    file_of(request)
    found = action(request.state.house, _hand(request, form, case_id), form)
    if isinstance(found, Refusal):
        return page(request, file_of(request), 409, refusal=found, kept=form.kept())
    return RedirectResponse(f"/case/{found.case.merged_into or case_id}", 303)


@needs(Role.OFFICER, Role.LEAD)
def record_form(request: Request) -> Response:
    """Show the form for what was said otherwise than by mail."""
    return _record_page(request, None, {})


@needs(Role.OFFICER, Role.LEAD)
def record(request: Request) -> Response:
    """Record it, in a case of its own."""
    form = Form(request.state.form)
    action = word(Action, form.text("act"))
    if action not in (Action.RECORD_WITHDRAWAL, Action.RECORD_REINSTATEMENT):
        raise HTTPException(400)
    said, hand = form.said(), _hand(request, form, "")
    if said is None:
        return _record_page(request, RefusalReason.IMPOSSIBLE_TIME, form.kept())
    student = form.text("student_id").strip()
    found = officers.open_record(request.state.house, hand, student, action, form.purposes(), said)
    if isinstance(found, Refusal):
        return _record_page(request, found.reason, form.kept())
    return RedirectResponse(f"/case/{found.case.case_id}", 303)


def _record_page(request: Request, refusal: RefusalReason | None, kept: Mapping[str, str]) -> Response:
    return render(
        request,
        "record.html",
        200 if refusal is None else 409,
        refusal=refusal,
        kept=kept,
        words=wording,
        withdrawable=WITHDRAWABLE,
        channels=tuple(Channel),
    )


def _hand(request: Request, form: Form, case_id: str) -> Hand:
    account, version = request.state.account, form.text("version")
    number = int(version) if version.isdigit() and len(version) < 10 else 0
    return Hand(account.account_id, account.name, case_id, number, datetime.now(UTC), account.role is Role.LEAD)


def _apply(office: Office, hand: Hand, form: Form) -> Done | Refusal:
    return officers.apply(office, hand, form.purposes(), acknowledge=form.text("acknowledge") == "1")


def _release(office: Office, hand: Hand, form: Form) -> Done | Refusal:
    ground = word(Ground, form.text("ground"))
    if ground is Ground.OVERRIDE:
        return officers.ask_override(office, hand, form.text("words"))
    return officers.release(office, hand, ground, form.text("words"))


def _said(decide: Callable[..., Done | Refusal]) -> "_Act":
    def act_on(office: Office, hand: Hand, form: Form) -> Done | Refusal:
        said = form.said()
        if said is None:
            return Refusal(RefusalReason.IMPOSSIBLE_TIME)
        return decide(office, hand, form.purposes(), said)

    return act_on


def _send(office: Office, hand: Hand, form: Form) -> Done | Refusal:
    template, to = word(ReplyTemplate, form.text("template")), word(RecipientKind, form.text("recipient"))
    try:
        written_at = datetime.fromisoformat(form.text("written_at"))
    except ValueError:
        raise HTTPException(400) from None
    if written_at.tzinfo is None:
        raise HTTPException(400)
    return officers.send(office, hand, template, to, written_at, form.text("digest"))


def _disclose(office: Office, hand: Hand, form: Form) -> Done | Refusal:
    fields = [form.text(name) for name in ("told", "facts", "why")]
    discussed = form.text("discussed") == "yes"
    told, facts, why = fields
    disclosure = Disclosure(told, facts, why, discussed, form.text("discussion"), form.text("authoriser"))
    return officers.disclose(office, hand, disclosure)


def _merge(office: Office, hand: Hand, form: Form) -> Done | Refusal:
    if form.text("two_people"):
        return officers.ask_merge(office, hand, form.text("into"), form.text("words"))
    return officers.merge(office, hand, form.text("into"))


def _ask_third_party(office: Office, hand: Hand, form: Form) -> Done | Refusal:
    to, what, why = (form.text(name) for name in ("party", "released", "because"))
    return officers.ask_third_party(office, hand, Release(to, what, word(Basis, form.text("basis")), why))


def _settle(office: Office, hand: Hand, form: Form) -> Done | Refusal:
    return officers.settle(office, hand, form.text("approval"), approve=form.text("verdict") == "approve")


_Act = Callable[[Office, Hand, Form], Done | Refusal]
#: what each button's `act` does
_ACTIONS: dict[str, _Act] = {
    "claim": lambda office, hand, _form: officers.claim(office, hand),
    "take_over": lambda office, hand, _form: officers.claim(office, hand, take_over=True),
    "give_back": lambda office, hand, _form: officers.give_back(office, hand),
    "apply": _apply,
    "ask": lambda office, hand, _form: officers.ask(office, hand),
    "answer": lambda office, hand, _form: officers.answer(office, hand),
    "correct": lambda office, hand, form: officers.correct(office, hand, form.reading()),
    "hold": lambda office, hand, form: officers.hold(office, hand, form.purposes()),
    "release": _release,
    "send": _send,
    "record_withdrawal": _said(officers.record_withdrawal),
    "record_reinstatement": _said(officers.record_reinstatement),
    "not_ours": lambda office, hand, _form: officers.not_ours(office, hand),
    "acknowledge": lambda office, hand, _form: officers.acknowledge(office, hand),
    "disclose": _disclose,
    "note": lambda office, hand, form: officers.note(office, hand, form.text("words")),
    "clock": lambda office, hand, form: officers.keep_time(office, hand, word(ClockEventKind, form.text("event"))),
    "reassign": lambda office, hand, form: officers.reassign(office, hand, form.text("officer")),
    "close": lambda office, hand, form: officers.close(
        office, hand, word(CloseReason, form.text("reason")), form.text("words")
    ),
    "reopen": lambda office, hand, _form: officers.reopen(office, hand),
    "merge": _merge,
    "ask_erasure": lambda office, hand, form: officers.ask_erasure(office, hand, form.text("words")),
    "ask_third_party": _ask_third_party,
    "settle": _settle,
    "withdraw": lambda office, hand, form: officers.withdraw(office, hand, form.text("approval")),
    "undo": lambda office, hand, form: officers.undo(office, hand, form.text("decision")),
}
