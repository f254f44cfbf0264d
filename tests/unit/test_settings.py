"""Settings: what is wrong is named, with the file and the nearest right key."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from intake.errors import ConfigurationRefused
from intake.places import config_folder
from intake.settings import Settings, known_keys, load, settings_from
from intake.vocabulary import Mode

NEEDED: dict[str, Any] = {
    "service": {"address": "wellbeing@herts.example", "duty_address": "duty@herts.example"},
    "mailbox": {"host": "imap.herts.example", "username": "wellbeing@herts.example"},
    "smtp": {"host": "smtp.herts.example"},
    "encryption": {"key_file": "secrets/key"},
}


def settings(folder: Path, environment: dict[str, str] | None = None, **sections: dict[str, Any]) -> Settings:
    values = {name: {**NEEDED.get(name, {}), **sections.get(name, {})} for name in {*NEEDED, *sections}}
    return settings_from(values, folder / "wellbeing-intake.toml", environment or {})


def test_the_needed_keys_are_enough_and_the_safe_mode_is_the_default(tmp_path: Path) -> None:
    found = settings(tmp_path)
    assert found.service.mode is Mode.ASSIST
    assert (found.mailbox.port, found.mailbox.security) == (993, "tls")
    assert (found.smtp.port, found.smtp.security) == (587, "starttls")


@pytest.mark.parametrize(
    "key", ["service.address", "mailbox.host", "mailbox.username", "smtp.host", "encryption.key_file"]
)
def test_a_missing_key_is_named(tmp_path: Path, key: str) -> None:
    section, _, name = key.partition(".")
    values = {one: {k: v for k, v in keys.items() if (one, k) != (section, name)} for one, keys in NEEDED.items()}
    with pytest.raises(ConfigurationRefused, match=f"{key}: is required"):
        settings_from(values, tmp_path / "wellbeing-intake.toml", {})


def test_an_unknown_key_is_named_with_the_nearest_right_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationRefused, match=r"mailbox\.hots: no such key; did you mean mailbox\.host\?"):
        settings(tmp_path, mailbox={"hots": "imap.herts.example"})


def test_an_unknown_section_is_named_with_the_nearest_right_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationRefused, match=r"mailbx: no such key; did you mean mailbox\?"):
        settings(tmp_path, mailbx={"host": "imap.herts.example"})


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("service", "address", "not an address"),
        ("service", "mode", "careful"),
        ("mailbox", "port", 70000),
        ("mailbox", "start", "yesterday"),
        ("mailbox", "security", "ssl3"),
        ("database", "url", "mysql://somewhere"),
        ("replies", "per_person_a_day", -1),
    ],
)
def test_a_malformed_value_is_named(tmp_path: Path, section: str, key: str, value: object) -> None:
    with pytest.raises(ConfigurationRefused, match=f"{section}.{key}: "):
        settings(tmp_path, None, **{section: {key: value}})


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("console", "origin", "http://intake.herts.example"),
        ("console", "origin", "https://intake.herts.example/console"),
        ("console", "origin", "https://somebody@intake.herts.example"),
        ("console", "idle_minutes", 0),
        ("openid", "issuer", "http://idp.herts.example"),
    ],
)
def test_a_console_that_would_not_be_safe_is_refused(tmp_path: Path, section: str, key: str, value: object) -> None:
    with pytest.raises(ConfigurationRefused, match=f"{section}.{key}: "):
        settings(tmp_path, None, **{section: {key: value}})


def test_the_secret_of_the_university_sign_in_comes_from_its_own_file(tmp_path: Path) -> None:
    (tmp_path / "openid").write_text("s3cret\n", encoding="utf-8")
    openid = {"issuer": "https://idp.herts.example", "client_id": "intake", "officer": ["wellbeing"]}
    found = settings(tmp_path, openid={**openid, "client_secret_file": "openid"})
    assert found.openid.client_secret.get_secret_value() == "s3cret"
    assert "s3cret" not in repr(found)


def test_a_university_sign_in_without_roles_lets_nobody_in_and_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationRefused, match="name at least one value of the role claim"):
        settings(tmp_path, openid={"issuer": "https://idp.herts.example", "client_id": "intake"})


def test_nothing_is_sent_in_clear_over_a_network(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationRefused, match="loopback"):
        settings(tmp_path, smtp={"security": "none"})
    assert settings(tmp_path, smtp={"security": "none", "host": "127.0.0.1"}).smtp.security == "none"


def test_the_environment_goes_over_the_file(tmp_path: Path) -> None:
    environment = {
        "WELLBEING_INTAKE__MAILBOX__HOST": "other.herts.example",
        "WELLBEING_INTAKE__MAILBOX__PORT": "143",
        "WELLBEING_INTAKE__MAILBOX__TRUSTED_AUTHSERV_IDS": '["mx.herts.example", ""]',
    }
    found = settings(tmp_path, environment)
    assert (found.mailbox.host, found.mailbox.port) == ("other.herts.example", 143)
    assert found.mailbox.trusted_authserv_ids == ("mx.herts.example", "")


def test_an_unknown_key_in_the_environment_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationRefused, match=r"smtp\.hosst: no such key"):
        settings(tmp_path, {"WELLBEING_INTAKE__SMTP__HOSST": "x"})


def test_a_secret_comes_from_its_own_file_relative_to_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "mailbox").write_text("p4ss wörd\n", encoding="utf-8")
    found = settings(tmp_path, mailbox={"password_file": "secrets/mailbox"})
    assert found.mailbox.password.get_secret_value() == "p4ss wörd"
    assert "p4ss" not in repr(found)


def test_a_missing_secret_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationRefused, match=r"smtp\.password_file: .*nowhere cannot be read: No such file"):
        settings(tmp_path, smtp={"password_file": "nowhere"})


def test_a_secret_given_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "p").write_text("x")
    with pytest.raises(ConfigurationRefused, match="both given"):
        settings(tmp_path, mailbox={"password_file": "p", "password": "y"})


def test_relative_paths_start_at_the_file(tmp_path: Path) -> None:
    found = settings(tmp_path)
    assert found.encryption.key_file == tmp_path / "secrets" / "key"
    assert found.database.url == f"sqlite:///{tmp_path}/wellbeing-intake.db"


def test_a_file_that_is_not_there_or_not_toml_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationRefused, match=r"nowhere\.toml is not there"):
        load(tmp_path / "nowhere.toml", {})
    (tmp_path / "broken.toml").write_text("[service\n")
    with pytest.raises(ConfigurationRefused, match=r"broken.toml is not TOML: .*line 1"):
        load(tmp_path / "broken.toml", {})


def default_toml_paragraphs() -> dict[str, str]:
    """Each key of config/default.toml with the comment above it."""
    section, comment, found = "", "", {}
    for line in (config_folder() / "default.toml").read_text(encoding="utf-8").splitlines():
        header = re.fullmatch(r"(?:#: )?\[{1,2}(\w+)\]{1,2}", line)
        key = re.match(r"(?:#: )?(\w+) = ", line)
        if header:
            section, comment = header[1], ""
        elif key:
            found[f"{section}.{key[1]}"] = comment
            comment = ""
        elif line.startswith("#"):
            comment += line
        else:
            comment = ""
    return found


def test_the_default_file_explains_every_key_above_it() -> None:
    explained = default_toml_paragraphs()
    assert set(explained) == set(known_keys())
    assert [key for key, comment in explained.items() if len(comment) < 15] == []


def test_the_default_file_gives_the_true_defaults(tmp_path: Path) -> None:
    text = (config_folder() / "default.toml").read_text(encoding="utf-8")
    written = tomllib.loads(text)
    standing = settings(tmp_path).model_dump(mode="json")
    for section, keys in written.items():
        for key, value in keys.items():
            if key not in ("password", "client_secret", "url"):
                assert standing[section][key] == value, f"{section}.{key}"


def test_the_default_file_with_its_examples_is_a_whole_configuration(tmp_path: Path) -> None:
    text = (config_folder() / "default.toml").read_text(encoding="utf-8")
    whole = "\n".join(
        line.removeprefix("#: ") for line in text.splitlines() if "_file = " not in line or "key_file" in line
    )
    (tmp_path / "wellbeing-intake.toml").write_text(whole, encoding="utf-8")
    assert load(tmp_path / "wellbeing-intake.toml", {}).mailbox.host == "imap.university.example"


TOLD = {"name": "placements", "purposes": ["third_party_sharing"]}
SECRET = "s" * 24


def noticed(folder: Path, *notices: dict[str, Any]) -> Settings:
    return settings_from({**NEEDED, "notices": list(notices)}, folder / "wellbeing-intake.toml", {})


def test_who_is_told_of_a_change_is_told_one_way(tmp_path: Path) -> None:
    (tmp_path / "s").write_text(SECRET + "\n")
    mail, call = noticed(
        tmp_path,
        {**TOLD, "address": "placements@herts.example"},
        {**TOLD, "name": "extract", "url": "https://stats.herts.example/consent", "secret_file": "s"},
    ).notices
    assert (mail.address, mail.url) == ("placements@herts.example", "")
    assert call.secret.get_secret_value() == SECRET
    assert SECRET not in repr(call)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({}, "either address or url"),
        ({"address": "a@herts.example", "url": "https://x.example", "secret": SECRET}, "either address or url"),
        ({"url": "http://stats.herts.example/", "secret": SECRET}, "https"),
        ({"url": "https://stats.herts.example/"}, "secret of 24"),
        ({"url": "https://stats.herts.example/", "secret": "short"}, "secret of 24"),
        ({"address": "nobody"}, "not an e-mail address"),
        ({"address": "a@herts.example", "purposes": []}, "purposes"),
        ({"address": "a@herts.example", "purposes": ["parking"]}, "purposes"),
        ({"address": "a@herts.example", "name": "No Spaces"}, "name"),
        ({"adress": "a@herts.example"}, r"notices\.0\.adress: no such key"),
        ({"url": "https://x.example/", "secret_file": "nowhere"}, r"notices\.secret_file: .*nowhere cannot be read"),
    ],
)
def test_a_malformed_notice_is_refused(tmp_path: Path, changes: dict[str, Any], why: str) -> None:
    with pytest.raises(ConfigurationRefused, match=why):
        noticed(tmp_path, {**TOLD, **changes})


def test_two_notices_of_one_name_are_refused(tmp_path: Path) -> None:
    one = {**TOLD, "address": "a@herts.example"}
    with pytest.raises(ConfigurationRefused, match="same name"):
        noticed(tmp_path, one, one)


def test_loopback_may_be_told_in_clear(tmp_path: Path) -> None:
    (one,) = noticed(tmp_path, {**TOLD, "url": "http://127.0.0.1:8080/consent", "secret": SECRET}).notices
    assert one.url.startswith("http:")
