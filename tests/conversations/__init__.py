"""Whole conversations, through a real mailbox and real SMTP."""

import pytest

# Their assertions are told in full, as those of test files are.
pytest.register_assert_rewrite("tests.conversations.stage", "tests.conversations.promises")
