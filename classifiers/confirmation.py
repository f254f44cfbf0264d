"""What a reply says to our question whether its writer wrote an earlier letter: a closed set of rules, no model.

Whole clauses only, so that "yes, but" and "that was me?" are neither a yes nor a no: they are for a person.
"""

import re
import tomllib
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache

from classifiers.text import bounded, clean, sentences
from classifiers.urgency import RULES


class Answer(StrEnum):
    """What a reply says."""

    #: the writer wrote it, or confirms it
    YES = "yes"
    #: the writer did not write it
    NO = "no"
    #: thanks and greetings, and nothing else
    THANKS = "thanks"
    #: says something else that wants nothing
    REMARK = "remark"
    #: anything else
    MORE = "more"


def read_answer(new_text: str, *, encloses: bool = False) -> Answer:
    """Read the writer's own words. `encloses`: something that is not read here comes with them, a document say."""
    said = clean(bounded(new_text))
    spoken = [_groups(one) for one in _without_name(_clauses(new_text))]
    if encloses or not spoken:
        return Answer.MORE
    if "?" not in said and _is(spoken, "yes", {"yes", "with_yes", "courtesy"}):
        return Answer.YES
    if "?" not in said and _is(spoken, "no", {"no", "with_no", "courtesy"}):
        return Answer.NO
    if all("courtesy" in one for one in spoken):
        return Answer.THANKS
    wants = bool(_rules()["wants"].search(said)) or any({"yes", "no"} & one for one in spoken)
    return Answer.MORE if wants else Answer.REMARK


def _is(spoken: Sequence[set[str]], needed: str, allowed: set[str]) -> bool:
    """Say whether one clause at least is `needed`, and every other one may stand beside it."""
    return any(needed in one for one in spoken) and all(one & allowed for one in spoken)


def _clauses(text: str) -> list[str]:
    pieces = [clause for one in sentences(clean(bounded(text))) for clause in _CLAUSE.split(one)]
    return [bare for one in pieces if (bare := _EDGES.sub("", " ".join(one.split())))]


def _without_name(clauses: Sequence[str]) -> list[str]:
    """Leave out a student number and a name at the end, as people sign."""
    kept = list(clauses)
    while len(kept) > 1 and _NUMBER.fullmatch(kept[-1]):
        del kept[-1]
    if len(kept) > 1 and _NAME.fullmatch(kept[-1]) and not _groups(kept[-1]):
        del kept[-1]
    return kept


def _groups(clause: str) -> set[str]:
    """Give the groups in which a clause is known whole."""
    return {name for name in _WHOLE if _rules()[name].fullmatch(clause)}


@lru_cache(maxsize=1)
def _rules() -> dict[str, re.Pattern[str]]:
    groups = tomllib.loads((RULES / "confirmation.toml").read_text(encoding="utf-8"))
    groups["courtesy"] = tomllib.loads((RULES / "cues.toml").read_text(encoding="utf-8"))["courtesy"]
    return {
        # A group's names may stand in several patterns: here they only group.
        name: re.compile("|".join(f"(?:{one})" for one in group["patterns"]).replace("(?P<thanks>", "(?:"), re.I)
        for name, group in groups.items()
    }


_WHOLE = ("yes", "no", "with_yes", "with_no", "courtesy")
_CLAUSE = re.compile(r"[,.!;:()\u2026]+|\s-+\s|\band\b|\n")
_EDGES = re.compile(r"^[^\w]+|[^\w]+$")
_NAME = re.compile(r"[A-Z][\w'-]*(?: [A-Z][\w'-]*){0,3}")
_NUMBER = re.compile(r"(?:(?:my )?(?:student )?(?:number|no|id)(?: is)? ?)?\d{6,9}|[A-Za-z]{2}\d{2}[A-Za-z]{3}", re.I)
