"""Commands that let the river flow: `run`, `poll`, `reconcile`, `canary`, `replay`, `check`, `demo`."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from intake.cli.context import Call, Progress, as_json_option, print_json
from intake.errors import CallRefused


@click.command()
@click.pass_obj
def run(call: Call) -> int:
    """Run the background service until SIGTERM or SIGINT.

    Watches the mailbox, works each message, sends what is due. Stops within 10 seconds without losing or doubling
    anything. Logs go to standard error and carry ids only.
    """
    from intake.unlocking import opened_store

    settings = call.settings()
    with opened_store(settings, create=True) as (store, vault):
        from intake.opening import open_house
        from intake.rounds import Rounds
        from intake.worker import Worker

        Worker(Rounds(open_house(settings, vault, store), store)).run()
    return 0


@click.command(short_help="Make one pass: take in, work, send.")
@as_json_option
@click.option("--with-text", is_flag=True, help="With --json: also the words of letters and replies.")
@click.pass_obj
def poll(call: Call, *, as_json: bool, with_text: bool) -> int:
    """Make one pass: take in what is new, work it, send what is due.

    Exit status 1 when mailbox, database or SMTP failed; what could be done is done and printed all the same.
    """
    from intake.unlocking import opened_store

    settings = call.settings()
    messages: list[dict[str, Any]] = []
    progress = Progress("messages worked")

    def keep(source: str, result: dict[str, Any]) -> None:
        from intake.result import without_text

        progress.add()
        if as_json:
            messages.append({"source": source, **(result if with_text else without_text(result))})
        else:
            click.echo(f"{source}  {_one_line(result)}")

    with opened_store(settings, create=True) as (store, vault):
        from intake.opening import open_house
        from intake.rounds import Rounds

        done = Rounds(open_house(settings, vault, store), store).make(keep)
    names = ("fetched", "noted", "processed", "shunted", "quarantined", "sent", "failed", "uncertain")
    counts = {name: done.counts[name] for name in names}
    if as_json:
        print_json({"counts": counts, "dispositions": dict(done.dispositions), "messages": messages})
    else:
        nothing = "nothing done" if done.troubles else "nothing new"
        click.echo(", ".join(f"{number} {name}" for name, number in counts.items() if number) or nothing)
    for trouble in done.troubles:
        click.echo(f"wellbeing-intake: {trouble}", err=True)
    return 1 if done.troubles else 0


@click.command()
@as_json_option
@click.pass_obj
def reconcile(call: Call, *, as_json: bool) -> int:
    """Compare the mailbox with the ledger, message by message.

    Every message in the read folder and in the handled folder must be in the ledger; each that is not is named by its
    place, and the exit status is 1. The mailbox is only read.
    """
    from intake.reconcile import reconcile as reconciled

    with call.reading_store() as store:
        found = reconciled(store, call.settings().mailbox, datetime.now(UTC))
    if as_json:
        print_json(
            {
                "on_server": found.on_server,
                "accounted_for": found.accounted_for,
                "folders": found.folders,
                "unaccounted": [asdict(one) for one in found.unaccounted],
            }
        )
    else:
        click.echo(f"{found.on_server} on server, {found.accounted_for} accounted for")
        for one in found.unaccounted:
            click.echo(f"{one.folder}/{one.uidvalidity}/{one.uid}  {one.why.value}")
    if found.unaccounted:
        click.echo(f"wellbeing-intake: {len(found.unaccounted)} messages are not accounted for", err=True)
    return 1 if found.unaccounted else 0


@click.command(short_help="Prove the whole way with a marked message.")
@click.option(
    "--wait", "wait_s", type=click.FloatRange(min=0), help="Seconds to wait (default: worker.canary_within_s)"
)
@as_json_option
@click.pass_obj
def canary(call: Call, wait_s: float | None, *, as_json: bool) -> int:
    """Mail the service a marked message by the real route, and wait until the running service has seen it.

    Exit status 1 where it did not come by in time. The message is recognised, ignored, and stays in the folder.
    """
    from intake.unlocking import opened_store

    settings = call.settings()
    within_s = settings.worker.canary_within_s if wait_s is None else wait_s
    with opened_store(settings) as (store, vault):
        from intake import canary as flying
        from intake.opening import open_desk

        message_id = flying.send(store, open_desk(settings, vault), settings, datetime.now(UTC))
        flight = flying.awaited(store, timedelta(seconds=within_s))
    back = flight.back_at is not None
    after_s = None if flight.back_at is None else round((flight.back_at - flight.sent_at).total_seconds(), 1)
    if as_json:
        print_json({"ok": back, "message_id": message_id, "after_s": after_s})
    elif back:
        click.echo(f"it came by after {after_s} s")
    if not back:
        click.echo(f"wellbeing-intake: the canary did not come by within {within_s:g} s; is `run` running?", err=True)
    return 0 if back else 1


@click.command(short_help="Say what would be done with messages in files.")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@as_json_option
@click.pass_obj
def replay(call: Call, paths: tuple[Path, ...], *, as_json: bool) -> int:
    """Say what would be done with messages in files; nothing is stored, sent or changed.

    PATHS are .eml files, folders of them, mbox files or Maildirs. With --json, one object a message.
    """
    settings = call.settings()
    missing = [path for path in paths if not path.exists()]
    if missing:
        raise CallRefused(f"{missing[0]} is not there")

    from intake.replay import replay as replayed
    from intake.replay import sources

    progress = Progress("messages replayed")
    for result in replayed(settings, sources(paths)):
        progress.add()
        if as_json:
            print_json(result)
        else:
            click.echo(f"{result['source']}  {_one_line(result)}")
    return 0


@click.command(short_help="Prove a configuration before it runs.")
@as_json_option
@click.pass_obj
def check(call: Call, *, as_json: bool) -> int:
    """Prove a configuration before it runs: mailbox, SMTP, database, key, templates, classifier."""
    from intake.check import check as checked

    checks = checked(call.settings())
    ok = all(one.ok for one in checks)
    if as_json:
        print_json({"ok": ok, "checks": [{"name": one.name, "ok": one.ok, "detail": one.detail} for one in checks]})
    else:
        for one in checks:
            click.echo(f"{'ok    ' if one.ok else 'FAILED'}  {one.name:<12}  {one.detail}")
    failed = [one.name for one in checks if not one.ok]
    if failed:
        click.echo(f"wellbeing-intake: not ready: {', '.join(failed)}", err=True)
    return 0 if ok else 1


@click.command()
@click.option("--once", is_flag=True, help="Exit after the first pass.")
@click.option("--no-console", is_flag=True, help="Do not serve the console.")
def demo(*, once: bool, no_console: bool) -> int:
    """See it at work with nothing to set up.

    Starts an IMAP and an SMTP server on this machine, invents students and a mailbox of letters, runs the real worker
    on it, shows what became of each letter, and serves the officers' console, opened by a link that works once. Nothing
    leaves this machine; everything is thrown away at the end.
    """
    from intake.demo import run_demo

    return run_demo(once=once, with_console=not no_console)


def _one_line(result: dict[str, Any]) -> str:
    decision, reading = result["decision"], result["classification"] or {}
    intents = ", ".join(one["name"] for one in reading.get("intents", [])) or "-"
    return f"{decision['disposition']:<9}  {intents}  ({', '.join(decision['reasons'])})"


COMMANDS = (run, poll, reconcile, canary, replay, check, demo)
