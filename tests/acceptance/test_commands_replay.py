"""Replaying, through the command line alone: what would be done, with nothing stored, sent or changed."""

import mailbox
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.support import SilentPort, Site
from tests.integration.house import QUESTION, WITHDRAWAL, letter

WITHDRAWN_BY_AMINA = letter(WITHDRAWAL)
ASKED_BY_AMINA = letter(QUESTION, number=2)
PARENT = letter(
    "Dear all,\n\nI am the mother of Amina Okafor and I am worried about her. Is she well?\n\nGrace Okafor\n",
    number=3,
    sender="grace@post.example",
)


@pytest.fixture(scope="module")
def silent_port() -> "Any":
    port = SilentPort()
    yield port
    port.close()


@pytest.fixture(scope="module")
def keyless(tmp_path_factory: pytest.TempPathFactory, silent_port: SilentPort) -> Site:
    """A configuration and nothing else; nobody may call at its servers."""
    site = Site(tmp_path_factory.mktemp("keyless"))
    site.configure(silent_port.port, silent_port.port)
    return site


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory, silent_port: SilentPort) -> Site:
    """An installation that knows two students."""
    site = Site(tmp_path_factory.mktemp("known"))
    site.configure(silent_port.port, silent_port.port)
    site.make_key()
    site.import_students()
    return site


def test_replay_without_database_and_key_creates_nothing(keyless: Site, silent_port: SilentPort) -> None:
    folder = keyless.folder / "one"
    folder.mkdir()
    (folder / "a.eml").write_bytes(WITHDRAWN_BY_AMINA)
    before = sorted(keyless.folder.rglob("*"))
    (result,) = keyless.rows("replay", "one/a.eml")
    assert result["match"] == {"student_id": None, "probability": 0.0, "candidates": []}
    assert result["decision"]["disposition"] == "triage"
    assert sorted(keyless.folder.rglob("*")) == before
    assert not silent_port.was_touched()


def test_a_path_that_does_not_exist_is_refused(keyless: Site) -> None:
    assert "nowhere.eml" in keyless.refusal(2, "replay", "nowhere.eml", "--json")
    assert "PATHS" in keyless.refusal(2, "replay", "--json")


def test_every_kind_of_place_is_read(keyless: Site) -> None:
    _lay_out(keyless.folder)
    found = [one["source"] for one in keyless.rows("replay", "folder", "box.mbox", "Maildir", "folder/b.eml")]
    assert found[:2] == ["folder/b.eml", "folder/deeper/a.eml"]
    assert found[2:4] == ["box.mbox#1", "box.mbox#2"]
    assert sorted(Path(one).parent.name for one in found[4:6]) == ["cur", "new"]
    assert found[6:] == ["folder/b.eml"]


def test_an_empty_place_gives_nothing(keyless: Site) -> None:
    (keyless.folder / "empty").mkdir()
    (keyless.folder / "empty.mbox").touch()
    assert keyless.done("replay", "empty", "empty.mbox", "--json") == ""


def test_what_cannot_be_read_is_a_result(keyless: Site) -> None:
    unreadable = {
        "empty.eml": b"",
        "noise.eml": bytes(range(256)) * 40,
        "headless.eml": b"\r\n\r\nno header at all",
        "charset.eml": b"From: a@b.example\r\nContent-Type: text/plain; charset=x-none\r\n\r\n\xff\xfe\x00\x81",
        "base64.eml": b"From: a@b.example\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!",
        "multipart.eml": b"From: a@b.example\r\nContent-Type: multipart/mixed\r\n\r\n--x\r\n",
        "nul.eml": b"From: a@b.example\r\nSubject: \x00\r\n\r\n\x00\x00 hello",
        "twofrom.eml": b"From: a@b.example\r\nFrom: c@d.example\r\nMessage-ID: \r\n\r\nHello",
    }
    folder = keyless.folder / "unreadable"
    folder.mkdir()
    for name, content in unreadable.items():
        (folder / name).write_bytes(content)
    results = {Path(one["source"]).name: one for one in keyless.rows("replay", "unreadable")}
    assert set(results) == set(unreadable)
    for result in results.values():
        _fits_the_contract(result)
    assert results["twofrom.eml"]["sender"]["address"] is None
    assert results["twofrom.eml"]["message_id"] is None


def test_every_key_of_a_result_is_there(known: Site) -> None:
    folder = known.folder / "letters"
    folder.mkdir()
    for name, content in (("1.eml", WITHDRAWN_BY_AMINA), ("2.eml", ASKED_BY_AMINA), ("3.eml", PARENT)):
        (folder / name).write_bytes(content)
    withdrawal, question, parent = known.rows("replay", "letters")
    for result in (withdrawal, question, parent):
        _fits_the_contract(result)
    assert withdrawal["decision"]["disposition"] == "apply"
    assert withdrawal["sender"] == {
        **withdrawal["sender"],
        "address": "ab23xyz@student.herts.example",
        "authenticated": True,
    }
    assert withdrawal["match"]["student_id"] == "23529452"
    assert withdrawal["match"]["candidates"][0]["evidence"]
    assert withdrawal["outgoing"][0]["template"] == "withdrawal_acknowledged"
    assert withdrawal["outgoing"][0]["to"] == "ab23xyz@student.herts.example"
    assert question["decision"]["disposition"] == "answer"
    assert question["classification"]["scope"] == []
    assert parent["decision"]["disposition"] == "triage"
    assert parent["match"]["student_id"] is None
    assert parent["match"]["candidates"] == []


def test_replaying_changes_nothing(known: Site) -> None:
    (known.folder / "again.eml").write_bytes(WITHDRAWN_BY_AMINA)
    first, second = (known.rows("replay", "again.eml") for _ in range(2))
    assert first[0]["decision"] == second[0]["decision"]
    assert known.rows("arrivals", "list") == known.rows("consent", "export") == known.rows("outbox", "list") == []


def test_without_json_one_line_a_message_is_printed(known: Site) -> None:
    (known.folder / "plain.eml").write_bytes(WITHDRAWN_BY_AMINA)
    finished = known.run("replay", "plain.eml")
    assert finished.stdout.startswith("plain.eml  apply")
    assert len(finished.stdout.splitlines()) == 1


def _lay_out(folder: Path) -> None:
    (folder / "folder" / "deeper").mkdir(parents=True)
    (folder / "folder" / "b.eml").write_bytes(PARENT)
    (folder / "folder" / "deeper" / "a.eml").write_bytes(PARENT)
    (folder / "folder" / "notes.txt").write_text("not a message")
    box = mailbox.mbox(folder / "box.mbox")
    maildir = mailbox.Maildir(folder / "Maildir")
    for content in (ASKED_BY_AMINA, PARENT):
        box.add(content)
        maildir.add(content)
    box.close()
    seen, message = next(iter(maildir.items()))
    message.set_subdir("cur")
    maildir[seen] = message
    maildir.close()


def _fits_the_contract(result: dict[str, Any]) -> None:
    """Check every key of the result that CONTRACT.md names, and its type."""
    assert isinstance(result["source"], str)
    assert result["message_id"] is None or result["message_id"].startswith("<")
    assert isinstance(result["visible_text"], str)
    screening, sender, match, decision = (result[key] for key in ("screening", "sender", "match", "decision"))
    assert isinstance(screening["automated"], bool)
    assert isinstance(screening["may_reply"], bool)
    assert screening["reason"] is None or isinstance(screening["reason"], str)
    assert sender["address"] is None or "@" in sender["address"]
    assert isinstance(sender["assurance"], int)
    assert sender["authenticated"] is (sender["assurance"] >= 2)
    assert match["student_id"] is None or isinstance(match["student_id"], str)
    assert isinstance(match["probability"], float)
    assert match["student_id"] is not None or (match["probability"], match["candidates"]) == (0.0, [])
    for candidate in match["candidates"]:
        assert isinstance(candidate["student_id"], str)
        assert isinstance(candidate["probability"], float)
        assert all(isinstance(one, str) for one in candidate["evidence"])
    assert isinstance(decision["disposition"], str)
    assert decision["reasons"]
    assert all(reason == reason.lower() and " " not in reason for reason in decision["reasons"])
    if result["classification"] is not None:
        _reading_fits(result["classification"])
    for outgoing in result["outgoing"]:
        assert all(isinstance(outgoing[key], str) for key in ("template", "to", "subject", "body"))


def _reading_fits(reading: dict[str, Any]) -> None:
    probabilities = [one["probability"] for one in reading["intents"]]
    assert probabilities == sorted(probabilities, reverse=True)
    assert all(isinstance(one["name"], str) for one in reading["intents"])
    withdrawal = any(one["name"] == "consent_withdrawal" for one in reading["intents"])
    assert withdrawal or reading["scope"] == []
    assert isinstance(reading["urgent"]["flag"], bool)
    assert isinstance(reading["urgent"]["evidence"], list)
    assert isinstance(reading["language"], str)
    assert isinstance(reading["evidence"], list)
