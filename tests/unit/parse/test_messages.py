"""A mail is a pair: what stands in the `.toml` is what must be found in the `.eml`.

Unnamed means ordinary: not automated, may be answered, no reasons, no defects, no signs, nothing failed.
"""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from intake.authenticate import authenticate
from intake.parse import InboundMessage, parse
from intake.screen import screen

MESSAGES = Path(__file__).parents[2] / "messages"
PAIRS = sorted(path.stem for path in MESSAGES.glob("*.eml") if path.with_suffix(".toml").exists())
OWN_TEXTS = (
    "You do not have to give a reason, and it does not change your right to support from us.\n"
    "If there is a serious risk to your safety or to somebody else's, we may still have to tell others.\n",
)


@pytest.fixture(params=PAIRS)
def pair(request: pytest.FixtureRequest) -> tuple[InboundMessage, dict[str, Any]]:
    content = (MESSAGES / f"{request.param}.eml").read_bytes()
    expected = tomllib.loads((MESSAGES / f"{request.param}.toml").read_text(encoding="utf-8"))
    return parse(content, own_texts=OWN_TEXTS), expected


def test_the_words_are_whose_they_are(pair: tuple[InboundMessage, dict[str, Any]]) -> None:
    message, expected = pair
    if "new_text" in expected:
        assert message.new_text == expected["new_text"]
    assert message.subject == expected.get("subject", message.subject)
    for name, text in (
        ("new_text", message.new_text),
        ("quoted", message.quoted_text),
        ("signature", message.signature),
        ("nested", message.nested_text),
        ("hidden", message.hidden_text),
    ):
        assert [one for one in expected.get(f"{name}_has", []) if one not in text] == []
        assert [one for one in expected.get(f"{name}_has_not", []) if one in text] == []
    assert sorted(message.defects) == sorted(expected.get("defects", []))


def test_the_screening_is_right(pair: tuple[InboundMessage, dict[str, Any]]) -> None:
    message, expected = pair
    found = screen(message, own_addresses=frozenset({"wellbeing@herts.example"}), own_message_domain="herts.example")
    assert found.automated == expected.get("automated", False)
    assert found.may_reply == expected.get("may_reply", True)
    if "reasons" in expected or found.may_reply:
        assert list(found.reasons) == expected.get("reasons", [])
    assert list(found.failed_message_ids) == expected.get("failed_message_ids", [])


def test_the_authentication_is_right(pair: tuple[InboundMessage, dict[str, Any]]) -> None:
    message, expected = pair
    found = authenticate(message, trusted_authserv_ids=("mx.herts.example", ""))
    assert found.verdict == expected["verdict"]
    assert list(found.signs) == expected.get("signs", [])
    assert found.authserv_id == expected.get("authserv_id", found.authserv_id)
