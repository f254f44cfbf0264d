"""Forms: what was sent, as the words of this house; what is not one of them is a bad request."""

from datetime import UTC, datetime
from typing import Any

from starlette.exceptions import HTTPException

from classifiers import Intent
from intake.clocks import LONDON
from intake.officers import Channel, Reading, Said
from intake.vocabulary import Purpose

_LONGEST = 20_000


def word(words: Any, text: str) -> Any:
    """Give the member of an enumeration that `text` is; anything else is a bad request (400)."""
    try:
        return words(text)
    except ValueError:
        raise HTTPException(400) from None


class Form:
    """What was sent, as the words of this house; what is not one of them is a bad request (400)."""

    def __init__(self, values: Any) -> None:
        """Take the form's fields."""
        self._values = values

    def text(self, name: str) -> str:
        """Give a field's text, bounded."""
        value = self._values.get(name, "")
        # PostgreSQL takes no NUL in a text.
        return value[:_LONGEST].replace("\x00", "") if isinstance(value, str) else ""

    def purposes(self, name: str = "purpose") -> tuple[Purpose, ...]:
        """Give the purposes that were chosen."""
        return tuple(word(Purpose, one) for one in self._values.getlist(name))

    def moment(self, name: str) -> datetime | None:
        """Give a `datetime-local` field as London time."""
        try:
            return datetime.fromisoformat(self.text(name)).replace(tzinfo=LONDON).astimezone(UTC)
        except ValueError:
            return None

    def said(self) -> Said | None:
        """Give what a student said otherwise than by mail; None without a moment."""
        at = self.moment("at")
        return None if at is None else Said(word(Channel, self.text("channel")), at, self.text("words"))

    def reading(self) -> Reading:
        """Give what the letter says, as the officer reads it."""
        intents = tuple(word(Intent, one) for one in self._values.getlist("intent"))
        student = self.text("student_id").strip() or None
        return Reading(intents or (Intent.OTHER,), self.purposes("scope"), student, bool(self.text("urgent")))

    def kept(self) -> dict[str, str]:
        """Give what was typed, so that a refusal loses none of it."""
        names = (
            "words",
            "told",
            "facts",
            "why",
            "discussion",
            "authoriser",
            "at",
            "into",
            "party",
            "released",
            "because",
        )
        return {name: self.text(name) for name in names if self.text(name)}
