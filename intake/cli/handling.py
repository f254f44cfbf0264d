"""Commands by which a person takes something in hand: alerts, the breaker, clocks."""

import click

from intake.cli.context import Call, moment, now, operator
from intake.cli.records import cases, outbox
from intake.errors import NotFound
from intake.vocabulary import Clock, ClockEventKind

#: clocks that an officer may set: what the letter turned out to be
_CLOCKS = tuple(one.value for one in (Clock.DATA_RIGHTS, Clock.COMPLAINT, Clock.WITHDRAWAL, Clock.TRIAGE))


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


@cases.command("clock", short_help="Note what changes a case's due date.")
@click.argument("case")
@click.argument("event", metavar="EVENT", type=click.Choice([*(one.value for one in ClockEventKind), *_CLOCKS]))
@click.pass_obj
def cases_clock(call: Call, case: str, event: str) -> int:
    """Note what changes a case's due date; CASE is its id or its reference, EVENT one of these.

    \b
    Of a rights request (UK GDPR Articles 12 and 12A):
      extended                         two further months; tell the student within the first, with reasons
      stopped, resumed                 we asked what is meant, and the student answered: not counted
      identity_asked, identity_proved  the clock starts with the proof
    Of any case but an urgent one, what the letter turned out to be:
      data_rights, complaint, withdrawal, triage
    """
    from intake import timekeeping
    from intake.clocks import load_bank_holidays
    from intake.store import cases as known
    from intake.unlocking import opened_store

    holidays = load_bank_holidays()
    with opened_store(call.settings()) as (store, _vault), store.writing() as session:
        found = known.find(session, case)
        if found is None:
            raise NotFound(f"no case {case}")
        if event in _CLOCKS:
            due = timekeeping.set_clock(session, holidays, found, Clock(event), operator(), now())
        else:
            due = timekeeping.note(session, holidays, found, ClockEventKind(event), operator(), now())
    click.echo(f"{found.reference} is due {moment(due.at)}. {due.working}", err=True)
    return 0


@outbox.command("reset-breaker", short_help="Let automatic replies go out again.")
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
