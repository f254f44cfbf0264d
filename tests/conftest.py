"""What every test shares: a database of each kind, and a vault. In CI nothing may be missing."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from intake.sealing import Vault
from intake.store import Store, open_store


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
    name = f"test_{os.urandom(6).hex()}"
    with psycopg.connect(f"{postgresql_cluster} dbname=postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
        host = connection.info.host
        user = connection.info.user
    yield f"postgresql+psycopg://{user}@/{name}?host={host}"
    with psycopg.connect(f"{postgresql_cluster} dbname=postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture(scope="session")
def postgresql_cluster() -> Iterator[str]:
    """A private PostgreSQL cluster in a temporary folder, on a Unix socket alone."""
    programs = _postgresql_programs()
    if programs is None:
        if os.environ.get("CI"):
            pytest.fail("PostgreSQL's server programs are not installed, and in CI nothing may be missing")
        pytest.skip("PostgreSQL's server programs are not installed (apt-get install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    # PostgreSQL refuses to run as root.
    become = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []
    if become:
        shutil.chown(folder, "postgres", "postgres")
    data = folder / "data"
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off -c max_connections=40"
    initialise = [*become, str(programs / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8"]
    control = [*become, str(programs / "pg_ctl"), "-D", str(data), "-w"]
    subprocess.run([*initialise, "--locale=C.UTF-8"], check=True, capture_output=True, cwd=folder)
    subprocess.run(
        [*control, "-l", str(folder / "log"), "-o", options, "start"], check=True, capture_output=True, cwd=folder
    )
    try:
        yield f"host={folder} user=postgres"
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=False, capture_output=True, cwd=folder)
        shutil.rmtree(folder, ignore_errors=True)


def _postgresql_programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


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
