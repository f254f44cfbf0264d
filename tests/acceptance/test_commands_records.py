"""What is recorded, through the command line alone: students, consent, cases, outbox, arrivals, audit."""

import json
import re
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import jsonschema
import pytest

import intake
from tests.acceptance.support import Site, dead_port
from tests.integration.conftest import need_dovecot
from tests.integration.house import ORDINARY, QUESTION, WITHDRAWAL, letter
from tests.support.dovecot import Dovecot

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
WITHDRAWABLE = {"internal_sharing", "third_party_sharing", "supervision", "statistics", "contact"}
FIXED = {"statutory_returns", "serious_risk_disclosure"}
OUT_OF_OFFICE = letter("I am away until Monday.\n", number=4, head="Auto-Submitted: auto-replied\r\n")


@pytest.fixture
def bare(tmp_path: Path) -> Site:
    """A configuration, a key, and no database."""
    site = Site(tmp_path)
    site.configure(dead_port(), dead_port())
    site.make_key()
    return site


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """An installation that has worked four letters of four kinds, and could send nothing."""
    need_dovecot()
    site = Site(tmp_path_factory.mktemp("worked"))
    with Dovecot() as server:
        site.configure(server.imap, dead_port())
        site.make_key()
        site.import_students()
        for content in (letter(WITHDRAWAL), letter(QUESTION, number=2), letter(ORDINARY, number=3), OUT_OF_OFFICE):
            server.deliver(content)
        assert site.run("poll").returncode == 1
    return site


def test_students_are_added_then_unchanged_then_updated(bare: Site) -> None:
    csv = bare.folder / "students.csv"
    csv.write_text("student_id,first_name,last_name,email,shoe_size\n1,Ann,Bell,a@student.herts.example,4\n")
    assert bare.document("students", "import", "students.csv") == _imported(added=1)
    assert bare.document("students", "import", "students.csv") == _imported(unchanged=1)
    csv.write_text(csv.read_text().replace("Ann", "Anne"))
    assert bare.document("students", "import", "students.csv") == _imported(updated=1)


def test_columns_of_another_name_are_taken_as_told(bare: Site) -> None:
    (bare.folder / "students.csv").write_text("SID,Forename,Surname,email\n1,Ann,Bell,a@student.herts.example\n")
    names = ("--column", "student_id=SID", "--column", "first_name=forename", "--column", "last_name=Surname")
    assert bare.document("students", "import", "students.csv", *names) == _imported(added=1)
    assert "shoe_size" in bare.refusal(2, "students", "import", "students.csv", "--column", "shoe_size=SID")
    assert "number" in bare.refusal(2, "students", "import", "students.csv", "--column", "student_id=number")


def test_the_register_follows_the_universitys_own_database(bare: Site) -> None:
    assert "students.url" in bare.refusal(2, "students", "sync")
    with closing(sqlite3.connect(bare.folder / "university.db")) as university:
        university.execute("CREATE TABLE people (student_id, first_name, last_name, email)")
        university.execute("INSERT INTO people VALUES ('1', 'Ann', 'Bell', 'a@student.herts.example')")
        university.commit()
    (bare.folder / "url").write_text(f"sqlite:///{bare.folder}/university.db\n")
    with bare.configuration.open("a") as file:
        file.write('[students]\nurl_file = "url"\nquery = "SELECT * FROM people"\n')
    assert bare.document("students", "sync")["added"] == 1
    assert bare.document("students", "sync")["unchanged"] == 1
    (bare.folder / "url").write_text("sqlite:////nowhere/at/all.db")
    assert "student source" in bare.refusal(1, "students", "sync")


def test_bad_rows_are_named_by_line_and_reason_and_the_good_go_in(bare: Site) -> None:
    (bare.folder / "students.csv").write_text(
        "student_id,first_name,last_name,email,date_of_birth\n"
        "1,Ann,Bell,a@student.herts.example,2004-02-01\n"
        ",Bob,Carr,b@student.herts.example,\n"
        "3,Cy,Dunn,not an address,\n"
        "4,Di,Ebb,d@student.herts.example,31/02/2004\n"
        "1,Ann,Bell,a@student.herts.example,\n"
        "6,Flo,Gray,f@student.herts.example,03/04/2005\n"
    )
    finished = bare.run("students", "import", "students.csv", "--json")
    assert finished.returncode == 0
    told = json.loads(finished.stdout)
    assert (told["added"], told["updated"], told["unchanged"]) == (2, 0, 0)
    reasons = {one["line"]: one["reason"] for one in told["rejected"]}
    assert set(reasons) == {3, 4, 5, 6}
    for line, word in ((3, "student_id"), (4, "email"), (5, "date_of_birth"), (6, "twice")):
        assert word in reasons[line]
    shown = bare.run("students", "import", "students.csv")
    assert shown.returncode == 0
    assert "line 4: " in shown.stderr


def test_addresses_on_more_than_one_record_are_warned_of(bare: Site) -> None:
    rows = "1001,Mira,Quell,mq@student.herts.example,home@post.example\n1002,Tom,Quell,tq@student.herts.example,"
    (bare.folder / "family.csv").write_text(f"student_id,first_name,last_name,email,alternate_email\n{rows}\n")
    assert "record" not in bare.run("students", "import", "family.csv").stderr
    (bare.folder / "family.csv").write_text(
        f"student_id,first_name,last_name,email,alternate_email\n{rows}HOME@post.example\n"
    )
    assert "1 address stands on more than one record" in bare.run("students", "import", "family.csv").stderr


def test_a_file_that_cannot_be_imported_is_refused(bare: Site) -> None:
    (bare.folder / "students.csv").write_text("student_id,first_name,email\n1,Ann,a@student.herts.example\n")
    refusal = bare.refusal(2, "students", "import", "students.csv", "--json")
    assert "last_name is missing" in refusal
    assert "the first line has student_id, first_name, email. " in refusal
    assert "--column last_name=THEIRS" in refusal
    assert "nowhere.csv" in bare.refusal(2, "students", "import", "nowhere.csv", "--json")


def test_the_register_is_readable_by_its_owner_alone(bare: Site) -> None:
    bare.import_students()
    assert stat.S_IMODE(bare.database.stat().st_mode) == 0o600


def test_what_was_never_created_cannot_be_read(bare: Site) -> None:
    for command in (("consent", "export"), ("audit", "verify"), ("outbox", "list")):
        assert "not there" in bare.refusal(1, *command, "--json")
    assert not bare.database.exists()


@pytest.mark.dovecot
def test_consent_is_shown_with_every_event(worked: Site) -> None:
    shown = worked.document("consent", "show", "23529452")
    assert shown["student_id"] == "23529452"
    assert {one["purpose"]: one["status"] for one in shown["purposes"]} == {
        **dict.fromkeys(WITHDRAWABLE, "withdrawn"),
        **dict.fromkeys(FIXED, "not_consent_based"),
    }
    for one in shown["purposes"]:
        assert set(one) >= {"purpose", "status", "since", "source"}
        assert one["purpose"] in FIXED or MOMENT.fullmatch(one["since"])
    assert {one["purpose"] for one in shown["history"]} == WITHDRAWABLE
    known = {one["arrival_id"] for one in worked.rows("arrivals", "list")}
    for event in shown["history"]:
        assert set(event) >= {"event_id", "purpose", "event", "received_at", "effective_at", "actor", "arrival_id"}
        assert event["event"] == "withdrawn"
        assert event["arrival_id"] in known
        assert MOMENT.fullmatch(event["received_at"])
        assert MOMENT.fullmatch(event["effective_at"])


@pytest.mark.dovecot
def test_who_never_wrote_has_no_events_and_is_not_exported(worked: Site) -> None:
    shown = worked.document("consent", "show", "21884410")
    assert shown["history"] == []
    assert {one["status"] for one in shown["purposes"]} == {"unknown", "not_consent_based"}
    (exported,) = worked.rows("consent", "export")
    assert exported["student_id"] == "23529452"
    assert exported["purposes"] == worked.document("consent", "show", "23529452")["purposes"]


@pytest.mark.dovecot
def test_whoever_and_whatever_is_unknown_is_refused(worked: Site) -> None:
    assert "00000000" in worked.refusal(1, "consent", "show", "00000000", "--json")
    assert "W-NOSUCHCASE00" in worked.refusal(1, "cases", "show", "W-NOSUCHCASE00", "--json")
    assert "a-nothing" in worked.refusal(1, "arrivals", "retry", "a-nothing")
    assert "elsewhere" in worked.refusal(2, "cases", "list", "--state", "elsewhere")


@pytest.mark.dovecot
def test_a_case_is_found_by_its_id_and_by_its_reference(worked: Site) -> None:
    cases = worked.rows("cases", "list")
    assert {one["disposition"] for one in cases} >= {"apply", "answer"}
    arrivals = {one["arrival_id"] for one in worked.rows("arrivals", "list")}
    for case in cases:
        assert set(case) >= {"case_id", "reference", "state", "disposition", "student_id", "intents", "urgent"}
        assert set(case) >= {"reasons", "opened_at", "due_at", "messages"}
        assert re.fullmatch(r"W-[0-9A-HJKMNP-TV-Z]{12}", case["reference"])
        assert MOMENT.fullmatch(case["opened_at"])
        assert set(case["messages"]) <= arrivals
    first = cases[0]
    by_id = worked.document("cases", "show", first["case_id"])
    assert by_id == worked.document("cases", "show", first["reference"])
    assert {name: by_id[name] for name in first} == first
    settled = worked.rows("cases", "list", "--state", "settled")
    assert {one["disposition"] for one in settled} == {"apply", "answer"}
    assert worked.done("cases", "list", "--state", "waiting", "--json") == ""


@pytest.mark.dovecot
def test_what_waits_to_be_sent_is_listed(worked: Site) -> None:
    outgoing = worked.rows("outbox", "list")
    assert [(one["template"], one["state"]) for one in outgoing] == [
        ("withdrawal_acknowledged", "pending"),
        ("question_answered", "pending"),
    ]
    letters = {one["message_id"] for one in worked.rows("arrivals", "list")}
    for one in outgoing:
        assert set(one) >= {"delivery_id", "message_id", "in_reply_to", "template", "state", "attempts"}
        assert one["in_reply_to"] in letters
        assert one["message_id"].endswith("@herts.example>")


@pytest.mark.dovecot
def test_arrivals_are_listed_by_state(worked: Site) -> None:
    arrivals = worked.rows("arrivals", "list")
    assert len(arrivals) == 4
    for one in arrivals:
        assert set(one) >= {"arrival_id", "uidvalidity", "uid", "message_id", "state", "disposition", "attempts"}
        assert MOMENT.fullmatch(one["received_at"])
        assert one["message_id"].startswith("<")
    assert worked.rows("arrivals", "list", "--state", "processed") == arrivals
    assert worked.done("arrivals", "list", "--state", "shunted", "--json") == ""
    assert "processed" in worked.refusal(1, "arrivals", "retry", arrivals[0]["arrival_id"])
    one = worked.document("arrivals", "show", arrivals[0]["arrival_id"])
    assert {name: one[name] for name in arrivals[0]} == arrivals[0]
    (case,) = one["cases"]
    assert worked.document("cases", "show", case)["messages"] == [one["arrival_id"]]
    assert [row["template"] for row in one["outgoing"]] == ["withdrawal_acknowledged"]
    assert (one["folder"], len(one["sha256"])) == ("INBOX", 64)
    assert "a-nothing" in worked.refusal(1, "arrivals", "show", "a-nothing")
    shown = worked.done("arrivals", "list").splitlines()
    assert len(shown) == 1 + len(arrivals)


@pytest.mark.dovecot
def test_no_word_of_a_letter_lies_in_clear_in_the_database(worked: Site) -> None:
    stored = b"".join(one.read_bytes() for one in worked.folder.glob("wellbeing-intake.db*"))
    assert b"processed" in stored
    for word in (b"withdraw my consent", b"notes from my appointments", b"appointment on Tuesday"):
        assert word not in stored


@pytest.mark.dovecot
def test_an_altered_audit_trail_is_found(worked: Site) -> None:
    verified = worked.document("audit", "verify")
    assert verified["ok"] is True
    assert verified["entries"] > 4
    with closing(sqlite3.connect(worked.database)) as database, database:
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            database.execute("UPDATE audit_entries SET subject = 'nobody' WHERE sequence = 3")
        for (trigger,) in database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_entries'"
        ).fetchall():
            database.execute(f"DROP TRIGGER {trigger}")
        database.execute("UPDATE audit_entries SET subject = 'nobody' WHERE sequence = 3")
    finished = worked.run("audit", "verify", "--json")
    assert finished.returncode == 1
    assert json.loads(finished.stdout) == {"ok": False, "entries": verified["entries"], "first_broken": 3}
    assert "entry 3" in finished.stderr


def _imported(added: int = 0, updated: int = 0, unchanged: int = 0) -> dict[str, object]:
    return {"added": added, "updated": updated, "unchanged": unchanged, "rejected": []}


def test_corrections_are_exported_into_a_file_of_the_owners_own(bare: Site) -> None:
    bare.import_students()
    finished = bare.run("corrections", "export", "corrections.jsonl")
    assert finished.returncode == 0, finished.stderr
    path = bare.folder / "corrections.jsonl"
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("", 0o600)
    assert "is there already" in bare.refusal(2, "corrections", "export", "corrections.jsonl")


def test_consents_are_exported_as_records_that_fit_the_schema(worked: Site) -> None:
    schema = json.loads((Path(intake.__file__).parent / "consent_record.schema.json").read_text(encoding="utf-8"))
    proof = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    records = [json.loads(line) for line in worked.done("consent", "export", "--format", "ts27560").splitlines()]
    assert {one["pii_processing"]["purposes"][0]["purpose_id"] for one in records} == WITHDRAWABLE
    for record in records:
        proof.validate(record)
        (event,) = record["events"]
        assert event["event_state"] == record["consent_status"] == "dpv:ConsentWithdrawn"
        assert event["purpose"]
        assert len(event["evidence"]["sha256"]) == 64
    document = json.loads(worked.done("consent", "show", "23529452", "--format", "ts27560"))
    assert document == {"pii_principal_id": "23529452", "consent_records": records}
    assert json.loads(worked.done("consent", "show", "21884410", "--format", "ts27560"))["consent_records"] == []
    assert "no student" in worked.refusal(1, "consent", "show", "99999999", "--format", "ts27560")
