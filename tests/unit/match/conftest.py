"""The small register, on both databases, filled once for all tests here: they only read it."""

from collections.abc import Iterator

import psycopg
import pytest

from intake.match import Match, match
from intake.parse import InboundMessage
from intake.store import Store, open_store
from tests.unit.match.people import EVERYBODY, Find, register


@pytest.fixture(scope="package", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A register with everybody in it, on each database in turn."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('match')}/test.db"
    else:
        url = _postgresql(request.getfixturevalue("postgresql_cluster"))
    store = open_store(url, create=True)
    register(store, EVERYBODY)
    yield store
    store.close()


@pytest.fixture
def find(filled: Store) -> Find:
    """Match a letter with the register."""

    def found(message: InboundMessage) -> Match:
        with filled.reading() as session:
            return match(session, message)

    return found


def _postgresql(cluster: str) -> str:
    with psycopg.connect(f"{cluster} dbname=postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE matching")
        return f"postgresql+psycopg://{connection.info.user}@/matching?host={connection.info.host}"
