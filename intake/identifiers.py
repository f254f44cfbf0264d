"""Identifiers: opaque ids, case references, and who this process is."""

import os
import secrets
import socket
from pathlib import Path

_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id(prefix: str) -> str:
    """Make an opaque id such as `a-3k9…`: 100 random bits in Crockford base32."""
    return f"{prefix}-{_base32(20)}"


def new_reference() -> str:
    """Make a case reference: `W-` and 12 random Crockford base32 characters (60 bits), unguessable."""
    return f"W-{_base32(12).upper()}"


def this_process() -> str:
    """Name this process so that others can tell whether it lives: `host/pid/start`, 38 characters at most."""
    return f"{socket.gethostname()[:18]}/{os.getpid()}/{_start_time(os.getpid())}"


def beside(holder: str) -> str:
    """Name a second hand of the process `holder`, whose claims are its own."""
    return f"{holder}/a"


def is_dead(holder: str) -> bool:
    """Say whether `holder` (of `this_process`) was a process of this machine that lives no more."""
    host, _, rest = holder.partition("/")
    pid, _, start = rest.partition("/")
    if host != socket.gethostname()[:18] or not pid.isdigit():
        return False
    return _start_time(int(pid)) != start.partition("/")[0]


def _start_time(pid: int) -> str:
    # proc(5): field 22 of /proc/PID/stat, in clock ticks since boot; "-" where there is no such process (or no /proc),
    # or only what is left of one until its parent asks for it (field 3 is Z).
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return "-"
    return "-" if not fields or fields[0] in "ZX" else fields[19]


def _base32(length: int) -> str:
    return "".join(secrets.choice(_CROCKFORD) for _ in range(length))
