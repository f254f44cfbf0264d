"""What a person takes in hand, through the command line alone: alerts, the breaker."""

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.support import Site
from tests.integration.conftest import need_dovecot
from tests.integration.house import QUESTION, URGENT, WITHDRAWAL, letter
from tests.support.dovecot import Dovecot
from tests.support.network import BackgroundLoop
from tests.support.sink import SmtpSink


@pytest.fixture
def worked(tmp_path: Path) -> Site:
    """An installation that has worked an urgent letter and three questions, of which it may answer two."""
    need_dovecot()
    site, background = Site(tmp_path), BackgroundLoop()
    sink = SmtpSink(background, "nobody", "nothing")
    with Dovecot() as server:
        site.configure(server.imap, sink.port, extra="[replies]\nall_an_hour = 2\n")
        site.make_key()
        site.import_students()
        server.deliver(letter(URGENT))
        for number in (2, 3, 4):
            server.deliver(letter(QUESTION, number=number, sender=f"s{number}@student.herts.example"))
        site.done("poll")
    sink.stop()
    background.stop()
    return site


@pytest.fixture(params=["automatic"])
def withdrawn(tmp_path: Path, request: pytest.FixtureRequest) -> Site:
    """An installation that has worked a withdrawal, and tells the placement office of it."""
    need_dovecot()
    site, background = Site(tmp_path), BackgroundLoop()
    sink = SmtpSink(background, "nobody", "nothing")
    told = '[[notices]]\nname = "placements"\npurposes = ["third_party_sharing"]\naddress = "p@herts.example"\n'
    with Dovecot() as server:
        site.configure(server.imap, sink.port, extra=told)
        site.configuration.write_text(site.configuration.read_text().replace('"automatic"', f'"{request.param}"'))
        site.make_key()
        site.import_students()
        server.deliver(letter(WITHDRAWAL))
        site.done("poll")
    sink.stop()
    background.stop()
    return site


def test_an_urgent_case_is_acknowledged_once(worked: Site) -> None:
    (case,) = (one for one in worked.rows("cases", "list") if one["urgent"])
    alert = worked.document("cases", "show", case["case_id"])["alert"]
    assert (alert["written"], alert["acknowledged_at"], alert["acknowledged_by"]) == (1, None, None)
    assert alert["next_at"]
    assert worked.done("cases", "acknowledge", case["reference"]) == ""
    alert = worked.document("cases", "show", case["case_id"])["alert"]
    assert alert["acknowledged_by"].startswith("operator:")
    assert alert["next_at"] is None
    assert "acknowledged already" in worked.refusal(1, "cases", "acknowledge", case["reference"])
    assert "no case" in worked.refusal(1, "cases", "acknowledge", "W-000000000000")
    (other, *_rest) = (one for one in worked.rows("cases", "list") if not one["urgent"])
    assert worked.document("cases", "show", other["case_id"])["alert"] is None
    assert "has no alert" in worked.refusal(1, "cases", "acknowledge", other["reference"])
    assert worked.document("audit", "verify")["ok"]


def test_a_case_shows_who_was_told_of_the_change_and_when(withdrawn: Site) -> None:
    (case,) = withdrawn.rows("cases", "list")
    (told,) = withdrawn.document("cases", "show", case["case_id"])["told"]
    assert (told["notice"], told["by"], told["state"]) == ("placements", "mail", "sent")
    assert told["told_at"].endswith("Z")
    assert "placements" in withdrawn.done("cases", "show", case["reference"])


@pytest.mark.parametrize("withdrawn", ["assist"], indirect=True)
def test_what_automatic_would_have_done_is_compared_with_what_officers_did(withdrawn: Site) -> None:
    nothing = {"compared": 0, "waiting": 1, "same": 0, "share": None, "at_least": None}
    assert withdrawn.document("modes", "report") == {**nothing, "outcomes": {}, "differing": []}
    assert "1 waiting" in withdrawn.done("modes", "report")
    (case,) = withdrawn.rows("cases", "list")
    with closing(sqlite3.connect(withdrawn.database)) as database, database:
        database.execute("UPDATE cases SET state = 'settled'")
    found = withdrawn.document("modes", "report")
    assert (found["compared"], found["same"], found["waiting"], found["share"]) == (1, 0, 0, 0.0)
    assert found["outcomes"] == {"apply": {"nothing": 1}}
    assert [(one["reference"], one["outcome"]) for one in found["differing"]] == [(case["reference"], "nothing")]
    assert case["reference"] in withdrawn.done("modes", "report")


def test_the_clock_of_a_case_is_set_extended_and_stopped(worked: Site) -> None:
    case = next(one for one in worked.rows("cases", "list") if not one["urgent"])
    assert "no rights request" in worked.refusal(1, "cases", "clock", case["case_id"], "extended")
    due = []
    for event in ("data_rights", "stopped", "resumed", "extended", "complaint"):
        worked.done("cases", "clock", case["case_id"], event)
        due.append(worked.document("cases", "show", case["case_id"])["due_at"])
    assert due[0] == due[1] == due[2] < due[3]
    assert due[4] < due[3]
    shown = worked.document("cases", "show", case["reference"])
    assert shown["clock"] == "complaint"
    assert [one["event"] for one in shown["clock_events"]] == ["stopped", "resumed", "extended"]
    assert "section 164A" in shown["due_reason"]
    told = worked.done("cases", "show", case["reference"])
    assert re.search(
        r"^clock events +event stopped, at \S+; event resumed, at \S+; event extended, at \S+$", told, re.M
    )
    assert re.search(r"^urgent +no$", told, re.M)
    urgent = next(one for one in worked.rows("cases", "list") if one["urgent"])
    assert "is urgent" in worked.refusal(1, "cases", "clock", urgent["case_id"], "triage")
    assert "no case" in worked.refusal(1, "cases", "clock", "W-000000000000", "triage")
    assert worked.document("audit", "verify")["ok"]


def test_the_breaker_is_reset_by_a_person_and_what_it_withheld_is_shown(worked: Site) -> None:
    (withheld,) = worked.rows("outbox", "list", "--state", "withheld")
    assert withheld["reason"] == "breaker"
    alerts = [one for one in worked.rows("outbox", "list") if one["template"] == "duty_alert"]
    assert len(alerts) == 2
    assert sum(one["case_id"] is None for one in alerts) == 1
    assert "outbox reset-breaker" in _replies(worked)["detail"]
    assert worked.done("outbox", "reset-breaker") == ""
    assert _replies(worked)["ok"]
    assert "not open" in worked.refusal(1, "outbox", "reset-breaker")
    with closing(sqlite3.connect(worked.database)) as database:
        actions = [row[0] for row in database.execute("SELECT action FROM audit_entries ORDER BY sequence")]
    assert actions.count("breaker_opened") == actions.count("breaker_reset") == 1
    assert len(worked.rows("outbox", "list", "--state", "withheld")) == 1


def _replies(site: Site) -> dict[str, Any]:
    checks = json.loads(site.run("check", "--json").stdout)["checks"]
    return next(one for one in checks if one["name"] == "replies")
