"""What every command shares: the configuration, the opened store, and how results are printed."""

import getpass
import json
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from intake import log

# What takes long to load is loaded by the command that needs it: `--help` and a refusal come at once.
if TYPE_CHECKING:
    from intake.settings import Settings
    from intake.store import Store

as_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the program."""

    config: Path | None
    verbose: bool = False

    def settings(self) -> "Settings":
        """Read the configuration. Raises `ConfigurationRefused`."""
        from intake.settings import load

        settings = load(self.config)
        log.configure(verbose=self.verbose, as_json=settings.worker.log_format == "json")
        return settings

    @contextmanager
    def reading_store(self) -> Iterator["Store"]:
        """Open the database for reading; needs no key."""
        from intake.store import open_store

        store = open_store(self.settings().database.url)
        try:
            yield store
        finally:
            store.close()


def now() -> datetime:
    """Give the moment."""
    return datetime.now(UTC)


def operator() -> str:
    """Name who calls, for the audit trail: the account on this machine."""
    return f"operator:{getpass.getuser()}"


def print_json(value: Any) -> None:
    """Print one document on one line."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=_plain) + "\n")
    sys.stdout.flush()


def print_rows(rows: Iterable[dict[str, Any]], columns: dict[str, int]) -> None:
    """Print rows as a table for people: column name to width (0: as long as it is)."""
    click.echo("  ".join(name.replace("_", " ").ljust(width) for name, width in columns.items()).rstrip())
    for row in rows:
        cells = (_cell(row.get(name)).ljust(width) for name, width in columns.items())
        click.echo("  ".join(cells).rstrip())


def moment(value: datetime | None) -> str | None:
    """Write a time as RFC 3339 in UTC with `Z`."""
    return None if value is None else value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


class Progress:
    """Says on standard error how far long work is, every two seconds."""

    def __init__(self, noun: str) -> None:
        """Name what is counted."""
        self._noun, self._count, self._told = noun, 0, time.monotonic()

    def add(self, number: int = 1) -> None:
        """Count more."""
        self._count += number
        if time.monotonic() - self._told > 2:
            self._told = time.monotonic()
            click.echo(f"{self._count:,} {self._noun}…", err=True)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return moment(value)
    raise TypeError(type(value).__name__)


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, list | tuple):
        return ", ".join(str(one) for one in value) or "-"
    return str(value)
