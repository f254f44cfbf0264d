"""One Dovecot, one SMTP server, one loaded reader for all stories; a fresh database and an empty mailbox for each."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from intake.opening import open_house
from intake.pipeline import House
from intake.rounds import Rounds
from intake.sealing import Vault
from intake.store import Store, open_store, students
from tests.conversations import promises
from tests.conversations.people import AMINA, AMINA_RECORD, BEN, BEN_RECORD
from tests.conversations.stage import Stage
from tests.integration.conftest import mailbox_settings, need_dovecot, smtp_settings, whole_settings
from tests.support.dovecot import PASSWORD, USER, Dovecot
from tests.support.network import BackgroundLoop, free_port
from tests.support.sink import SmtpSink


@pytest.fixture(scope="session")
def story_vault() -> Vault:
    """A vault with a key that tests know."""
    return Vault(bytes(range(32)))


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with two students in it, to be copied."""
    path = tmp_path_factory.mktemp("stories") / "empty.db"
    store = open_store(f"sqlite:///{path}", create=True)
    _register(store)
    store.close()
    return path


@pytest.fixture
def story_store(empty_database: Path, tmp_path: Path) -> Iterator[Store]:
    """A fresh copy of it."""
    shutil.copy(empty_database, tmp_path / "story.db")
    store = open_store(f"sqlite:///{tmp_path}/story.db")
    yield store
    store.close()


@pytest.fixture(scope="session")
def story_dovecot() -> Iterator[Dovecot]:
    """One Dovecot."""
    need_dovecot()
    with Dovecot() as server:
        yield server


@pytest.fixture(scope="session")
def story_sink() -> Iterator[SmtpSink]:
    """One SMTP server that keeps what it gets."""
    background = BackgroundLoop()
    server = SmtpSink(background, USER, PASSWORD)
    yield server
    server.stop()
    background.stop()


@pytest.fixture(scope="session")
def story_house(story_dovecot: Dovecot, story_sink: SmtpSink, story_vault: Vault) -> House:
    """The service, opened once around both."""
    mailbox, smtp = mailbox_settings(story_dovecot.imap), smtp_settings(story_sink.port)
    return open_house(whole_settings(mailbox, smtp, Path("/nowhere")), story_vault)


@pytest.fixture(scope="session")
def quiet_house(story_vault: Vault) -> House:
    """The service without a mailbox, for what is worked directly."""
    mailbox, smtp = mailbox_settings(free_port()), smtp_settings(free_port())
    return open_house(whole_settings(mailbox, smtp, Path("/nowhere")), story_vault)


@pytest.fixture
def stage(
    story_store: Store, story_house: House, story_dovecot: Dovecot, story_sink: SmtpSink, story_vault: Vault
) -> Iterator[Stage]:
    """An empty stage; when the story is over, every promise must have been kept."""
    yield from _played(story_store, story_house, story_dovecot, story_sink, story_vault)


@pytest.fixture
def stage_on_each(
    store: Store, story_house: House, story_dovecot: Dovecot, story_sink: SmtpSink, story_vault: Vault
) -> Iterator[Stage]:
    """An empty stage on each database in turn."""
    _register(store)
    yield from _played(store, story_house, story_dovecot, story_sink, story_vault)


def _played(store: Store, house: House, dovecot: Dovecot, sink: SmtpSink, vault: Vault) -> Iterator[Stage]:
    _empty(dovecot)
    sink.received.clear()
    stage = Stage(store, Rounds(house, store), dovecot, sink)
    yield stage
    promises.kept(store, vault, [AMINA, BEN], stage.letters)


def _register(store: Store) -> None:
    with store.writing() as session:
        students.add(session, [AMINA_RECORD, BEN_RECORD], datetime.now(UTC))
        students.note_size(session, datetime.now(UTC))


def _empty(dovecot: Dovecot) -> None:
    with dovecot.client() as client:
        for folder in ("INBOX", "Handled"):
            if client.folder_exists(folder):
                client.select_folder(folder)
                client.delete_messages(client.search())
                client.expunge()
