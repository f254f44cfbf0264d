"""Language in, `Classification` out: what a letter asks, of whom, and whether a person must read it now.

Knows nothing of mail, databases or `intake`.
"""

from classifiers.classification import (
    Abstention,
    AuthorRole,
    Classification,
    Intent,
    IntentReading,
    Letter,
    Scope,
    Urgency,
    Veto,
)

__all__ = [
    "Abstention",
    "AuthorRole",
    "Classification",
    "Intent",
    "IntentReading",
    "Letter",
    "Scope",
    "Urgency",
    "Veto",
]
