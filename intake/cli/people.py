"""Commands for the console and who may use it: `console`, `users`."""

import sys
from datetime import UTC, datetime
from typing import Any

import click

from intake.cli.context import Call, as_json_option, moment, print_json, print_rows
from intake.errors import CallRefused
from intake.vocabulary import Role

_role_option = click.option(
    "--role", required=True, type=click.Choice([one.value for one in Role]), help="What the account may do."
)


@click.command()
@click.option("--host", help="The address to listen on; default console.host (127.0.0.1).")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="The port; default console.port (8300); 0 takes a free one."
)
@click.option("--behind-proxy", is_flag=True, help="A proxy ends TLS in front of it; needs console.origin.")
@click.pass_obj
def console(call: Call, host: str | None, port: int | None, *, behind_proxy: bool) -> int:
    """Serve the officers' console until SIGTERM or SIGINT.

    It speaks plain HTTP and therefore listens on this machine only, unless a proxy ends TLS in front of it.
    """
    from intake.unlocking import opened_store

    settings = call.settings()
    with opened_store(settings, create=True) as (store, vault):
        from intake.console.opening import open_place
        from intake.console.serving import Serving

        serving = Serving(
            open_place(settings, store, vault),
            host=settings.console.host if host is None else host,
            port=settings.console.port if port is None else port,
            behind_proxy=behind_proxy or settings.console.behind_proxy,
        )
        click.echo(f"the console is at {serving.site.origin}/ (port {serving.port})", err=True)
        serving.run()
    return 0


@click.group()
def users() -> None:
    """Who may use the console."""


@users.command("add")
@click.argument("name")
@_role_option
@click.pass_obj
def users_add(call: Call, name: str, role: str) -> int:
    """Add an account. The password is asked for twice, or read from standard input (one line).

    Roles: officer (settles cases), lead (an officer, and the second pair of eyes), data_protection_officer (reads
    ledger, audit and statistics), administrator (configures; reads no message).
    """
    from intake.unlocking import opened_store

    with opened_store(call.settings(), create=True) as (store, _vault):
        from intake.console import accounts

        account = accounts.add(store, name, Role(role), _password(), datetime.now(UTC))
    click.echo(f"{account.name} can sign in as {role} ({account.account_id})", err=True)
    return 0


@users.command("list")
@as_json_option
@click.pass_obj
def users_list(call: Call, *, as_json: bool) -> int:
    """List the accounts of the console, with their roles."""
    from intake.store import accounts

    with call.reading_store() as store, store.reading() as session:
        rows = [_row(one) for one in accounts.every(session)]
    if as_json:
        print_json({"users": rows})
    else:
        print_rows(rows, {"name": 24, "role": 24, "state": 10, "sign_in": 12, "account_id": 0})
    return 0


@users.command("passwd")
@click.argument("name")
@click.pass_obj
def users_passwd(call: Call, name: str) -> int:
    """Give an account another password, and sign it out everywhere."""
    from intake.unlocking import opened_store

    with opened_store(call.settings()) as (store, _vault):
        from intake.console import accounts

        accounts.known(store, name)
        accounts.change_password(store, name, _password(), datetime.now(UTC))
    click.echo("the password was changed", err=True)
    return 0


@users.command("role")
@click.argument("name")
@_role_option
@click.pass_obj
def users_role(call: Call, name: str, role: str) -> int:
    """Give an account another role, and sign it out everywhere."""
    from intake.unlocking import opened_store

    with opened_store(call.settings()) as (store, _vault):
        from intake.console import accounts

        accounts.change_role(store, name, Role(role), datetime.now(UTC))
    click.echo(f"the role is now {role}", err=True)
    return 0


@users.command("disable")
@click.argument("name")
@click.option("--undo", is_flag=True, help="Let the account in again.")
@click.pass_obj
def users_disable(call: Call, name: str, *, undo: bool) -> int:
    """Shut an account out at once; what it did stays on record."""
    from intake.unlocking import opened_store

    with opened_store(call.settings()) as (store, _vault):
        from intake.console import accounts

        accounts.disable(store, name, datetime.now(UTC), again=undo)
    click.echo("the account is let in again" if undo else "the account is shut out", err=True)
    return 0


@users.command("code", short_help="Ask an account for a one-time code too.")
@click.argument("name")
@click.option("--off", is_flag=True, help="Ask for no code any longer.")
@click.pass_obj
def users_code(call: Call, name: str, *, off: bool) -> int:
    """Ask an account for a one-time code too (RFC 6238); prints the address for its authenticator app, once."""
    from intake.unlocking import opened_store

    settings = call.settings()
    with opened_store(settings) as (store, vault):
        from intake.console import accounts, codes

        if off:
            accounts.ask_for_no_code(store, name, datetime.now(UTC))
            click.echo("no code is asked for any longer", err=True)
            return 0
        row = accounts.known(store, name)
        secret = accounts.ask_for_code(store, vault, name, datetime.now(UTC))
        click.echo(codes.address(secret, row.name, settings.service.name))
    return 0


def _row(row: Any) -> dict[str, Any]:
    return {
        "account_id": row.account_id,
        "name": row.name,
        "role": row.role.value,
        "state": "active" if row.disabled_at is None else "disabled",
        "sign_in": "university" if row.issuer else ("password and code" if row.code_secret else "password"),
        "created_at": moment(row.created_at),
    }


def _password() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt="The same again", err=True))
    line = sys.stdin.buffer.readline().rstrip(b"\r\n")
    if not line:
        raise CallRefused("no password: give it on standard input, on one line")
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise CallRefused("the password on standard input is not UTF-8") from error


COMMANDS = (console, users)
