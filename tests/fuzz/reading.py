"""One message through everything that reads messages, and what must hold of it whatever its bytes are."""

import json
from dataclasses import asdict

from intake.authenticate import AuthenticationVerdict, authenticate
from intake.parse import Defect, InboundMessage, bounds, parse
from intake.screen import screen

OWN_TEXTS = ("We have stopped using information about you from today on.",)
_OWN = frozenset({"wellbeing@herts.example"})


def read_all(content: bytes) -> InboundMessage:
    """Parse, screen and authenticate `content`; raises AssertionError where what it finds cannot be right."""
    message = parse(content, own_texts=OWN_TEXTS)
    screening = screen(message, own_addresses=_OWN, own_message_domain="herts.example")
    found = authenticate(message, trusted_authserv_ids=("mx.herts.example", ""), trust_tenant=True)
    # No database takes a lone surrogate or, in PostgreSQL, a NUL.
    written = json.dumps(asdict(message), default=str, ensure_ascii=False)
    written.encode()
    for text in (message.new_text, message.quoted_text, message.signature, message.nested_text, message.hidden_text):
        assert len(text) <= bounds.TEXT
        assert "\x00" not in text
    assert "\\u0000" not in json.dumps(message.subject)
    assert len(message.headers) <= bounds.HEADER_FIELDS
    assert len(message.recipients) <= bounds.ADDRESSES
    # Unreadable means a reason, never silence.
    assert message.new_text or Defect.NO_TEXT in message.defects
    assert screening.may_reply is not bool(screening.reasons)
    if found.verdict is AuthenticationVerdict.PASS:
        assert message.originator is not None
    return message
