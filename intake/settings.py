"""Settings: a TOML file, the environment over it, secrets from files of their own. Frozen, read once, passed down."""

import difflib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self, get_args
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator

from intake.errors import ConfigurationRefused
from intake.vocabulary import Mode, Purpose

ENVIRONMENT_PREFIX = "WELLBEING_INTAKE__"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_SHORTEST_SECRET = 24
#: the keys that hold a secret, by section: each can be given as `KEY_file` too
_SECRETS = {
    "mailbox": "password",
    "smtp": "password",
    "students": "url",
    "openid": "client_secret",
    "notices": "secret",
}


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


def _address(value: str) -> str:
    local, at, domain = value.rpartition("@")
    if not (local and at and domain) or any(one.isspace() for one in value):
        raise ValueError("is not an e-mail address")
    return value


class Service(_Section):
    """Who we are, and how much is done alone."""

    name: str = "Student Wellbeing"
    organisation: str = "the University"
    address: str
    duty_address: str
    mode: Mode = Mode.ASSIST
    telephone: str = ""
    security_telephone: str = ""
    policy_url: str = ""
    complaints_address: str = ""
    postal_address: str = ""
    retention: str = ""

    @field_validator("address", "duty_address")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        return _address(value)


class _Server(_Section):
    host: str
    security: Literal["tls", "starttls", "none"]
    username: str = ""
    password: SecretStr = SecretStr("")
    ca_file: Path | None = None
    timeout_s: float = Field(default=60, gt=0, le=600)

    @model_validator(mode="after")
    def _clear_text_stays_on_this_machine(self) -> Self:
        if self.security == "none" and self.host not in _LOOPBACK:
            raise ValueError('security: "none" is for loopback only; use "tls" or "starttls"')
        return self


class Mailbox(_Server):
    """The mailbox that is read."""

    port: int = Field(default=993, ge=1, le=65535)
    security: Literal["tls", "starttls", "none"] = "tls"
    auth: Literal["password", "microsoft365", "google"] = "password"
    username: str
    folder: str = "INBOX"
    handled_folder: str = "Handled"
    sent_folder: str = ""
    start: str = "now"
    trusted_authserv_ids: tuple[str, ...] = ()
    trust_tenant: bool = False
    batch_messages: int = Field(default=50, ge=1, le=1000)
    batch_bytes: int = Field(default=8_000_000, ge=1_000)
    max_message_bytes: int = Field(default=40_000_000, ge=10_000)
    cycle_s: float = Field(default=900, gt=0)
    idle: bool = True

    @field_validator("start")
    @classmethod
    def _names_a_moment(cls, value: str) -> str:
        if value not in ("now", "all"):
            try:
                date.fromisoformat(value)
            except ValueError as error:
                raise ValueError('is neither "now", "all" nor a date such as "2026-09-01"') from error
        return value

    @cached_property
    def start_at(self) -> datetime | None:
        """From which arrival on mail is worked; None where `start` is `now` or `all`."""
        if self.start in ("now", "all"):
            return None
        return datetime.combine(date.fromisoformat(self.start), time(), UTC)


class Smtp(_Server):
    """The server that takes our replies."""

    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["tls", "starttls", "none"] = "starttls"
    auth: Literal["password", "none", "microsoft365", "google"] = "password"


class Database(_Section):
    """Where everything is kept."""

    url: str = "sqlite:///wellbeing-intake.db"

    @field_validator("url")
    @classmethod
    def _is_sqlite_or_postgresql(cls, value: str) -> str:
        if not value.startswith(("sqlite:///", "postgresql+psycopg://")):
            raise ValueError('starts with neither "sqlite:///" nor "postgresql+psycopg://"')
        return value


class Encryption(_Section):
    """The master key."""

    key_file: Path


class Replies(_Section):
    """How often the service may write by itself."""

    per_person_a_day: int = Field(default=3, ge=0)
    all_an_hour: int = Field(default=200, ge=0)
    oldest_hours: float = Field(default=24, gt=0)
    confirmation_days: int = Field(default=14, ge=1, le=60)


class Alerts(_Section):
    """Who is alerted after the duty address, and when."""

    next_addresses: tuple[str, ...] = ()
    out_of_hours_addresses: tuple[str, ...] = ()
    opens: str = "09:00"
    closes: str = "17:00"
    repeat_minutes: int = Field(default=10, ge=1, le=1440)
    times_each: int = Field(default=2, ge=1, le=100)

    @field_validator("next_addresses", "out_of_hours_addresses")
    @classmethod
    def _are_addresses(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_address(value) for value in values)

    @field_validator("opens", "closes")
    @classmethod
    def _is_a_time_of_day(cls, value: str) -> str:
        if not re.fullmatch(r"(?:[01]\d|2[0-3]):[0-5]\d|24:00", value):
            raise ValueError('is not a time of day such as "09:00"')
        return value


class Notice(_Section):
    """Somebody who must know of a consent change: told by mail at `address`, or by a signed webhook at `url`."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    purposes: tuple[Purpose, ...] = Field(min_length=1)
    address: str = ""
    url: str = ""
    secret: SecretStr = SecretStr("")

    @field_validator("address")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        return _address(value) if value else value

    @field_validator("url")
    @classmethod
    def _is_safe(cls, value: str) -> str:
        place = urlsplit(value)
        clear = place.scheme == "http" and place.hostname in _LOOPBACK
        if value and not (place.hostname and (place.scheme == "https" or clear)):
            raise ValueError("is not an https address (http is for loopback only)")
        return value

    @model_validator(mode="after")
    def _goes_one_way(self) -> Self:
        if bool(self.address) is bool(self.url):
            raise ValueError(f"{self.name}: give either address or url")
        if self.url and len(self.secret.get_secret_value()) < _SHORTEST_SECRET:
            raise ValueError(f"{self.name}: a webhook needs a secret of {_SHORTEST_SECRET} characters or more")
        return self


class Worker(_Section):
    """The background service's rhythm."""

    poll_every_s: float = Field(default=60, gt=0)
    send_every_s: float = Field(default=5, gt=0)
    lease_s: float = Field(default=300, ge=10)
    message_s: float = Field(default=120, gt=0)
    attempts: int = Field(default=3, ge=1)
    reconcile_every_s: float = Field(default=3600, ge=0)
    canary_every_s: float = Field(default=0, ge=0)
    canary_within_s: float = Field(default=900, gt=0)
    log_format: Literal["text", "json"] = "text"

    @model_validator(mode="after")
    def _work_ends_within_its_claim(self) -> Self:
        if self.message_s >= self.lease_s:
            raise ValueError("message_s: must be shorter than lease_s, or two workers could work one message")
        return self


class Students(_Section):
    """Where the student register comes from, if it is kept in step with a database."""

    url: SecretStr = SecretStr("")
    query: str = ""
    columns: dict[str, str] = {}
    sync_every_h: float = Field(default=24, ge=0)
    most_changed: float = Field(default=0.05, gt=0, le=1)


class Console(_Section):
    """The officers' console."""

    host: str = "127.0.0.1"
    port: int = Field(default=8300, ge=0, le=65535)
    behind_proxy: bool = False
    origin: str = ""
    trusted_proxies: tuple[str, ...] = ("127.0.0.1",)
    idle_minutes: float = Field(default=30, gt=0, le=24 * 60)
    session_hours: float = Field(default=10, gt=0, le=24)
    keep_corrections: bool = False

    @field_validator("origin")
    @classmethod
    def _is_an_https_origin(cls, value: str) -> str:
        if not value:
            return value
        parts = urlsplit(value)
        bare = f"https://{parts.netloc.rpartition('@')[2]}".lower()
        if not parts.hostname or value.rstrip("/") != bare:
            raise ValueError('is not like "https://intake.university.example", without a path')
        return value.rstrip("/")


class OpenId(_Section):
    """The university's own sign-in (OpenID Connect); off while `issuer` is empty."""

    issuer: str = ""
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    role_claim: str = "roles"
    officer: tuple[str, ...] = ()
    lead: tuple[str, ...] = ()
    data_protection_officer: tuple[str, ...] = ()
    administrator: tuple[str, ...] = ()

    @field_validator("issuer")
    @classmethod
    def _is_not_in_clear(cls, value: str) -> str:
        parts = urlsplit(value)
        loopback = parts.scheme == "http" and parts.hostname in _LOOPBACK
        if value and not (parts.scheme == "https" and parts.hostname) and not loopback:
            raise ValueError('is not an "https://" address')
        return value

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.issuer and not self.client_id:
            raise ValueError("client_id: is required with an issuer")
        if self.issuer and not any((self.officer, self.lead, self.data_protection_officer, self.administrator)):
            raise ValueError("officer: name at least one value of the role claim, for this or another role")
        return self


class Settings(_Section):
    """The whole configuration."""

    service: Service
    mailbox: Mailbox
    smtp: Smtp
    database: Database = Database()
    encryption: Encryption
    replies: Replies = Replies()
    alerts: Alerts = Alerts()
    notices: tuple[Notice, ...] = ()
    students: Students = Students()
    worker: Worker = Worker()
    console: Console = Console()
    openid: OpenId = OpenId()

    @field_validator("notices")
    @classmethod
    def _have_names_of_their_own(cls, values: tuple[Notice, ...]) -> tuple[Notice, ...]:
        names = [one.name for one in values]
        if len(set(names)) < len(names):
            raise ValueError("two have the same name")
        return values


def load(path: Path | None, environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the configuration: `path`, else `$WELLBEING_INTAKE_CONFIG`, else `./wellbeing-intake.toml`.

    Raises `ConfigurationRefused`, naming the file, the key and the nearest right key.
    """
    path = path or Path(environment.get("WELLBEING_INTAKE_CONFIG") or "wellbeing-intake.toml")
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigurationRefused(
            f"no configuration: {path} is not there; copy config/default.toml and give it with --config"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationRefused(f"{path} cannot be read") from error
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
        raise ConfigurationRefused(f"{name}.{secret}_file: {path} cannot be read") from error


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
