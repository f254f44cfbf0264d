"""The command line: `wellbeing-intake [--config FILE] COMMAND`. Results go to standard output, all else not."""

import os
import resource
import sys
from pathlib import Path

import click

from intake import __version__, log
from intake.cli import consent, corrections, handling, modes, people, records, river, tools
from intake.cli.context import Call
from intake.errors import CallRefused, IntakeError

_PROGRAM = "wellbeing-intake"
_EPILOG = """
\b
First steps:
  wellbeing-intake demo                     see it at work, with nothing to set up
  wellbeing-intake keys new secrets/key     make the master key
  wellbeing-intake check                    prove a configuration before it runs
  wellbeing-intake students import FILE.csv
  wellbeing-intake run                      the background service
  wellbeing-intake users add NAME --role officer
  wellbeing-intake console                  where officers settle what is unsure
"""


@click.group(epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The configuration, in TOML. Default: $WELLBEING_INTAKE_CONFIG, else ./wellbeing-intake.toml.",
)
@click.option("--verbose", is_flag=True, help="Say more on standard error.")
@click.version_option(__version__, prog_name=_PROGRAM)
@click.pass_context
def wellbeing_intake(context: click.Context, config: Path | None, *, verbose: bool) -> None:
    """Read a wellbeing service's mailbox, so that a student who withdraws consent is heard at once.

    Every message is accounted for in one visible state; every consent change is recorded once, with its evidence; what
    is not sure is left for a person. Nothing leaves this machine but the replies, the alerts,
    and the notices that are configured.
    """
    log.configure(verbose=verbose)
    context.obj = Call(config, verbose)


for module in (river, records, consent, handling, corrections, modes, people, tools):
    for command in module.COMMANDS:
        wellbeing_intake.add_command(command)


def main() -> None:
    """Run the command line; exit 0 done, 1 the work failed, 2 the call or the configuration is wrong."""
    leave_no_core_file()
    try:
        sys.exit(wellbeing_intake.main(prog_name=_PROGRAM, standalone_mode=False) or 0)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        _say("name a command")
        sys.exit(2)
    except click.ClickException as error:
        _say(_call_fault(error))
        sys.exit(error.exit_code)
    except CallRefused as error:
        _say(str(error))
        sys.exit(2)
    except IntakeError as error:
        _say(str(error))
        sys.exit(1)
    except BrokenPipeError:
        # Whoever read us is gone: what is left unwritten must not raise again when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        # An error's own text can hold words of a letter: only its places are told.
        _say(f"this should not happen: {type(error).__name__} at {log.trace_places(error)}")
        sys.exit(1)


def leave_no_core_file() -> None:
    """Let a crash leave no copy of this process's memory behind: the master key and letters are in it."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _call_fault(error: click.ClickException) -> str:
    text = " ".join(error.format_message().split())
    if isinstance(error, click.UsageError) and error.ctx is not None:
        return f"{text} (`{error.ctx.command_path} --help` says more)"
    return text


def _say(text: str) -> None:
    click.echo(f"{_PROGRAM}: {' '.join(text.split())}", err=True)
