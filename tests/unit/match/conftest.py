"""The small register, on both databases, filled once for all tests here: they only read it."""

from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from intake.match import Match, match
from intake.parse import InboundMessage
from intake.store import Store, open_store
from tests.support.postgresql import new_database
from tests.unit.match.people import EVERYBODY, Find, register


@pytest.fixture(scope="package", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A register with everybody in it, on each database in turn."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            url = f"sqlite:///{tmp_path_factory.mktemp('match')}/test.db"
        else:
            url = stack.enter_context(new_database(request.getfixturevalue("postgresql_cluster")))
        store = stack.enter_context(closing(open_store(url, create=True)))
        register(store, EVERYBODY)
        yield store


@pytest.fixture
def find(filled: Store) -> Find:
    """Match a letter with the register."""

    def found(message: InboundMessage) -> Match:
        with filled.reading() as session:
            return match(session, message)

    return found
