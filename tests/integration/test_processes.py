"""Real processes that hang, crash, freeze and are killed: the rest flows on, and nothing is done twice."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import intake.rounds
from intake.sealing import Vault
from intake.store import Store, arrivals, audit, consent, deliveries, open_store
from intake.vocabulary import ArrivalState, DeliveryState
from tests.acceptance.support import Site
from tests.integration.conftest import mailbox_settings, smtp_settings
from tests.integration.house import ORDINARY, QUESTION, WITHDRAWAL, letter, register, rounds
from tests.integration.test_mailbox import until
from tests.support.dovecot import Dovecot
from tests.support.sink import SmtpSink

pytestmark = pytest.mark.dovecot


def started(database_url: str, dovecot: Dovecot, sink: SmtpSink, **more: object) -> "subprocess.Popen[str]":
    call = {"url": database_url, "imap": dovecot.imap, "smtp": sink.port, **more}
    command = [sys.executable, "-m", "tests.support.rounds_process", json.dumps(call)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def deliver(dovecot: Dovecot, count: int, first: int = 0) -> None:
    bodies = (WITHDRAWAL, ORDINARY, QUESTION)
    for number in range(first, first + count):
        dovecot.deliver(letter(bodies[number % 3], number=number))


@pytest.mark.parametrize("fault", ["hang", "kill", "crash"])
def test_a_letter_that_hangs_or_kills_the_process_is_quarantined_before_its_third_try_and_the_rest_flows_on(
    store: Store, database_url: str, dovecot: Dovecot, sink: SmtpSink, fault: str
) -> None:
    register(store)
    deliver(dovecot, 4)
    statuses: list[int] = []
    while not statuses or statuses[-1] != 0:
        process = started(database_url, dovecot, sink, faults={fault: 2}, message_s=1.5)
        printed, said = process.communicate(timeout=60)
        statuses.append(process.returncode)
        if fault == "hang" and process.returncode:
            assert process.returncode == 1
            # Where it hung, and no word of the letter.
            assert "rounds_process.py" in said
            assert "consent" not in said
        assert len(statuses) < 6
    assert len(statuses) == 3, said[-2000:]
    assert json.loads(printed)["counts"]["quarantined"] == 1
    with store.reading() as session:
        assert arrivals.counts(session) == {ArrivalState.PROCESSED: 3, ArrivalState.QUARANTINED: 1}
        (quarantined,) = arrivals.every(session, ArrivalState.QUARANTINED)
        assert quarantined.uid == 2
        assert audit.verify(session).ok


@pytest.mark.postgresql
@pytest.mark.parametrize(
    ("place", "refused"),
    [
        ("before the arrival is committed", "LeaseLost"),
        ("before the record is begun", None),
        ("inside the record", "DatabaseUnavailable"),
    ],
)
def test_a_frozen_worker_that_wakes_after_another_took_over_writes_nothing(
    postgresql_url: str,
    vault: Vault,
    dovecot: Dovecot,
    sink: SmtpSink,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
    refused: str | None,
) -> None:
    store = open_store(postgresql_url, create=True)
    register(store)
    deliver(dovecot, 6)
    frozen = started(postgresql_url, dovecot, sink, faults={"freeze": place}, patience_s=1)
    until(lambda: _state(frozen.pid) == "T")
    # An hour later by the clock of the one that takes over.
    monkeypatch.setattr(intake.rounds, "_now", lambda: datetime.now(UTC) + timedelta(hours=1))
    other = rounds(store, vault, mailbox_settings(dovecot.imap), smtp_settings(sink.port))
    worked = 0

    def all_is_worked() -> bool:
        nonlocal worked
        worked += other.make().counts["processed"]
        return worked == 6

    until(all_is_worked)
    before = written(store)
    os.kill(frozen.pid, signal.SIGCONT)
    printed, said = frozen.communicate(timeout=60)
    assert frozen.returncode == 0, said[-2000:]
    done = json.loads(printed)
    assert done["counts"].get("processed", 0) == 0
    assert done["troubles"] == ([refused] if refused else [])
    assert written(store) == before
    each_once(store, sink)
    store.close()


@pytest.mark.postgresql
def test_two_services_share_one_mailbox_and_one_of_them_is_killed(
    tmp_path: Path, postgresql_url: str, dovecot: Dovecot, sink: SmtpSink
) -> None:
    site = Site(tmp_path)
    extra = f'[database]\nurl = "{postgresql_url}"\n[worker]\npoll_every_s = 0.3\nsend_every_s = 0.3\n'
    site.configure(dovecot.imap, sink.port, extra=extra)
    site.make_key()
    site.import_students()
    store = open_store(postgresql_url)
    logs = [tmp_path / "first", tmp_path / "second"]
    services = []
    for log in logs:
        with log.open("wb") as written_to:
            services.append(
                subprocess.Popen(
                    site.command("run"), cwd=tmp_path, env=site.variables(), stdout=written_to, stderr=written_to
                )
            )
    try:
        until(lambda: any("another worker polls" in log.read_text() for log in logs))
        polls = next(place for place, log in enumerate(logs) if "another worker polls" not in log.read_text())
        deliver(dovecot, 60)
        until(lambda: all("arrival decided" in log.read_text() for log in logs))
        services[polls].kill()
        deliver(dovecot, 30, first=60)
        until(lambda: _counts(store) == {ArrivalState.PROCESSED: 90})
        services[1 - polls].send_signal(signal.SIGTERM)
        assert services[1 - polls].wait(10) == 0
        each_once(store, sink)
    finally:
        for one in services:
            one.kill()
            one.wait()
        store.close()


def _counts(store: Store) -> dict[ArrivalState, int]:
    with store.reading() as session:
        return arrivals.counts(session)


def written(store: Store) -> dict[str, Any]:
    """Everything that a worker writes of messages."""
    with store.reading() as session:
        return {
            "arrivals": [(one.arrival_id, one.state, one.disposition) for one in arrivals.every(session)],
            "events": [event.event_id for event in consent.history(session, "23529452")],
            "deliveries": [(one.delivery_id, one.state) for one in deliveries.every(session)],
            "audit": audit.verify(session).entries,
        }


def each_once(store: Store, sink: SmtpSink) -> None:
    with store.reading() as session:
        found = list(arrivals.every(session))
        assert {one.state for one in found} == {ArrivalState.PROCESSED}
        changes = [(event.purpose, event.event) for event in consent.history(session, "23529452")]
        assert changes
        assert len(changes) == len(set(changes))
        sent = {one.message_id for one in deliveries.every(session) if one.state is DeliveryState.SENT}
        assert audit.verify(session).ok
    got = Counter(str(one.message["Message-ID"]) for one in sink.received)
    assert set(got.values()) == {1}
    assert set(got) >= sent


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "-"
