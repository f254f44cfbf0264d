"""Reads bytes into an `InboundMessage`."""

from intake.parse.message import InboundMessage


def parse(content: bytes, *, own_texts: tuple[str, ...] = ()) -> InboundMessage:
    """Read a message. Never raises; what cannot be read is a defect.

    `own_texts`: our own templates and the published policy; text identical to them, white space aside, is dropped from
    `quoted_text`, so that our words are not searched for urgency. Words added inside are kept.
    """
    raise NotImplementedError
