"""Commands about what is recorded: students, cases, outbox, arrivals, audit."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from intake.cli.context import Call, Progress, as_json_option, moment, print_json, print_rows
from intake.errors import CallRefused, NotFound
from intake.vocabulary import ArrivalState, CaseState, DeliveryState, RecipientKind


@click.group()
def students() -> None:
    """The student register."""


@students.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="OURS=THEIRS",
    help="What a column is called in the file, for example --column student_id=SID; may be given several times.",
)
@as_json_option
@click.pass_obj
def students_import(call: Call, file: Path, columns: tuple[str, ...], *, as_json: bool) -> int:
    """Add or update students from a CSV file.

    \b
    Columns: student_id, first_name, last_name, preferred_name, email, alternate_email, date_of_birth, course
    (others are ignored). Good rows go in; each bad one is named by line and reason.
    """
    from intake.students import NEEDED, OPTIONAL, import_csv
    from intake.unlocking import opened_store

    named = dict(one.partition("=")[::2] for one in columns)
    for ours, theirs in named.items():
        if ours not in (*NEEDED, *OPTIONAL) or not theirs:
            raise CallRefused(f"--column {ours}={theirs}: OURS is one of {', '.join((*NEEDED, *OPTIONAL))}")

    progress = Progress("rows read")
    with opened_store(call.settings(), create=True) as (store, _vault):
        done = import_csv(store, file, progress.add, columns=named)
        _warn_of_shared_addresses(store)
    if as_json:
        rejected = [{"line": one.line, "reason": one.reason} for one in done.rejected]
        print_json({"added": done.added, "updated": done.updated, "unchanged": done.unchanged, "rejected": rejected})
        return 0
    click.echo(f"{done.added} added, {done.updated} updated, {done.unchanged} unchanged, {len(done.rejected)} rejected")
    for one in done.rejected:
        click.echo(f"line {one.line}: {one.reason}", err=True)
    return 0


@students.command("sync", short_help="Follow the university's own database.")
@click.option("--allow-large", is_flag=True, help="Change more than students.most_changed allows.")
@as_json_option
@click.pass_obj
def students_sync(call: Call, *, allow_large: bool, as_json: bool) -> int:
    """Bring the register to what the university's own database says (students.url, students.query).

    Who is no longer there has left: their record stays, with the date. A synchronisation that would change too large a
    share of the register changes nothing, and says how much it would be.
    """
    from intake.students.sync import figures, synchronise
    from intake.unlocking import opened_store

    progress, settings = Progress("rows read"), call.settings()
    with opened_store(settings, create=True) as (store, _vault):
        done = synchronise(store, settings.students, progress.add, allow_large=allow_large)
        _warn_of_shared_addresses(store)
    counts = figures(done)
    if as_json:
        rejected = [{"row": one.line, "reason": one.reason} for one in done.rejected]
        print_json({**counts, "rejected": rejected})
        return 0
    click.echo(", ".join(f"{count} {name}" for name, count in counts.items()))
    for one in done.rejected:
        click.echo(f"row {one.line}: {one.reason}", err=True)
    return 0


def _warn_of_shared_addresses(store: Any) -> None:
    from intake.store import students as register

    with store.reading() as session:
        shared = register.shared_addresses(session)
    if shared:
        what = "1 address stands" if shared == 1 else f"{shared:,} addresses stand"
        click.echo(f"{what} on more than one record: a letter from there is left for a person to match", err=True)


@click.group()
def cases() -> None:
    """What waits for a person, and what was settled."""


@cases.command("list")
@click.option("--state", type=click.Choice([state.value for state in CaseState]), help="Only those in this state.")
@as_json_option
@click.pass_obj
def cases_list(call: Call, state: str | None, *, as_json: bool) -> int:
    """List cases, urgent ones first, then by due date."""
    from intake.store import cases as table

    with call.reading_store() as store, store.reading() as session:
        rows = (_case(session, one) for one in list(table.every(session, CaseState(state) if state else None)))
        columns = {"reference": 14, "state": 8, "disposition": 11, "due_at": 20, "student_id": 12, "reasons": 0}
        _print(rows, columns, as_json=as_json)
    return 0


@cases.command("show")
@click.argument("case")
@as_json_option
@click.pass_obj
def cases_show(call: Call, case: str, *, as_json: bool) -> int:
    """Show one case; CASE is its id or its reference."""
    from intake.store import cases as table

    with call.reading_store() as store, store.reading() as session:
        found = table.find(session, case)
        if found is None:
            raise NotFound(f"no case {case}")
        row = {**_case(session, found), "due_reason": found.due_reason}
        row |= {"clock": found.clock, "clock_events": _clock_events(session, found.case_id)}
        row |= {"alert": _alert(session, found.case_id), "told": told(session, found.case_id)}
    _print_one(row, as_json=as_json)
    return 0


@click.group()
def outbox() -> None:
    """Every outgoing message."""


@outbox.command("list")
@click.option("--state", type=click.Choice([state.value for state in DeliveryState]), help="Only those in this state.")
@as_json_option
@click.pass_obj
def outbox_list(call: Call, state: str | None, *, as_json: bool) -> int:
    """List every outgoing message, oldest first."""
    from intake.store import deliveries
    from intake.unlocking import opened_store

    def row(one: deliveries.DeliveryRow) -> dict[str, Any]:
        in_reply_to = None
        if one.wrapped_key and one.in_reply_to:
            place = f"deliveries/{one.delivery_id}/in_reply_to"
            in_reply_to = vault.open_key(one.wrapped_key).open(one.in_reply_to, place).decode() or None
        return {
            "delivery_id": one.delivery_id,
            "message_id": one.message_id,
            "in_reply_to": in_reply_to,
            "template": one.template,
            "state": one.state.value,
            "attempts": one.attempts,
            "reason": one.verdict,
            "trouble": one.trouble,
            "case_id": one.case_id,
            "arrival_id": one.arrival_id,
            "created_at": moment(one.created_at),
        }

    with opened_store(call.settings()) as (store, vault), store.reading() as session:
        columns = {"created_at": 20, "template": 24, "state": 9, "attempts": 8, "reason": 20, "delivery_id": 0}
        found = deliveries.every(session, DeliveryState(state) if state else None)
        _print((row(one) for one in found), columns, as_json=as_json)
    return 0


@click.group()
def arrivals() -> None:
    """Every message that came in, and how it ended."""


@arrivals.command("list")
@click.option("--state", type=click.Choice([state.value for state in ArrivalState]), help="Only those in this state.")
@as_json_option
@click.pass_obj
def arrivals_list(call: Call, state: str | None, *, as_json: bool) -> int:
    """List every message in the ledger, oldest first."""
    from intake.store import arrivals as ledger
    from intake.unlocking import opened_store

    with opened_store(call.settings()) as (store, vault), store.reading() as session:
        columns = {"received_at": 20, "uid": 8, "state": 11, "disposition": 11, "attempts": 8, "arrival_id": 0}
        found = ledger.every(session, ArrivalState(state) if state else None)
        _print((_arrival(vault, one) for one in found), columns, as_json=as_json)
    return 0


@arrivals.command("show", short_help="Show one message, but none of its words.")
@click.argument("arrival_id")
@as_json_option
@click.pass_obj
def arrivals_show(call: Call, arrival_id: str, *, as_json: bool) -> int:
    """Show one message: where it lies, how it ended and what came of it; none of its words."""
    from intake.store import arrivals as ledger
    from intake.store import cases as table
    from intake.store import deliveries
    from intake.unlocking import opened_store

    with opened_store(call.settings()) as (store, vault), store.reading() as session:
        found = ledger.find(session, arrival_id)
        if found is None:
            raise NotFound(f"no arrival {arrival_id}")
        row = {**_arrival(vault, found), "folder": found.folder, "size": found.size}
        row |= {"sha256": found.sha256.hex() if found.sha256 else None, "seen_at": moment(found.seen_at)}
        written = [
            {"template": one.template, "state": one.state.value, "delivery_id": one.delivery_id}
            for one in deliveries.of_arrival(session, arrival_id)
        ]
        row |= {"cases": table.references_of(session, arrival_id), "outgoing": written}
    _print_one(row, as_json=as_json)
    return 0


@arrivals.command("retry", short_help="Put a shunted or quarantined message back.")
@click.argument("arrival_id")
@click.pass_obj
def arrivals_retry(call: Call, arrival_id: str) -> int:
    """Put a shunted or quarantined message back, with its attempts reset."""
    from intake.store import arrivals as ledger
    from intake.unlocking import opened_store

    with opened_store(call.settings()) as (store, _vault), store.writing() as session:
        found = ledger.find(session, arrival_id)
        if found is None:
            raise NotFound(f"no arrival {arrival_id}")
        if not ledger.put_back(session, arrival_id):
            raise NotFound(f"{arrival_id} is {found.state.value}: only what was shunted or quarantined can be retried")
    click.echo(f"{arrival_id} will be worked again", err=True)
    return 0


@click.group()
def audit() -> None:
    """The audit trail."""


@audit.command("verify", short_help="Check the audit trail's hash chain.")
@as_json_option
@click.pass_obj
def audit_verify(call: Call, *, as_json: bool) -> int:
    """Check the hash chain of the audit trail; exit status 1 if it was altered."""
    from intake.store import audit as trail

    with call.reading_store() as store, store.reading() as session:
        found = trail.verify(session)
    if as_json:
        print_json({"ok": found.ok, "entries": found.entries, "first_broken": found.first_broken})
    else:
        click.echo(f"{found.entries} entries, {'whole' if found.ok else f'broken at {found.first_broken}'}")
    if not found.ok:
        click.echo(f"wellbeing-intake: the audit trail was altered at entry {found.first_broken}", err=True)
    return 0 if found.ok else 1


def _print(rows: Iterable[dict[str, Any]], columns: dict[str, int], *, as_json: bool) -> None:
    if not as_json:
        print_rows(rows, columns)
        return
    for row in rows:
        print_json(row)
    sys.stdout.flush()


def _print_one(row: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(row)
        return
    for name, value in row.items():
        shown = _shown(value)
        click.echo(f"{name.replace('_', ' '):<12} {'-' if shown is None or shown == '' else shown}")


def _arrival(vault: Any, one: Any) -> dict[str, Any]:
    message_id = None
    if one.wrapped_key and one.message_id:
        place = f"arrivals/{one.arrival_id}/message_id"
        message_id = vault.open_key(one.wrapped_key).open(one.message_id, place).decode()
    return {
        "arrival_id": one.arrival_id,
        "uidvalidity": one.uidvalidity,
        "uid": one.uid,
        "message_id": message_id,
        "state": one.state.value,
        "disposition": None if one.disposition is None else one.disposition.value,
        "attempts": one.attempts,
        "received_at": moment(one.received_at),
        "trouble": one.trouble,
    }


def _case(session: Any, one: Any) -> dict[str, Any]:
    from intake.store import cases as table

    return {
        "case_id": one.case_id,
        "reference": one.reference,
        "state": one.state.value,
        "disposition": one.disposition.value,
        "student_id": one.student_id,
        "intents": list(one.intents),
        "urgent": one.urgent,
        "reasons": list(one.reasons),
        "opened_at": moment(one.opened_at),
        "due_at": moment(one.due_at),
        "messages": table.arrivals_of(session, one.case_id),
    }


def _alert(session: Any, case_id: str) -> dict[str, Any] | None:
    from intake.store import alerts

    found = alerts.of_case(session, case_id)
    if found is None:
        return None
    return {
        "written": found.written,
        "next_at": moment(found.next_at) if found.acknowledged_at is None else None,
        "acknowledged_at": moment(found.acknowledged_at),
        "acknowledged_by": found.acknowledged_by,
    }


def _clock_events(session: Any, case_id: str) -> list[dict[str, Any]]:
    from intake.store import clock_events

    return [{"event": one.kind.value, "at": moment(one.at)} for one in clock_events.of_case(session, case_id)]


def told(session: Any, case_id: str) -> list[dict[str, Any]]:
    """Who was told of a consent change, or is to be, and when."""
    from intake.store import deliveries

    return [
        {
            "notice": one.notice,
            "by": "webhook" if one.recipient_kind == RecipientKind.WEBHOOK else "mail",
            "state": one.state.value,
            "told_at": moment(one.settled_at) if one.state is DeliveryState.SENT else None,
            "delivery_id": one.delivery_id,
        }
        for one in deliveries.notices_of(session, case_id)
    ]


def _shown(value: Any) -> Any:
    if isinstance(value, dict):
        return ", ".join(f"{name.replace('_', ' ')} {one}" for name, one in value.items() if one is not None)
    if isinstance(value, list):
        return ("; " if any(isinstance(one, dict) for one in value) else ", ").join(str(_shown(one)) for one in value)
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value


COMMANDS = (students, cases, outbox, arrivals, audit)
