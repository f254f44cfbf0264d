"""Loading the configuration: a TOML file, the environment over it, secrets from files of their own."""

import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from intake.errors import ConfigurationRefused
from intake.settings.sections import Database, Encryption, Settings

ENVIRONMENT_PREFIX = "WELLBEING_INTAKE__"
#: the keys that hold a secret, by section: each can be given as `KEY_file` too
_SECRETS = {
    "mailbox": "password",
    "smtp": "password",
    "students": "url",
    "openid": "client_secret",
    "notices": "secret",
}


def load(path: Path | None, environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the configuration: `path`, else `$WELLBEING_INTAKE_CONFIG`, else `./wellbeing-intake.toml`.

    Raises `ConfigurationRefused`, naming the file, the key and the nearest right key.
    """
    path = path or Path(environment.get("WELLBEING_INTAKE_CONFIG") or "wellbeing-intake.toml")
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigurationRefused(
            f"no configuration: {path} is not there; README.md has one to begin with, and --config names another"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise ConfigurationRefused(f"{path} cannot be read: {reason}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationRefused(f"{path} is not TOML: {error}") from error
    return settings_from(values, path, environment)


def settings_from(values: Mapping[str, Any], path: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """Check `values` as read from `path`, under the environment's. Raises `ConfigurationRefused`."""
    merged: dict[str, Any] = {name: dict(one) if isinstance(one, dict) else one for name, one in values.items()}
    for section, key, text in _from_environment(environment):
        if not isinstance(merged.setdefault(section, {}), dict):
            raise ConfigurationRefused(f"{path}: {section}: is not a section")
        merged[section][key] = _environment_value(text)
    folder = path.resolve().parent
    for name, keys in merged.items():
        if isinstance(keys, dict):
            merged[name] = _secrets_read(name, keys, folder)
        elif isinstance(keys, list):
            merged[name] = [_secrets_read(name, one, folder) if isinstance(one, dict) else one for one in keys]
    try:
        settings = Settings.model_validate(merged)
    except ValidationError as error:
        raise ConfigurationRefused(f"{path}: {_first_fault(error)}") from error
    return _anchored(settings, folder)


def _from_environment(environment: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    for name, text in environment.items():
        if name.upper().startswith(ENVIRONMENT_PREFIX):
            section, _, key = name[len(ENVIRONMENT_PREFIX) :].lower().partition("__")
            if not key:
                raise ConfigurationRefused(f"{name}: not of the form {ENVIRONMENT_PREFIX}SECTION__KEY")
            yield section, key, text


def _environment_value(text: str) -> Any:
    # A list is written as in TOML: WELLBEING_INTAKE__MAILBOX__TRUSTED_AUTHSERV_IDS='["mx.example"]'.
    if text.startswith("["):
        try:
            return tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            return text
    return text


def _secrets_read(name: str, section: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Replace `password_file` by the `password` that the file holds, and so with each secret."""
    secret = _SECRETS.get(name, "")
    if f"{secret}_file" not in section or not secret:
        return section
    others = {key: value for key, value in section.items() if key != f"{secret}_file"}
    if others.get(secret):
        raise ConfigurationRefused(f"{name}.{secret} and {name}.{secret}_file are both given; keep one")
    path = folder / str(section[f"{secret}_file"])
    try:
        return {**others, secret: path.read_text(encoding="utf-8").rstrip("\r\n")}
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise ConfigurationRefused(f"{name}.{secret}_file: {path} cannot be read: {reason}") from error


def _first_fault(error: ValidationError) -> str:
    faults = error.errors(include_url=False, include_input=False, include_context=False)
    # A key that is required and misspelt is both missing and unknown: the unknown one says what was meant.
    fault = next((one for one in faults if one["type"] == "extra_forbidden"), faults[0])
    key = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        return f"{key}: no such key{_nearest(fault['loc'])}"
    if fault["type"] == "missing":
        return f"{key}: is required"
    return f"{key}: {fault['msg'].removeprefix('Value error, ')}"


def _nearest(location: tuple[int | str, ...]) -> str:
    known = known_keys()
    wrong = ".".join(str(part) for part in location)
    if len(location) == 1:
        known = sorted({key.partition(".")[0] for key in known})
    found = difflib.get_close_matches(wrong, known, n=1, cutoff=0.5)
    return f"; did you mean {found[0]}?" if found else ""


def known_keys() -> list[str]:
    """Every key as `section.key`, secrets' `_file` forms too."""
    keys = []
    for name, section in Settings.model_fields.items():
        # A list of tables (`[[notices]]`) has the keys of its items.
        kind: Any = next(iter(get_args(section.annotation)), section.annotation)
        for key in kind.model_fields:
            keys += [f"{name}.{key}"] + ([f"{name}.{key}_file"] if key == _SECRETS.get(name) else [])
    return keys


def _anchored(settings: Settings, folder: Path) -> Settings:
    """Let every relative path start at the configuration file's folder."""

    def anchored(path: Path | None) -> Path | None:
        return None if path is None else folder / path

    url = settings.database.url
    if url.startswith("sqlite:///") and not url.startswith("sqlite:////") and ":memory:" not in url:
        url = f"sqlite:///{folder / url.removeprefix('sqlite:///')}"
    return settings.model_copy(
        update={
            "mailbox": settings.mailbox.model_copy(update={"ca_file": anchored(settings.mailbox.ca_file)}),
            "smtp": settings.smtp.model_copy(update={"ca_file": anchored(settings.smtp.ca_file)}),
            "database": Database(url=url),
            "encryption": Encryption(key_file=folder / settings.encryption.key_file),
        }
    )
