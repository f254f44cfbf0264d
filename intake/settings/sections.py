"""The configuration's sections and keys, each with its default and what it may hold (see config/default.toml)."""

import re
from datetime import UTC, date, datetime, time
from functools import cached_property
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from intake.vocabulary import Mode, Purpose

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_SHORTEST_SECRET = 24


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
