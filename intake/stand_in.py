"""Stand-ins: what a server gives in place of a message that it cannot convert, or has not scanned yet (Exchange)."""

import re

from intake.parse import Defect, parse

#: without one of these no stand-in is known, and the message need not be read to see that
_HINT = re.compile(rb"retriev|scan.{0,3}in.{0,3}progress", re.I)


def is_stand_in(content: bytes) -> bool:
    """Say whether these bytes are a stand-in: nothing at all, or a text that says that the message is not to be had."""
    if not content.strip():
        return True
    return bool(_HINT.search(content)) and Defect.PLACEHOLDER in parse(content).defects
