"""The shipped reader: loaded once, and never changed by a test."""

import pytest

from classifiers.reader import Reader, load


@pytest.fixture(scope="session")
def reader() -> Reader:
    found = load()
    assert found.problem is None
    return found
