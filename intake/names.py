"""Names as keys: folded so that one person written in two ways meets, and the keys by which matching finds them."""

import unicodedata
from collections.abc import Iterator
from datetime import date
from functools import lru_cache

#: letters that Unicode does not decompose, as they are commonly written without them; an apostrophe joins
_FOLDED = str.maketrans(
    {"ø": "o", "đ": "d", "ð": "d", "ł": "l", "ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i", "ħ": "h"}
    | dict.fromkeys("'’‘ʼʻ`´", None)
)

#: nicknames in common use, to the names they stand for
_NICKNAMES = {
    "abby": "abigail", "alex": "alexander alexandra alexandru", "ali": "alison alistair", "andy": "andrew",
    "becky": "rebecca", "ben": "benjamin", "beth": "elizabeth bethany", "bill": "william", "bob": "robert",
    "cathy": "catherine", "charlie": "charles charlotte", "chris": "christopher christine christina christian",
    "dan": "daniel danielle", "danny": "daniel", "dave": "david", "ed": "edward edmund", "ellie": "eleanor elena",
    "fred": "frederick", "gabi": "gabriela gabrielle", "greg": "gregory", "jack": "john", "jake": "jacob",
    "jess": "jessica", "jim": "james", "jo": "joanna joanne josephine", "joe": "joseph", "jon": "jonathan",
    "josh": "joshua", "kate": "katherine catherine kathryn", "katie": "katherine catherine kathryn",
    "kasia": "katarzyna", "kim": "kimberly", "liz": "elizabeth", "lizzie": "elizabeth", "maggie": "margaret",
    "matt": "matthew", "max": "maximilian", "meg": "megan margaret", "mike": "michael", "millie": "emily amelia",
    "mo": "mohammed muhammad mohamed", "nat": "natalie nathan nathaniel natasha", "nick": "nicholas nicola",
    "olly": "oliver", "pat": "patricia patrick", "pete": "peter", "phil": "philip", "rob": "robert",
    "sam": "samuel samantha", "sasha": "aleksandra alexander", "steve": "stephen steven", "sue": "susan",
    "tom": "thomas", "tony": "anthony", "vicky": "victoria", "will": "william", "zach": "zachary",
}  # fmt: skip
_FULL = {short: tuple(names.split()) for short, names in _NICKNAMES.items()}
_SHORT = {name: tuple(one for one, full in _FULL.items() if name in full) for names in _FULL.values() for name in names}


@lru_cache(maxsize=8192)
def name_key(name: str) -> str:
    """Fold a name: lower case, no diacritics, no punctuation, single spaces between its parts."""
    return folded(name)


def folded(text: str) -> str:
    """Fold a text as names are, without keeping it in memory."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_FOLDED))
    letters = "".join(one if one.isalpha() else " " for one in decomposed if not unicodedata.combining(one))
    return " ".join(letters.split())


def address_key(address: str | None) -> str | None:
    """Fold an e-mail address for look-up; None where there is none."""
    return address.strip().casefold() or None if address else None


def nickname_variants(given: str) -> tuple[str, ...]:
    """Give the folded names that a folded given name stands for or is shortened to."""
    full = _FULL.get(given, ())
    return tuple(dict.fromkeys((*full, *_SHORT.get(given, ()), *(one for name in full for one in _SHORT[name]))))


@lru_cache(maxsize=4096)
def given_names(first: str, preferred: str | None) -> tuple[str, ...]:
    """Give the folded names by which a student may go: the first names, the first of them alone, the preferred one."""
    whole = name_key(first)
    return tuple(dict.fromkeys(one for one in (whole, whole.split(" ")[0], name_key(preferred or "")) if one))


def blocking_keys(first: str, preferred: str | None, last: str, born: date | None) -> Iterator[str]:
    """Give every key under which a student stands in the register; some may come twice."""
    family = name_key(last)
    for given in given_names(first, preferred):
        yield exact_key(given, family)
        yield from slip_keys(given, family)
        for part in name_parts(family):
            yield part_key(given, part)
    if born is not None:
        yield birth_key(born, family)


def exact_key(given: str, family: str) -> str:
    """Key of a folded name as it is."""
    return f"n {family}/{given}"


def exact_range(family: str, initial: str = "") -> tuple[str, str]:
    """Bounds (the upper one excluded) of every exact key with this family name and the given name's beginning."""
    low = exact_key(initial, family)
    return low, low[:-1] + chr(ord(low[-1]) + 1)


def part_key(given: str, part: str) -> str:
    """Key of a given name with one part of a double family name."""
    return f"p {part}/{given}"


def name_parts(family: str) -> list[str]:
    """Parts of a double family name that can stand alone; none for a single one."""
    parts = family.split(" ")
    return [part for part in parts if len(part) > 2] if len(parts) > 1 else []


def birth_key(born: date, family: str) -> str:
    """Key of a birth date with the beginning of the family name."""
    return f"d {born:%Y%m%d}{family.replace(' ', '')[:3]}"


def slip_keys(given: str, family: str) -> tuple[str, ...]:
    """Keys of which names a typing slip apart share at least one: how they sound, their letters, their ends."""
    given, family = given.replace(" ", ""), family.replace(" ", "")
    return (
        f"s {sound_key(family)}/{sound_key(given)[:3]}",
        f"b {''.join(sorted(family + given))}",
        f"x {family[:4]}/{given[:3]}",
        f"y {family[-4:]}/{given[:3]}",
    )


@lru_cache(maxsize=8192)
def sound_key(name: str) -> str:
    """Give a code for how a folded name sounds, first letter first.

    Consonants in Soundex's classes (Russell 1918), vowels dropped, without its limit of four characters.
    """
    letters = name.replace(" ", "")
    code, last = letters[:1], _CLASSES.get(letters[:1], "")
    for letter in letters[1:]:
        found = _CLASSES.get(letter, "")
        if found and found != last:
            code += found
        if letter not in "hw":
            last = found
    return code[:8]


_CLASSES = {
    letter: digit
    for digit, letters in {"1": "bfpv", "2": "cgjkqsxz", "3": "dt", "4": "l", "5": "mn", "6": "r"}.items()
    for letter in letters
}
