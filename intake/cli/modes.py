"""Commands about `service.mode`: `modes report`."""

import click

from intake.cli.context import Call, as_json_option, print_json


@click.group()
def modes() -> None:
    """How much is done alone (`service.mode`)."""


@modes.command("report", short_help="Compare automatic mode with what officers did.")
@as_json_option
@click.pass_obj
def modes_report(call: Call, *, as_json: bool) -> int:
    """Compare what automatic mode would have done with what officers did.

    Counts the cases that waited for a person because of the mode (`observe` or `assist`) and were settled since.
    """
    from intake.modes import compare
    from intake.store import proposals

    with call.reading_store() as store, store.reading() as session:
        found = compare(list(proposals.every(session)))
    outcomes = {disposition.value: dict(counts) for disposition, counts in found.outcomes.items()}
    if as_json:
        differing = [
            {
                "case_id": proposal.case_id,
                "reference": proposal.reference,
                "proposed": proposal.disposition.value,
                "outcome": outcome.value,
            }
            for proposal, outcome in found.differing
        ]
        print_json(
            {
                "compared": found.compared,
                "waiting": found.waiting,
                "same": found.same,
                "share": found.share,
                "at_least": found.at_least,
                "outcomes": outcomes,
                "differing": differing,
            }
        )
        return 0
    if found.share is None or found.at_least is None:
        click.echo(f"nothing to compare yet; {found.waiting} waiting")
        return 0
    click.echo(
        f"Officers did what automatic mode would have done in {found.same} of {found.compared} cases "
        f"({found.share:.1%}; at least {found.at_least:.1%}, 95 % sure); {found.waiting} waiting."
    )
    for disposition, counts in outcomes.items():
        click.echo(f"{disposition:<8}  " + ", ".join(f"{number} {outcome}" for outcome, number in counts.items()))
    for proposal, outcome in found.differing:
        click.echo(f"{proposal.reference}  {proposal.disposition.value:<8}  {outcome.value}")
    return 0


COMMANDS = (modes,)
