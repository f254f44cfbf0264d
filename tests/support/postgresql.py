"""A private PostgreSQL cluster in a temporary folder, on a Unix socket alone; it can be stopped and started."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import psycopg


def postgresql_programs() -> Path | None:
    """Give the folder of PostgreSQL's server programs, if they are installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


@contextmanager
def new_database(connection: str) -> Iterator[str]:
    """Make an empty database on a cluster (`Cluster.connection`), give its URL, and drop it afterwards."""
    name = f"test_{os.urandom(6).hex()}"
    with psycopg.connect(f"{connection} dbname=postgres", autocommit=True) as administrator:
        administrator.execute(f"CREATE DATABASE {name}".encode())
        url = f"postgresql+psycopg://{administrator.info.user}@/{name}?host={administrator.info.host}"
    yield url
    with psycopg.connect(f"{connection} dbname=postgres", autocommit=True) as administrator:
        administrator.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


class Cluster:
    """The server. Use as a context manager."""

    def __init__(self, programs: Path, *, durable: bool = False) -> None:
        """Take the folder of the server's programs (`postgresql_programs`); `durable`: commits survive a power cut."""
        self._durable = durable
        self._programs = programs
        self.folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
        # PostgreSQL refuses to run as root.
        self._become = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if not os.getuid() else []
        if self._become:
            shutil.chown(self.folder, "postgres", "postgres")

    @property
    def connection(self) -> str:
        """How to connect, without a database's name."""
        return f"host={self.folder} user=postgres"

    def __enter__(self) -> Self:
        """Make the cluster and start it."""
        command = [str(self._programs / "initdb"), "-D", str(self._data), "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        subprocess.run([*self._become, *command, "--locale=C.UTF-8"], check=True, capture_output=True, cwd=self.folder)
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """Stop and remove everything."""
        self._control("-m", "immediate", "stop", check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        """Start, and wait until it answers."""
        settings = ["listen_addresses=''", f"unix_socket_directories={self.folder}", "max_connections=40"]
        settings += [] if self._durable else ["fsync=off"]
        self._control("-l", str(self.folder / "log"), "-o", " ".join(f"-c {one}" for one in settings), "start")

    def stop(self) -> None:
        """Stop as after a power cut: nobody is asked to finish."""
        self._control("-m", "immediate", "stop")

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _control(self, *arguments: str, check: bool = True) -> None:
        command = [*self._become, str(self._programs / "pg_ctl"), "-D", str(self._data), "-w", *arguments]
        # Nothing is captured: a server that was started would hold the pipe open.
        subprocess.run(command, check=check, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.folder)
