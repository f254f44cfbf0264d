"""Stand-ins: what a server gives in place of a message that it cannot convert, or has not scanned yet (Exchange)."""

import re

from intake.parse import Defect, parse

#: without one of these no stand-in is known, and the message need not be read to see that
_HINT = re.compile(rb"retriev|scan.{0,3}in.{0,3}progress", re.I)


def is_stand_in(content: bytes, size: int) -> bool:
    """Say whether these bytes stand in for a message of `size`: none, or a text that says that it is not to be had."""
    if not content.strip():
        # A message that is empty by its size as well is no stand-in: somebody sent nothing.
        return size > len(content)
    return bool(_HINT.search(content)) and Defect.PLACEHOLDER in parse(content).defects
