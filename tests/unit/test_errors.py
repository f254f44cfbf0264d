"""Why a connection failed is said in the system's words, and never in the other side's."""

import errno
import os
import smtplib
import socket
import ssl

import pytest

from intake.errors import why_cut


def _of_tls() -> ssl.SSLError:
    error = ssl.SSLError(1, "words of the other side")
    error.reason = "WRONG_VERSION_NUMBER"
    return error


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "words"), os.strerror(errno.ECONNREFUSED).lower()),
        (OSError(errno.EHOSTUNREACH, "words"), os.strerror(errno.EHOSTUNREACH).lower()),
        (socket.gaierror(socket.EAI_NONAME, "words"), "its name is not known here"),
        (_of_tls(), "TLS failed: wrong version number"),
        (smtplib.SMTPConnectError(554, b"words of the other side"), "SMTPConnectError"),
        (smtplib.SMTPServerDisconnected("words of the other side"), "SMTPServerDisconnected"),
        (OSError("words of the other side"), "OSError"),
        (ValueError("words of the other side"), "ValueError"),
    ],
)
def test_a_failed_connection_is_explained(error: Exception, says: str) -> None:
    assert why_cut(error) == says
