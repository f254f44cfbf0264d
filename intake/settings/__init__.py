"""Settings: read once, frozen, passed down."""

from intake.settings.loading import ENVIRONMENT_PREFIX, known_keys, load, settings_from
from intake.settings.sections import (
    Alerts,
    Console,
    Database,
    Encryption,
    Mailbox,
    Notice,
    OpenId,
    Replies,
    Service,
    Settings,
    Smtp,
    Students,
    Worker,
)

__all__ = [
    "ENVIRONMENT_PREFIX",
    "Alerts",
    "Console",
    "Database",
    "Encryption",
    "Mailbox",
    "Notice",
    "OpenId",
    "Replies",
    "Service",
    "Settings",
    "Smtp",
    "Students",
    "Worker",
    "known_keys",
    "load",
    "settings_from",
]
