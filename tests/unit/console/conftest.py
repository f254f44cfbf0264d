"""A console on a free port of this machine, over each kind of database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from intake.sealing import Vault
from intake.store import Store
from tests.support.console import Served, console_settings, served


@pytest.fixture
def console(tmp_path: Path, store: Store, vault: Vault) -> Iterator[Served]:
    """A console that listens."""
    with served(console_settings(tmp_path), store, vault) as found:
        yield found
