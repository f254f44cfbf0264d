"""Commands about officers' corrections: `corrections export`."""

import os
from pathlib import Path

import click

from intake.cli.context import Call
from intake.errors import CallRefused


@click.group()
def corrections() -> None:
    """Letters that officers read otherwise than the classifier did."""


@corrections.command("export", short_help="Write every correction to a file, in clear.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def corrections_export(call: Call, file: Path) -> int:
    """Write every correction to FILE, in the corpus' format, one object a line, readable by its owner alone.

    \b
    FILE holds letters in clear: train with it (python -m classifiers.train --corrections FILE) and remove it.
    Corrections are kept only where console.keep_corrections is on.
    """
    from intake.officers.corrections import exported
    from intake.unlocking import opened_store

    with opened_store(call.settings()) as (store, vault):
        try:
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError as error:
            raise CallRefused(f"{file} is there already: name another, or remove it") from error
        except OSError as error:
            raise CallRefused(f"{file} cannot be written: {error.strerror}") from error
        count = 0
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            for line in exported(store, vault):
                out.write(line + "\n")
                count += 1
    click.echo(f"{count} corrections written to {file}, in clear: remove it once it was used", err=True)
    return 0


COMMANDS = (corrections,)
