"""Language in, `Classification` out: what a letter asks, of whom, and whether a person must read it now.

Knows nothing of mail, databases or `intake`.
"""

from typing import TYPE_CHECKING, Any

from classifiers.classification import (
    Abstention,
    AuthorRole,
    Classification,
    Intent,
    IntentReading,
    Letter,
    Obstacle,
    Scope,
    Urgency,
    Veto,
)

if TYPE_CHECKING:
    from classifiers.reader import Reader, load

__all__ = [
    "Abstention",
    "AuthorRole",
    "Classification",
    "Intent",
    "IntentReading",
    "Letter",
    "Obstacle",
    "Reader",
    "Scope",
    "Urgency",
    "Veto",
    "load",
]


def __getattr__(name: str) -> Any:
    """Import the reader, and spaCy and onnxruntime with it, when it is asked for: values and training need neither."""
    if name not in ("Reader", "load"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from classifiers import reader  # noqa: PLC0415

    return getattr(reader, name)
