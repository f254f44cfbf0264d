"""What can go wrong, sorted by what helps: time (`Transient`) or a person (`Permanent`)."""

import os
import socket
import ssl


class IntakeError(Exception):
    """Root of everything this project raises. Its message is one line that says what to do."""


class Transient(IntakeError):
    """Time can mend it: try again later, with back-off."""


class Permanent(IntakeError):
    """Only a person can mend it: trying again changes nothing."""


class CallRefused(Permanent):
    """The call or the configuration is wrong (exit status 2)."""


class ConfigurationRefused(CallRefused):
    """A configuration key is missing, unknown or malformed."""


class KeyRefused(CallRefused):
    """The master key is missing, short, readable by others, or does not open this database."""


class TemplateRefused(CallRefused):
    """A reply template does not parse, or asks for a field that does not exist."""


class SchemaRefused(Permanent):
    """The database's schema is older (run `db upgrade`) or newer than this program."""


class DatabaseUnavailable(Transient):
    """The database cannot be reached or is locked beyond patience."""


class MailboxUnavailable(Transient):
    """The IMAP server cannot be reached, timed out, or broke off."""


class MailboxRefused(Permanent):
    """The IMAP server refused our credentials, or the folder is not there."""


class LeaseLost(Transient):
    """Another worker took over while this one slept: what it had in hand is the other's now."""


class SmtpUnavailable(Transient):
    """The SMTP server cannot be reached or asked us to come back later."""


class SmtpRefused(Permanent):
    """The SMTP server refused our credentials or the message for good."""


class AlreadyAnswered(Transient):
    """A question to a registered address was answered by another message at the same moment."""


class SourceRefused(Permanent):
    """The university's own student database cannot be read, or would change too much at once."""


class NotFound(IntakeError):
    """No such student, case or arrival (exit status 1)."""


def why_cut(error: Exception) -> str:
    """Say in the system's words why a connection failed, without anything that the other side wrote."""
    if isinstance(error, socket.gaierror):
        return "its name is not known here"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed: {(error.reason or type(error).__name__).replace('_', ' ').lower()}"
    # The errors of smtplib are OSErrors too, but carry no errno of the system.
    if isinstance(error, OSError) and type(error).__module__ == "builtins" and error.errno:
        return os.strerror(error.errno).lower()
    return type(error).__name__
