"""The demo's stage: a temporary folder with key, database, register and mail servers, and the real river over them."""

import logging
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

from intake.demo.postoffice import AUTHSERV_ID, LOOPBACK, PostOffice
from intake.demo.register import write_register
from intake.opening import open_house
from intake.rounds import Rounds
from intake.sealing import write_new_key
from intake.settings import Settings, settings_from
from intake.store import Store
from intake.students import import_csv
from intake.unlocking import opened_store

ADDRESS = "studentwellbeing@herts.example"
DUTY_ADDRESS = "duty@herts.example"
PASSWORD = "demo"
STUDENTS = 300


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that the demo plays on; `students` is how many were taken in."""

    office: PostOffice
    store: Store
    rounds: Rounds
    students: int


@contextmanager
def set_stage(stop: threading.Event) -> Iterator[Stage]:
    """Set everything up, and throw everything away at the end. `stop` ends a round after the message in hand."""
    _only_warnings()
    with (
        tempfile.TemporaryDirectory(prefix="wellbeing-intake-demo-") as name,
        PostOffice(ADDRESS, PASSWORD) as office,
    ):
        settings = _settings(Path(name), office)
        write_new_key(settings.encryption.key_file)
        with opened_store(settings, create=True) as (store, vault):
            house = open_house(settings, vault, store)
            register = Path(name) / "students.csv"
            write_register(register, STUDENTS)
            imported = import_csv(store, register, lambda _rows: None)
            yield Stage(office, store, Rounds(house, store, stop), imported.added)


def _settings(folder: Path, office: PostOffice) -> Settings:
    """Make the configuration that an operator would write; no variable of the environment changes it."""
    server = {"host": LOOPBACK, "security": "none"}
    values = {
        "service": {
            "name": "Student Wellbeing",
            "organisation": "University of Hertfordshire",
            "address": ADDRESS,
            "duty_address": DUTY_ADDRESS,
            "mode": "automatic",
            "telephone": "01632 960100",
            "security_telephone": "01632 960199",
            "policy_url": "https://wellbeing.herts.example/confidentiality",
            "complaints_address": "complaints@herts.example",
        },
        "mailbox": {
            **server,
            "port": office.imap_port,
            "username": ADDRESS,
            "password": PASSWORD,
            "start": "all",
            "handled_folder": "Handled",
            "trusted_authserv_ids": [AUTHSERV_ID],
        },
        "smtp": {**server, "port": office.smtp_port, "auth": "none"},
        "encryption": {"key_file": "key"},
    }
    return settings_from(values, folder / "demo.toml", {})


def _only_warnings() -> None:
    """Let logs not drown what is shown."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    for name in ("pymap", "mail.log", "asyncio"):
        logging.getLogger(name).setLevel(logging.ERROR)
