"""Commands for the operator: `db`, `keys`, `templates`, `evaluate`."""

from datetime import UTC, datetime
from pathlib import Path

import click

from intake.cli.context import Call, as_json_option, print_json
from intake.errors import CallRefused
from intake.vocabulary import RecipientKind, ReplyTemplate


@click.group()
def db() -> None:
    """The database."""


@db.command("upgrade", short_help="Bring the schema up to date.")
@click.pass_obj
def db_upgrade(call: Call) -> int:
    """Bring the schema up to date; make a copy of the database first."""
    from intake.store.engine import upgrade_at

    version = upgrade_at(call.settings().database.url)
    click.echo(f"the schema is {version}", err=True)
    return 0


@db.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def db_backup(call: Call, file: Path) -> int:
    """Copy the database to FILE while the service runs.

    An older copy of that name is replaced once the new one is whole. Text in it is sealed as in the database: keep the
    master key in another place.
    """
    from intake.backup import backup

    size = backup(call.settings().database.url, file, datetime.now(UTC))
    click.echo(f"{file} holds a copy of {size:,} bytes", err=True)
    return 0


@db.command("restored", short_help="Say that the database was brought back.")
@click.pass_obj
def db_restored(call: Call) -> int:
    """Say that the database was brought back from a copy, before `run` is started.

    A copy made by `db backup` says so itself; one made by pg_dump or any other tool needs this command. Letters that
    came before now are then taken in again where the database does not know them, and none is answered by itself.
    """
    from intake.restoring import mark
    from intake.store import open_store

    store = open_store(call.settings().database.url)
    try:
        with store.writing() as session:
            mark(session, datetime.now(UTC))
    finally:
        store.close()
    click.echo("the next `run` or `poll` takes the mailbox in again, and answers nothing that came before", err=True)
    return 0


@click.group()
def keys() -> None:
    """The master key."""


@keys.command("new")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def keys_new(file: Path) -> int:
    """Write a fresh master key to FILE, readable by its owner alone.

    Everything taken from a message is sealed under it. Keep a copy in a safe place, apart from the database: without it
    nothing can be read again.
    """
    from intake.sealing import write_new_key

    write_new_key(file)
    click.echo(f"{file} holds a fresh master key; keep a copy in a safe place, apart from the database", err=True)
    return 0


@click.group()
def templates() -> None:
    """What the service writes."""


@templates.command("preview", short_help="Print a reply as it would be sent.")
@click.argument("name", metavar="NAME", type=click.Choice([name.value for name in ReplyTemplate]))
@click.option("--topic", "topics", multiple=True, help="Only the answer to this topic; give it again for more.")
@click.pass_obj
def templates_preview(call: Call, name: str, topics: tuple[str, ...]) -> int:
    """Print a reply as it would be sent, with every optional part in it.

    \b
    NAME is one of:
      withdrawal_acknowledged  to a student: what was stopped
      withdrawal_confirmation  to a student's registered address: was it you?
      neutral_receipt          to whoever wrote: a person will read it
      question_answered        to whoever asked: what the published policy says
      duty_alert               to the duty address: a person must read it now
      change_notice            to whoever must act on a consent change
    """
    from intake.purposes import load_purposes
    from intake.reply import Thread, Writer
    from intake.templating import ReplyTemplates, load_topics

    known = load_topics().topics
    if unknown := [one for one in topics if one not in known]:
        raise CallRefused(f"no topic {unknown[0]}; there are {', '.join(known)}")
    writer = Writer(call.settings().service, load_purposes(), ReplyTemplates())
    template = ReplyTemplate(name)
    recipients = {
        ReplyTemplate.DUTY_ALERT: (RecipientKind.DUTY, writer.service.duty_address),
        ReplyTemplate.CHANGE_NOTICE: (RecipientKind.CONFIGURED, "placements@university.example"),
    }
    recipient = recipients.get(template, (RecipientKind.ORIGINATOR, "student@university.example"))
    fields = writer.example_fields(topics or known)
    reply = writer.write(template, recipient, fields, Thread(), token="preview", now=datetime.now(UTC))
    click.echo(reply.content.decode().replace("\r\n", "\n"), nl=False)
    return 0


@click.command(short_help="Measure the classifier on labelled letters.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--plots", type=click.Path(file_okay=False, path_type=Path), help="Write plots (SVG) into this folder.")
@as_json_option
def evaluate(file: Path, plots: Path | None, *, as_json: bool) -> int:
    """Measure the classifier on labelled letters, one JSON object a line (docs/data-card.md has the format)."""
    from classifiers.evaluate import evaluate_file, written

    try:
        report = evaluate_file(file)
    except ValueError as error:
        raise CallRefused(str(error)) from error
    if plots is not None:
        from classifiers.plots import write_plots

        write_plots(report, plots)
    if as_json:
        print_json(report)
    else:
        click.echo(written(report))
    return 0


COMMANDS = (db, keys, templates, evaluate)
