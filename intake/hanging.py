"""Ending a process that hangs: from C, without Python's lock, which a runaway regular expression never gives back."""

import contextlib
import faulthandler
from collections.abc import Iterator

_STANDARD_ERROR = 2


@contextlib.contextmanager
def ended_after(limit_s: float) -> Iterator[None]:
    """End this process, status 1, if the block takes longer; where it hung stands on standard error, without words.

    One block at a time in a process.
    """
    faulthandler.dump_traceback_later(limit_s, exit=True, file=_STANDARD_ERROR)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
