"""Hindrances: what would have to be otherwise for a withdrawal to be applied alone, in plain words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from intake.console.wording import OBSTACLES
from intake.officers import LetterOnFile
from intake.vocabulary import Assurance, Reason

#: reasons that say the same as an obstacle of the words, or come from the mode alone
_OF_THE_WORDS = frozenset(
    {
        Reason.WITHDRAWAL_UNSURE,
        Reason.SCOPE_UNCLEAR,
        Reason.WITHDRAWAL_AND_REINSTATEMENT,
        Reason.DATA_RIGHTS,
        Reason.REINSTATEMENT,
        Reason.QUESTION_UNSURE,
    }
)
_OF_THE_MODE = frozenset({Reason.ASSIST_MODE, Reason.OBSERVE_MODE})


@dataclass(frozen=True, slots=True)
class Hindrance:
    """One obstacle. `sentence`: the writer's, for whoever opened the letter; "" where it is in no one sentence."""

    text: str
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Hindrances:
    """Everything in the words that kept a letter from being applied alone; `lead` begins the list."""

    lead: str
    items: tuple[Hindrance, ...]


def hindrances(letter: LetterOnFile) -> Hindrances | None:
    """Say what stood in the way; None where nothing in the words did, or the letter withdraws nothing."""
    obstacles = letter.classification.get("obstacles") or []
    if not obstacles:
        return None
    return Hindrances(_lead(letter), tuple(_hindrance(one) for one in obstacles))


def _lead(letter: LetterOnFile) -> str:
    """Promise no more than holds: who wrote it, or another reason, can stand in the way as well."""
    reasons = set((letter.findings or {}).get("decision", {}).get("reasons", []))
    by_address = letter.assurance is Assurance.REGISTERED_ADDRESS and letter.matched is not None
    if not by_address or reasons - _OF_THE_WORDS - _OF_THE_MODE:
        return "Its words alone would have been clear enough, were it not for:"
    # Whatever the mode was: in another one a sure withdrawal is only proposed.
    return "In automatic mode it would have been applied alone, were it not for:"


def _hindrance(obstacle: Mapping[str, Any]) -> Hindrance:
    name, short_by = obstacle["name"], obstacle.get("short_by")
    text = OBSTACLES.get(name, name.replace("_", " "))
    if short_by is not None:
        text = f"{text}: its margin is {short_by:.1f} too small"
    return Hindrance(text, obstacle.get("sentence") or "")
