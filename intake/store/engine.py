"""The database: one engine, short transactions, and a schema that must fit this program.

SQLite: WAL, synchronous FULL (a commit survives a power cut), BEGIN IMMEDIATE for every writing transaction (an
upgrade from read to write would ignore the busy timeout). PostgreSQL: nobody waits for a lock, or sleeps in a
transaction, for longer than half a minute.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from intake.errors import DatabaseUnavailable, SchemaRefused

_BUSY_TIMEOUT_MS = 30_000
#: PostgreSQL: a worker that froze inside a transaction must not hold its locks for ever
_PATIENCE_S = 30
_MIGRATIONS = Path(__file__).parent / "migrations"


class Store:
    """The database, opened. `writing()` is one transaction; `reading()` sees one moment and changes nothing."""

    def __init__(self, engine: Engine) -> None:
        """Wrap an engine whose schema was checked (`open_store`)."""
        self.engine = engine
        self._reader = engine.execution_options(read_only=True)

    @property
    def is_postgresql(self) -> bool:
        """Whether rows can be claimed with SKIP LOCKED."""
        return self.engine.dialect.name == "postgresql"

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """One transaction: committed at the end of the block, rolled back when it raises."""
        with _translated(), Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for reading; whatever was changed in it is rolled back."""
        with _translated(), Session(self._reader, autoflush=False) as session:
            yield session

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()


def open_store(url: str, *, create: bool = False) -> Store:
    """Open the database at `url`; `create` makes the schema where the database is missing or empty.

    Raises `SchemaRefused` for an older schema (naming `db upgrade`), a newer one, or none at all without `create`;
    `DatabaseUnavailable` where it cannot be reached.
    """
    engine = _engine(url, create=create)
    try:
        current, newest = schema_version(engine), newest_version()
        if current is None and create:
            upgrade(engine)
        elif current is None:
            raise SchemaRefused("the database is empty: nothing was imported or received yet")
        elif current not in known_versions():
            raise SchemaRefused(f"the database was written by a newer version (schema {current}): install that version")
        elif current != newest:
            raise SchemaRefused(f"the database's schema is {current}, not {newest}: run `wellbeing-intake db upgrade`")
    except BaseException:
        engine.dispose()
        raise
    return Store(engine)


def exists(url: str) -> bool:
    """Say whether there is a database with a schema at `url`, without creating one."""
    path = make_url(url).database
    if url.startswith("sqlite") and not Path(path or "").is_file():
        return False
    engine = _engine(url, create=False)
    try:
        return schema_version(engine) is not None
    finally:
        engine.dispose()


def upgrade(engine: Engine) -> None:
    """Bring the schema up to date, in one transaction. Raises `SchemaRefused` where it is newer than this program."""
    current = schema_version(engine)
    if current is not None and current not in known_versions():
        raise SchemaRefused(f"the database was written by a newer version (schema {current}): install that version")
    with _translated(), engine.begin() as connection:
        configuration = _alembic()
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, "head")


def upgrade_at(url: str) -> str:
    """Upgrade (or create) the database at `url`; give the version it has now."""
    engine = _engine(url, create=True)
    try:
        upgrade(engine)
        return schema_version(engine) or ""
    finally:
        engine.dispose()


def schema_version(engine: Engine) -> str | None:
    """The schema's version in the database; None where there is none."""
    with _translated(), engine.execution_options(read_only=True).connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest_version() -> str:
    """The version that this program writes."""
    return ScriptDirectory.from_config(_alembic()).get_current_head() or ""


def known_versions() -> frozenset[str]:
    """Every version this program can upgrade from."""
    return frozenset(script.revision for script in ScriptDirectory.from_config(_alembic()).walk_revisions())


def _alembic() -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(_MIGRATIONS))
    configuration.set_main_option("path_separator", "os")
    return configuration


def _engine(url: str, *, create: bool) -> Engine:
    location = make_url(url)
    if location.get_backend_name() == "postgresql":
        engine = create_engine(location, pool_pre_ping=True, connect_args={"connect_timeout": 15})
        event.listen(engine, "connect", _configure_postgresql)
        return engine
    path = Path(location.database or "")
    if not create and not path.is_file():
        raise SchemaRefused(f"the database {path} is not there: nothing was imported or received yet")
    if create and not path.parent.is_dir():
        raise DatabaseUnavailable(f"the database's folder {path.parent} is not there")
    if create and location.database != ":memory:":
        # It holds the student register in clear: the owner's alone, and so its -wal and -shm, which take its mode.
        with suppress(OSError):
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    engine = create_engine(location, connect_args={"timeout": _BUSY_TIMEOUT_MS / 1000, "check_same_thread": False})
    event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _configure_postgresql(connection: Any, _record: Any) -> None:
    connection.autocommit = True
    for name in ("lock_timeout", "idle_in_transaction_session_timeout"):
        connection.execute(f"SET {name} = '{_PATIENCE_S}s'")
    connection.autocommit = False


def _configure_sqlite(connection: Any, _record: Any) -> None:
    # The driver must not begin transactions by itself: `_begin_sqlite` says which kind.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {_BUSY_TIMEOUT_MS}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "secure_delete = ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    reading = connection.get_execution_options().get("read_only", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


@contextmanager
def _translated() -> Iterator[None]:
    """Let a database that is away, locked or full be `DatabaseUnavailable`: time can mend it."""
    try:
        yield
    except OperationalError as error:
        raise DatabaseUnavailable(f"the database does not answer: {_short(error)}") from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise DatabaseUnavailable(f"the database broke off: {_short(error)}") from error
        raise


def _short(error: DBAPIError) -> str:
    # The driver's own sentence; never the statement's parameters, which can be content.
    return str(error.orig).strip().splitlines()[0] if error.orig else type(error).__name__
