"""The details by which a writer can be found: address, student numbers, names, birth dates, own words only."""

import re
from dataclasses import dataclass
from datetime import date

from intake.match.birth_dates import birth_dates, masked, speaks_of_birth
from intake.match.stated_names import given_and_family, signed_names, stated_names
from intake.names import folded
from intake.parse import InboundMessage

#: so much of a letter is searched
_SEARCHED = 20_000
_MOST = 12


@dataclass(frozen=True, slots=True)
class Details:
    """What a letter says of its writer; names are folded (given, family) pairs, both orders tried."""

    address: str | None
    numbers: tuple[str, ...]
    names: tuple[tuple[str, str], ...]
    #: a name stands where only the writer's can stand, so that another name speaks against a student
    says_own_name: bool
    birth_dates: tuple[date, ...]
    #: one of the dates is said to be a birth date, so that another date speaks against a student
    says_born: bool
    #: the folded own words, to look for a course in
    folded_text: str


def details(message: InboundMessage) -> Details:
    """Collect them from the originator, the own words, the signature and the subject; never from quoted text."""
    originator = message.originator
    own = f"{_own_subject(message.subject)}\n{message.new_text[:_SEARCHED]}\n{message.signature[:_SEARCHED]}"
    display = originator.display_name if originator is not None and "@" not in originator.display_name else ""
    surely = [pair for name in (display, *stated_names(own)) for pair in given_and_family(name)]
    perhaps = [*signed_names(message.new_text[-_SEARCHED:]), *signed_names(message.signature[-_SEARCHED:])]
    pairs = surely + [pair for name in perhaps for pair in given_and_family(name)]
    return Details(
        originator.address if originator is not None else None,
        tuple(dict.fromkeys(_numbers(own)))[:_MOST],
        tuple(dict.fromkeys(pairs))[: 2 * _MOST],
        bool(surely),
        tuple(dict.fromkeys(birth_dates(own)))[:_MOST],
        speaks_of_birth(own),
        folded(own),
    )


def neighbours(number: str) -> list[str]:
    """Every number that differs by one wrong digit or by two neighbouring ones swapped."""
    found = {number[:i] + digit + number[i + 1 :] for i in range(len(number)) for digit in "0123456789"}
    found |= {number[:i] + number[i + 1] + number[i] + number[i + 2 :] for i in range(len(number) - 1)}
    return sorted(found - {number})


# In a reply the subject is somebody else's words.
_REPLIED = re.compile(r"\s*(?:re|fw|fwd|aw|wg|sv|vs|tr|rv)\s*(?:\[\d+\])?\s*:", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\w/-])(?<!\d\.)(?:[A-Za-z]{1,3}[ -]?)?(\d(?:[ -]?\d){5,9})(?![\w/-])")
_TELEPHONE = re.compile(r"(?<![\w])(?:\+|0)\d(?:[ ()-]{0,2}\d){8,13}(?!\d)")


def _own_subject(subject: str) -> str:
    return "" if _REPLIED.match(subject) else subject[:500]


def _numbers(text: str) -> list[str]:
    found = []
    for hit in _NUMBER.finditer(_TELEPHONE.sub("|", masked(text))):
        digits = re.sub(r"\D", "", hit[1])
        whole = re.sub(r"[^0-9A-Za-z]", "", hit[0])
        found += [digits] if whole == digits else [digits, whole, whole.upper(), whole.lower()]
    return found
