"""Commands about the consent ledger: `consent show`, `consent export`."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import click

from intake.cli.context import Call, as_json_option, moment, print_json, print_rows
from intake.cli.records import told
from intake.errors import NotFound
from intake.vocabulary import Purpose

_shape_option = click.option(
    "--format",
    "shape",
    type=click.Choice(["ts27560"]),
    help="Consent records in the shape of ISO/IEC TS 27560, with terms of the W3C Data Privacy Vocabulary, as JSON.",
)


@click.group()
def consent() -> None:
    """The consent ledger."""


@consent.command("show", short_help="Show where one student's consents stand, and why.")
@click.argument("student_id")
@as_json_option
@_shape_option
@click.pass_obj
def consent_show(call: Call, student_id: str, shape: str | None, *, as_json: bool) -> int:
    """Show where one student's consents stand, and every event that led there.

    With --format ts27560: one JSON document of consent records, which the student may have.
    """
    from intake.purposes import load_purposes
    from intake.store import consent as ledger
    from intake.store import students as register

    records = _records(call)
    with call.reading_store() as store, store.reading() as session:
        events = ledger.history(session, student_id)
        if not events and not register.exists(session, student_id):
            raise NotFound(f"no student {student_id}")
        if shape is not None:
            print_json({"pii_principal_id": student_id, "consent_records": records(session, student_id)})
            return 0
    standings = [_standing(one) for one in ledger.standings(events, load_purposes().not_withdrawable)]
    history = [
        {
            "event_id": event.event_id,
            "purpose": event.purpose.value,
            "event": event.event.value,
            "received_at": moment(event.received_at),
            "effective_at": moment(event.effective_at),
            "actor": event.actor,
            "arrival_id": event.arrival_id,
        }
        for event in events
    ]
    if as_json:
        print_json({"student_id": student_id, "purposes": standings, "history": history})
        return 0
    print_rows(standings, {"purpose": 24, "status": 18, "since": 20})
    click.echo()
    print_rows(history, {"received_at": 20, "purpose": 20, "event": 10, "actor": 8, "arrival_id": 0})
    return 0


@consent.command("export", short_help="Print where every student's consents stand.")
@as_json_option
@_shape_option
@click.pass_obj
def consent_export(call: Call, shape: str | None, *, as_json: bool) -> int:
    """Print where the consents of every student with an event stand, one object a line.

    With --format ts27560: one consent record a line, for each student and purpose.
    """
    from intake.purposes import load_purposes
    from intake.store import consent as ledger

    fixed = load_purposes().not_withdrawable
    records = _records(call)
    with call.reading_store() as store, store.reading() as session:
        for student_id in list(ledger.students_with_events(session)):
            if shape is not None:
                for record in records(session, student_id):
                    print_json(record)
                continue
            standings = [_standing(one) for one in ledger.standings(ledger.history(session, student_id), fixed)]
            if as_json:
                print_json({"student_id": student_id, "purposes": standings})
            else:
                click.echo(f"{student_id}  " + ", ".join(f"{one['purpose']}: {one['status']}" for one in standings))
    return 0


def _standing(one: Any) -> dict[str, Any]:
    return {
        "purpose": one.purpose.value,
        "status": one.standing.value,
        "since": moment(one.since),
        "source": one.source,
    }


def _records(call: Call) -> Callable[[Any, str], list[dict[str, Any]]]:
    """Give what makes one student's consent records, with everything read once that is the same for all."""
    from intake.consent_records import consent_records
    from intake.purposes import load_purposes
    from intake.store import consent_evidence, purpose_terms

    settings, purposes = call.settings(), load_purposes()
    concerns = {one.name: [purpose.value for purpose in one.purposes] for one in settings.notices}
    known = lru_cache(purpose_terms.wording)

    def records(session: Any, student_id: str) -> list[dict[str, Any]]:
        history = consent_evidence.history(session, student_id)
        notified = {
            case: [{**one, "purposes": concerns.get(one["notice"], list(Purpose))} for one in told(session, case)]
            for case in {evidence.case_id for _event, evidence in history if evidence.case_id}
        }
        return consent_records(
            settings.service, purposes, history, lambda purpose, version: known(session, purpose, version), notified
        )

    return records


COMMANDS = (consent,)
