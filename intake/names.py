"""Names as keys: folded so that the same person written in two ways meets, and a code for how a name sounds."""

import unicodedata
from functools import lru_cache

#: letters that Unicode does not decompose, as they are commonly written without them
_FOLDED = str.maketrans(
    {"ø": "o", "đ": "d", "ð": "d", "ł": "l", "ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i", "ħ": "h", "’": "'"}
)

#: nicknames in common use, to the name they stand for; both directions are tried
_NICKNAMES = {
    "abby": "abigail", "alex": "alexander", "ali": "alison", "andy": "andrew", "becky": "rebecca", "ben": "benjamin",
    "beth": "elizabeth", "bill": "william", "bob": "robert", "cathy": "catherine", "charlie": "charles",
    "chris": "christopher", "dan": "daniel", "danny": "daniel", "dave": "david", "ed": "edward", "ellie": "eleanor",
    "fred": "frederick", "gabi": "gabriela", "greg": "gregory", "jack": "john", "jake": "jacob", "jess": "jessica",
    "jim": "james", "jo": "joanna", "joe": "joseph", "jon": "jonathan", "josh": "joshua", "kate": "katherine",
    "katie": "katherine", "kasia": "katarzyna", "kim": "kimberly", "liz": "elizabeth", "maggie": "margaret",
    "matt": "matthew", "meg": "megan", "mike": "michael", "millie": "emily", "mo": "mohammed", "nat": "natalie",
    "nick": "nicholas", "olly": "oliver", "pat": "patricia", "pete": "peter", "phil": "philip", "rob": "robert",
    "sam": "samuel", "sasha": "aleksandra", "steve": "stephen", "sue": "susan", "tom": "thomas", "tony": "anthony",
    "vicky": "victoria", "will": "william", "zach": "zachary",
}  # fmt: skip


@lru_cache(maxsize=65536)
def name_key(name: str) -> str:
    """Fold a name: lower case, no diacritics, no punctuation, single spaces between its parts."""
    decomposed = unicodedata.normalize("NFKD", name.casefold().translate(_FOLDED))
    letters = "".join(one if one.isalpha() else " " for one in decomposed if not unicodedata.combining(one))
    return " ".join(letters.split())


def full_name(name: str) -> str:
    """Give the folded name that a folded nickname stands for, or the name itself."""
    return _NICKNAMES.get(name, name)


@lru_cache(maxsize=65536)
def sound_key(name: str) -> str:
    """Give a code for how a folded name sounds, first letter first: names a typing slip apart mostly share it.

    Consonants in Soundex's classes (Russell 1918), vowels dropped, without its limit of four characters.
    """
    letters = name_key(name).replace(" ", "")
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


def address_key(address: str | None) -> str | None:
    """Fold an e-mail address for look-up; None where there is none."""
    return address.strip().casefold() or None if address else None
