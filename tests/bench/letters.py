"""Letters of every kind of evidence, each with who wrote it: what matching should find, and should never find."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from intake.names import address_key, name_key, nickname_variants
from intake.parse import Address, InboundMessage
from intake.store.students import Student
from tests.bench.register import SEED, Register

_ELSEWHERE = "someone@elsewhere.example"


@dataclass(frozen=True, slots=True)
class Stated:
    """What a letter says of its writer, already taken out of its text: rivals that read no letters are given this."""

    given: str = ""
    family: str = ""
    number: str = ""
    born: date | None = None
    address: str = _ELSEWHERE


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter; `writer` is a student's number, or None for a stranger."""

    kind: str
    identifiable: bool
    writer: str | None
    stated: Stated
    message: InboundMessage


@dataclass(frozen=True, slots=True)
class _Kind:
    """`identifiable`: its details are enough to name one student (docs/decisions/0003-matching.md)."""

    name: str
    identifiable: bool
    #: what is stated, of the writer, of another student, by chance
    state: Callable[[Student, Student, random.Random], Stated]
    #: who can write such a letter
    fits: Callable[[Student, Register], bool] = lambda _one, _register: True
    by_a_stranger: bool = False
    #: the name stands in the sender's field too
    displayed: bool = False


def letters(register: Register, of_each: int, seed: int = SEED) -> Iterator[list[Letter]]:
    """For each kind, `of_each` letters (fewer where fewer can write it) by students spread over the whole register."""
    for kind in _KINDS:
        draw = random.Random(f"{seed} {kind.name}")
        found: list[Letter] = []
        for _attempt in range(of_each * 1000):
            one, other = draw.choice(register.students), draw.choice(register.students)
            if one is not other and kind.fits(one, register):
                found.append(_letter(kind, one, kind.state(one, other, draw), draw))
            if len(found) == of_each:
                break
        yield found


def _letter(kind: _Kind, one: Student, stated: Stated, draw: random.Random) -> Letter:
    name = f"{stated.given} {stated.family}".strip()
    lines = [
        "Hello,\n\nI no longer want you to share what I told you with anybody.\n",
        f"My date of birth is {draw.choice(_DATES)(stated.born)}." if stated.born else "",
        f"My student number is {stated.number}." if stated.number else "",
        f"\nThank you\n{name}",
    ]
    sender = Address(stated.address, name if kind.displayed else "")
    body = "\n".join(one for one in lines if one)
    message = InboundMessage(from_addresses=(sender,), from_fields=1, new_text=body)
    return Letter(kind.name, kind.identifiable, None if kind.by_a_stranger else one.student_id, stated, message)


_DATES: tuple[Callable[[date], str], ...] = (
    lambda born: f"{born:%d/%m/%Y}",
    lambda born: f"{born:%d %B %Y}",
    lambda born: f"{born:%B} {born.day}, {born:%Y}",
    date.isoformat,
)


def _named(one: Student, **more: object) -> Stated:
    return Stated(**{"given": one.first_name, "family": one.last_name, **more})  # type: ignore[arg-type]


def _swapped(text: str, draw: random.Random) -> str:
    places = [at for at in range(1, len(text) - 1) if text[at] != text[at + 1]]
    at = draw.choice(places) if places else 0
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def _one_wrong(text: str, instead: str, draw: random.Random) -> str:
    at = draw.randrange(1, len(text))
    return text[:at] + draw.choice([one for one in instead if one != text[at]]) + text[at + 1 :]


def _slip_in_name(one: Student, draw: random.Random, **more: object) -> Stated:
    wrong = _one_wrong(one.last_name, "abcdefghijklmnopqrstuvwxyz", draw)
    return _named(one, family=wrong if draw.random() < 0.5 else _swapped(one.last_name, draw), **more)


def _slip_in_number(one: Student, draw: random.Random) -> str:
    return _one_wrong(one.student_id, "0123456789", draw) if draw.random() < 0.5 else _swapped(one.student_id, draw)


def _plain(one: Student, **more: object) -> Stated:
    return _named(one, given=name_key(one.first_name).title(), family=name_key(one.last_name).title(), **more)


def _nicknamed(one: Student, draw: random.Random, **more: object) -> Stated:
    return _named(one, given=draw.choice(nickname_variants(name_key(one.first_name))).title(), **more)


def _has_nickname(one: Student, _register: Register) -> bool:
    return bool(nickname_variants(name_key(one.first_name)))


def _has_accent(one: Student, _register: Register) -> bool:
    return not (one.first_name + one.last_name).isascii()


def _has_own_alternate(one: Student, register: Register) -> bool:
    key = address_key(one.alternate_email)
    return key is not None and register.addresses[key] == 1


def _shares_address(one: Student, register: Register) -> bool:
    key = address_key(one.alternate_email)
    return key is not None and register.addresses[key] > 1


def _long_family(one: Student, _register: Register) -> bool:
    return len(name_key(one.last_name)) > 3


def _alone_with_name(one: Student, register: Register) -> bool:
    return register.bearers_of(one) == 1


def _among_namesakes(one: Student, register: Register) -> bool:
    return register.bearers_of(one) > 1 and register.namesakes_of_one_day(one) == 1


def _strange(draw: random.Random) -> str:
    return f"Xy{''.join(draw.choices('bcdfghjklmnpqrstvwxz', k=5))}"


_KINDS = (
    _Kind("registered address", True, lambda one, _other, _draw: Stated(address=one.email or "")),
    _Kind(
        "alternate address, name",
        True,
        lambda one, _other, _draw: _named(one, address=one.alternate_email),
        _has_own_alternate,
        displayed=True,
    ),
    _Kind("number, name", True, lambda one, _other, _draw: _named(one, number=one.student_id), displayed=True),
    _Kind(
        "number with a digit wrong, name",
        True,
        lambda one, _other, draw: _named(one, number=_one_wrong(one.student_id, "0123456789", draw)),
    ),
    _Kind(
        "number with two swapped, name",
        True,
        lambda one, _other, draw: _named(one, number=_swapped(one.student_id, draw)),
    ),
    _Kind(
        "number, name with a slip",
        True,
        lambda one, _other, draw: _slip_in_name(one, draw, number=one.student_id),
        _long_family,
    ),
    _Kind(
        "number, initial", True, lambda one, _other, _draw: _named(one, given=one.first_name[0], number=one.student_id)
    ),
    _Kind(
        "number, nickname",
        True,
        lambda one, _other, draw: _nicknamed(one, draw, number=one.student_id),
        _has_nickname,
    ),
    _Kind(
        "number, name without accents", True, lambda one, _other, _draw: _plain(one, number=one.student_id), _has_accent
    ),
    _Kind(
        "number with a slip, name with a slip",
        False,
        lambda one, _other, draw: _slip_in_name(one, draw, number=_slip_in_number(one, draw)),
        _long_family,
    ),
    _Kind(
        "name borne by one, birth date",
        True,
        lambda one, _other, _draw: _named(one, born=one.date_of_birth),
        _alone_with_name,
        displayed=True,
    ),
    _Kind(
        "name borne by several, birth date",
        False,
        lambda one, _other, _draw: _named(one, born=one.date_of_birth),
        _among_namesakes,
        displayed=True,
    ),
    _Kind(
        "name with a slip, birth date",
        False,
        lambda one, _other, draw: _slip_in_name(one, draw, born=one.date_of_birth),
        _long_family,
    ),
    _Kind("name alone", False, lambda one, _other, _draw: _named(one), displayed=True),
    _Kind("name with a slip alone", False, lambda one, _other, draw: _slip_in_name(one, draw), _long_family),
    _Kind("initial alone", False, lambda one, _other, _draw: _named(one, given=one.first_name[0])),
    _Kind("nickname alone", False, lambda one, _other, draw: _nicknamed(one, draw), _has_nickname),
    _Kind("name without accents alone", False, lambda one, _other, _draw: _plain(one), _has_accent),
    _Kind("number alone", False, lambda one, _other, _draw: Stated(number=one.student_id)),
    _Kind(
        "shared address alone",
        False,
        lambda one, _other, _draw: Stated(address=one.alternate_email or ""),
        _shares_address,
    ),
    _Kind(
        "shared address, name",
        False,
        lambda one, _other, _draw: _named(one, address=one.alternate_email),
        _shares_address,
        displayed=True,
    ),
    _Kind(
        "namesakes born on one day",
        False,
        lambda one, _other, _draw: _named(one, born=one.date_of_birth),
        lambda one, register: register.namesakes_of_one_day(one) > 1,
    ),
    _Kind("another's number, name", False, lambda one, other, _draw: _named(one, number=other.student_id)),
    _Kind(
        "another's address, name, number",
        False,
        lambda one, other, _draw: _named(one, number=one.student_id, address=other.email),
        displayed=True,
    ),
    _Kind(
        "a stranger",
        False,
        lambda _one, _other, draw: Stated(given=_strange(draw), family=_strange(draw)),
        by_a_stranger=True,
        displayed=True,
    ),
    _Kind(
        "a stranger of a student's name",
        False,
        lambda one, other, _draw: _named(one, born=other.date_of_birth),
        by_a_stranger=True,
        displayed=True,
    ),
    _Kind(
        "a stranger with a near number",
        False,
        lambda one, other, draw: Stated(other.first_name, other.last_name, _slip_in_number(one, draw)),
        by_a_stranger=True,
    ),
    _Kind(
        "a parent with the child's number",
        False,
        lambda one, _other, draw: _named(one, given=_strange(draw), number=one.student_id),
        by_a_stranger=True,
        displayed=True,
    ),
    _Kind(
        "a parent with the child's number, birth date",
        False,
        lambda one, _other, draw: _named(one, given=_strange(draw), number=one.student_id, born=one.date_of_birth),
        by_a_stranger=True,
    ),
    _Kind(
        "a parent at the child's address, with number",
        False,
        lambda one, _other, draw: _named(one, given=_strange(draw), number=one.student_id, address=one.alternate_email),
        _has_own_alternate,
        by_a_stranger=True,
    ),
    _Kind(
        "a parent at the child's address",
        False,
        lambda one, _other, draw: _named(one, given=_strange(draw), address=one.alternate_email),
        _has_own_alternate,
        by_a_stranger=True,
        displayed=True,
    ),
)
