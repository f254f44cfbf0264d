"""Bytes in, `InboundMessage` out. Nothing a message can contain makes this raise."""

from intake.parse.message import Address, Attachment, Defect, InboundMessage
from intake.parse.reading import parse

__all__ = ["Address", "Attachment", "Defect", "InboundMessage", "parse"]
