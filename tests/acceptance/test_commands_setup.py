"""Setting up, through the command line alone: configuration, key, database, help, templates."""

import base64
import json
import re
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import intake
from tests.acceptance.support import SilentPort, Site, dead_port

COMMANDS = (
    "run",
    "poll",
    "reconcile",
    "canary",
    "replay",
    "check",
    "demo",
    "evaluate",
    "console",
    "users add",
    "users code",
    "users disable",
    "users list",
    "users passwd",
    "users role",
    "corrections export",
    "modes report",
    "db backup",
    "db restored",
    "db upgrade",
    "keys new",
    "students import",
    "students sync",
    "consent show",
    "consent export",
    "cases acknowledge",
    "cases clock",
    "cases list",
    "cases show",
    "outbox list",
    "outbox reset-breaker",
    "arrivals list",
    "arrivals retry",
    "arrivals show",
    "audit verify",
    "templates preview",
)
TEMPLATES = (
    "withdrawal_acknowledged",
    "withdrawal_confirmation",
    "neutral_receipt",
    "question_answered",
    "duty_alert",
    "change_notice",
)


@pytest.fixture
def silent_port() -> Iterator[SilentPort]:
    port = SilentPort()
    yield port
    port.close()


@pytest.fixture
def bare(tmp_path: Path) -> Site:
    """A configuration and nothing else."""
    site = Site(tmp_path)
    site.configure(dead_port(), dead_port())
    return site


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_in_a_sentence(tmp_path: Path, command: str) -> None:
    shown = Site(tmp_path).done(*command.split(), "--help")
    sentence = shown.split("\n\n")[1].strip()
    assert sentence[0].isupper()
    assert len(sentence.split()) > 3
    assert sentence.endswith(".") or ". " in sentence


def test_the_program_tells_its_version_and_its_commands(tmp_path: Path) -> None:
    site = Site(tmp_path)
    assert intake.__version__ in site.done("--version")
    shown = site.done("--help")
    assert all(f"  {command.split()[0]} " in shown for command in COMMANDS)


@pytest.mark.parametrize("group", [(), *sorted({(one.split()[0],) for one in COMMANDS if " " in one})])
def test_a_list_of_commands_breaks_off_no_sentence(tmp_path: Path, group: tuple[str, ...]) -> None:
    shown = Site(tmp_path, {"COLUMNS": "80"}).done(*group, "--help")
    listed = shown.partition("\nCommands:\n")[2]
    assert listed
    assert "..." not in listed


def test_the_help_names_every_template(tmp_path: Path) -> None:
    shown = Site(tmp_path, {"COLUMNS": "80"}).done("templates", "preview", "--help")
    assert all(f"    {name}  " in shown for name in TEMPLATES)


def test_a_command_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    site = Site(tmp_path)
    assert "frobnicate" in site.refusal(2, "frobnicate")
    assert "--frob" in site.refusal(2, "poll", "--frob")
    assert "STUDENT_ID" in site.refusal(2, "consent", "show")


def test_without_a_configuration_the_file_is_named(tmp_path: Path) -> None:
    site = Site(tmp_path)
    assert "wellbeing-intake.toml" in site.refusal(2, "poll")
    assert "elsewhere.toml" in site.refusal(2, "--config", "elsewhere.toml", "cases", "list")
    by_environment = Site(tmp_path, {"WELLBEING_INTAKE_CONFIG": "from-environment.toml"})
    assert "from-environment.toml" in by_environment.refusal(2, "check")
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_key_is_named_with_the_nearest(bare: Site) -> None:
    bare.configuration.write_text(bare.configuration.read_text().replace("key_file", "key_flie"))
    for command in (("poll",), ("check",), ("replay", ".")):
        refusal = bare.refusal(2, *command)
        assert "encryption.key_flie" in refusal
        assert "encryption.key_file?" in refusal
        assert "wellbeing-intake.toml" in refusal


def test_a_file_that_is_not_a_configuration_is_refused(bare: Site) -> None:
    bare.configuration.write_text("Dear all,\n")
    assert "not TOML" in bare.refusal(2, "check")
    bare.configuration.write_bytes(b"\xff\xfe\x00")
    assert "cannot be read" in bare.refusal(2, "check")


def test_a_key_can_be_given_by_environment(bare: Site) -> None:
    told = Site(bare.folder, {"WELLBEING_INTAKE__ENCRYPTION__KEY_FILE": "another-key"})
    assert "another-key" in told.refusal(2, "poll")
    wrong = Site(bare.folder, {"WELLBEING_INTAKE__MAILBOX__PROT": "1"})
    assert "mailbox.prot" in wrong.refusal(2, "poll")


@pytest.mark.parametrize("command", [("poll",), ("run",), ("students", "import", "students.csv")])
def test_without_a_key_nothing_is_done(bare: Site, command: tuple[str, ...]) -> None:
    (bare.folder / "students.csv").write_text("student_id,first_name,last_name,email\n")
    assert "keys new" in bare.refusal(2, *command)
    assert not bare.key.exists()
    assert not bare.database.exists()


def test_a_short_or_open_key_is_refused(bare: Site) -> None:
    bare.key.write_bytes(base64.b64encode(bytes(16)))
    bare.key.chmod(0o600)
    short = bare.refusal(2, "poll")
    assert "16 bytes" in short
    assert "keys new" in short
    bare.key.write_text("not base64!")
    assert "keys new" in bare.refusal(2, "poll")
    bare.key.write_bytes(base64.b64encode(bytes(32)))
    bare.key.chmod(0o640)
    shared = bare.refusal(2, "poll")
    assert "read by others" in shared
    assert "keys new" in shared


def test_a_new_key_is_readable_by_its_owner_alone_and_never_overwritten(tmp_path: Path) -> None:
    site = Site(tmp_path)
    assert site.done("keys", "new", "key") == ""
    written = site.key.read_bytes()
    assert stat.S_IMODE(site.key.stat().st_mode) == 0o600
    assert len(base64.b64decode(written)) == 32
    assert "never overwritten" in site.refusal(2, "keys", "new", "key")
    assert site.key.read_bytes() == written
    site.refusal(2, "keys", "new", "nowhere/key")


def test_another_key_is_refused_before_mail_is_touched(bare: Site, silent_port: SilentPort) -> None:
    bare.make_key()
    bare.import_students()
    bare.key.unlink()
    bare.make_key()
    bare.configure(silent_port.port, dead_port())
    assert "does not open this database" in bare.refusal(2, "poll")
    assert "does not open this database" in bare.refusal(2, "run")
    assert not silent_port.was_touched()


def test_the_schema_is_made_once_and_upgrading_again_changes_nothing(bare: Site) -> None:
    assert bare.done("db", "upgrade") == ""
    assert bare.database.exists()
    assert bare.rows("cases", "list") == bare.rows("consent", "export") == []
    bare.done("db", "upgrade")
    assert bare.document("audit", "verify") == {"ok": True, "entries": 0, "first_broken": None}


def test_another_schema_is_refused(bare: Site) -> None:
    bare.make_key()
    bare.done("db", "upgrade")
    _set_version(bare, "9999")
    for command in (("poll",), ("cases", "list"), ("db", "upgrade"), ("replay", ".")):
        assert "newer" in bare.refusal(1, *command)
    with closing(sqlite3.connect(bare.database)) as database:
        assert database.execute("SELECT version_num FROM alembic_version").fetchall() == [("9999",)]


def test_a_broken_template_is_refused_at_the_start_and_named(tmp_path: Path, silent_port: SilentPort) -> None:
    root = Path(intake.__file__).parent.parent
    for name in ("intake", "templates", "config"):
        shutil.copytree(root / name, tmp_path / name)
    (tmp_path / "classifiers").symlink_to(root / "classifiers")
    site = Site(tmp_path)
    site.configure(silent_port.port, dead_port(), timeout_s=1)
    site.make_key()
    body = tmp_path / "templates" / "replies" / "neutral_receipt" / "body.txt"
    whole = body.read_text()
    for command, fault in (("poll", "{% if %}"), ("run", "{{ no_such_field }}")):
        body.write_text(whole + fault)
        assert "neutral_receipt/body.txt" in site.refusal(2, command)
    assert not silent_port.was_touched()
    checks = {one["name"]: one for one in _checked(site)}
    assert "neutral_receipt/body.txt" in checks["templates"]["detail"]
    assert not checks["templates"]["ok"]


@pytest.mark.parametrize("name", TEMPLATES)
def test_each_template_can_be_seen_as_it_would_be_sent(bare: Site, name: str) -> None:
    shown = bare.done("templates", "preview", name)
    head, _, body = shown.partition("\n\n")
    assert "\nTo: " in head
    assert "\nSubject: " in head
    assert "\nAuto-Submitted: auto-" in head
    assert len(body) > 100
    assert "{{" not in shown
    assert not bare.database.exists()


def test_a_preview_gives_the_days_that_a_student_has_to_answer(bare: Site) -> None:
    shown = " ".join(bare.done("templates", "preview", "withdrawal_confirmation").split())
    received, until = re.search(r"On (.+?) we received .* answer until (.+?)\.", shown).groups()  # type: ignore[union-attr]
    days = [datetime.strptime(one, "%d %B %Y").replace(tzinfo=UTC) for one in (received, until)]
    assert (days[1] - days[0]).days == 14


def test_a_notice_to_an_office_says_whose_words_it_gives(bare: Site) -> None:
    shown = bare.done("templates", "preview", "change_notice")
    assert "Auto-Submitted: auto-generated" in shown
    assert "Stopped, in the words that the student is told:" in shown


def test_a_file_that_is_no_set_of_letters_is_refused(tmp_path: Path) -> None:
    site = Site(tmp_path)
    (tmp_path / "students.csv").write_text("student_id,first_name\n")
    assert "line 1: not a labelled letter" in site.refusal(2, "evaluate", "students.csv")


def test_the_answers_to_chosen_topics_are_previewed_alone(bare: Site) -> None:
    shown = bare.done("templates", "preview", "question_answered", "--topic", "storage", "--topic", "hesa_ofs")
    assert "University servers" in shown
    assert "Office for\n    Students" in shown
    assert "Supervision" not in shown
    assert "no topic parking" in bare.refusal(2, "templates", "preview", "question_answered", "--topic", "parking")


def test_an_unknown_template_is_refused(bare: Site) -> None:
    assert "farewell" in bare.refusal(2, "templates", "preview", "farewell")


def _set_version(site: Site, version: str) -> None:
    with closing(sqlite3.connect(site.database)) as database, database:
        database.execute("UPDATE alembic_version SET version_num = ?", (version,))


def _checked(site: Site) -> list[dict[str, Any]]:
    finished = site.run("check", "--json")
    assert finished.returncode == 1
    checks = json.loads(finished.stdout)["checks"]
    assert isinstance(checks, list)
    return checks
