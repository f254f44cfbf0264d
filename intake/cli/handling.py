"""Commands by which a person takes something in hand: alerts, the breaker, clocks."""

import click

from intake.cli.context import Call, now, operator
from intake.cli.records import cases, outbox
from intake.errors import NotFound


@cases.command("acknowledge")
@click.argument("case")
@click.pass_obj
def cases_acknowledge(call: Call, case: str) -> int:
    """Say that a person has an urgent case: its alerts end. CASE is its id or its reference."""
    from intake.alerts import acknowledge
    from intake.store import alerts as table
    from intake.store import cases as known
    from intake.unlocking import opened_store

    with opened_store(call.settings()) as (store, _vault), store.writing() as session:
        found = known.find(session, case)
        if found is None:
            raise NotFound(f"no case {case}")
        if not acknowledge(session, found.case_id, by=operator(), actor=operator(), now=now()):
            alert = table.of_case(session, found.case_id)
            raise NotFound(
                f"{found.reference} has no alert"
                if alert is None
                else f"{found.reference} was acknowledged already, by {alert.acknowledged_by}"
            )
    click.echo(f"{found.reference} is acknowledged: no more alerts of it", err=True)
    return 0


@outbox.command("reset-breaker")
@click.pass_obj
def outbox_reset_breaker(call: Call) -> int:
    """Let automatic replies go out again, after too many in an hour stopped them.

    Look first at what was written: `outbox list`. What was withheld meanwhile stays withheld: `outbox list --state
    withheld` shows it, with the reason `breaker`, and its cases are open.
    """
    from intake.store import audit, breaker
    from intake.unlocking import opened_store

    moment = now()
    with opened_store(call.settings()) as (store, _vault), store.writing() as session:
        if not breaker.reset(session, moment):
            raise NotFound("the breaker is not open: automatic replies go out")
        audit.append(session, moment, operator(), "breaker_reset", "breaker")
    click.echo("automatic replies go out again", err=True)
    return 0


#: none at the top: these join the groups of `records`
COMMANDS: tuple[click.Command, ...] = ()
