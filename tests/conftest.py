"""What every test shares: a database of each kind, and a vault. In CI nothing may be missing."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from intake.sealing import Vault
from intake.store import Store, open_store
from tests.support.postgresql import Cluster, new_database, postgresql_programs


@pytest.fixture
def vault() -> Vault:
    """A vault with a key that tests know."""
    return Vault(bytes(range(32)))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, of each kind in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/test.db"
    return str(request.getfixturevalue("postgresql_url"))


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A database with a fresh schema, of each kind in turn."""
    opened = open_store(database_url, create=True)
    yield opened
    opened.close()


@pytest.fixture
def postgresql_url(postgresql_cluster: str) -> Iterator[str]:
    """An empty PostgreSQL database, dropped afterwards."""
    with new_database(postgresql_cluster) as url:
        yield url


@pytest.fixture(scope="session")
def postgresql_cluster() -> Iterator[str]:
    """A private PostgreSQL cluster in a temporary folder, on a Unix socket alone."""
    programs = postgresql_programs()
    if programs is None:
        if os.environ.get("CI"):
            pytest.fail("PostgreSQL's server programs are not installed, and in CI nothing may be missing")
        pytest.skip("PostgreSQL's server programs are not installed (apt-get install postgresql)")
    with Cluster(programs) as cluster:
        yield cluster.connection


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """End by saying what was not run, and why."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons: dict[str, int] = {}
    for report in skipped:
        reason = str(report.longrepr[2]).removeprefix("Skipped: ") if isinstance(report.longrepr, tuple) else "skipped"
        reasons[reason] = reasons.get(reason, 0) + 1
    if not reasons:
        terminalreporter.write_line("Every test was run.")
    for reason, count in reasons.items():
        terminalreporter.write_line(f"Not run: {count} tests, because {reason}")
