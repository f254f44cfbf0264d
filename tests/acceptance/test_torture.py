"""`make torture` in short: a few kills and faults; nothing is lost, doubled or stuck. The long form is run by hand."""

from pathlib import Path

import pytest

from tests.integration.conftest import need_dovecot
from tests.torture.__main__ import table, torture

pytestmark = pytest.mark.dovecot


def test_nothing_is_lost_or_doubled_in_a_short_storm(tmp_path: Path) -> None:
    need_dovecot()
    storm, verdict = torture(tmp_path, messages=32, kills=4, seed=7)
    told = table(storm, verdict)
    assert verdict.broken == [], told
    assert (verdict.messages, verdict.lost, verdict.doubled, verdict.stuck) == (32, 0, 0, 0)
    # The storm was one: the service was killed, and the servers really failed.
    assert storm.thrown["SIGKILL of the service"] == 4
    assert sum(times for name, times in storm.thrown.items() if name.startswith("SMTP")) > 0
    assert verdict.changes == 5 * 12
    assert sum(verdict.sent.values()) > 0
