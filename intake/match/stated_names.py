"""Names that a letter gives for its writer, and the ways in which each can be given name and family name."""

import re

from intake.names import name_key

#: characters of a line or a display name that are looked at
_LONGEST = 160
_NAME_LINE = re.compile(r"[^\W\d_][\w'’.-]*(?: +[^\W\d_][\w'’.-]*){1,4}")
#: what stands after the last sentence, or after a closing word, of a line
_AFTER_SENTENCE = re.compile(
    r"(?:[.!?]|\b(?:thanks|thank you|thx|cheers|regards|wishes|best|sincerely|faithfully)[,.!]?)\s+([^.!?,;]+)\.?\s*$",
    re.I,
)
#: what follows a name on its line: a number, a course, brackets
_AFTER_NAME = re.compile(r"(?:\s+[-–—].*|\s*[–—|(\[,/:;].*|\s*\d.*)$")
_WORD = r"[^\W\d_][\w'’-]*\.?"
_SURE = re.compile(
    rf"\b(?:my (?:full |legal )?name(?: is|'s|’s|:)|(?:full )?name:)\s+({_WORD}(?:[ ]{_WORD}){{1,4}})", re.I
)
_INTRODUCED = re.compile(rf"\b(?:this is|i am|i['’]?m|it['’]?s|called)\s+({_WORD}(?:[ ]{_WORD}){{1,4}})", re.I)
_BRACKETS = re.compile(r"[(\[][^)\]]*[)\]]")
_TITLES = frozenset({"mr", "mrs", "ms", "miss", "mx", "dr", "prof", "professor"})
#: words that end a name, or say that a line is none; no word here is a name
_NOT_NAMES = frozenset(
    """a and are as at born but cheers dear department dob faithfully for from hello id is not number of on or please
    regards school sent sincerely student students studying thank thanks the university which who wishes with writing
    year yrs""".split()  # noqa: SIM905 - a page of quotation marks reads worse
)


def stated_names(text: str) -> list[str]:
    """Names after `my name is` and the like."""
    return [name for hit in list(_SURE.finditer(text))[:4] for name in _beginnings(hit[1])]


def signed_names(text: str) -> list[str]:
    """Lines near the end that can be a name, and names after `I am`, which can also be other words."""
    found = [name for hit in list(_INTRODUCED.finditer(text))[:4] for name in _beginnings(hit[1])]
    for line in _last_lines(text):
        bare = _AFTER_NAME.sub("", line.strip()[:_LONGEST]).strip(" .!")
        words = set(name_key(_without_initial(bare)).split())
        if len(bare) <= 60 and _NAME_LINE.fullmatch(bare) and not _NOT_NAMES & words:
            found.append(bare)
    return found


def _last_lines(text: str) -> list[str]:
    """Give the lines near the end, and what follows the last sentence: a telephone puts a name after it in one line."""
    lines = [one for one in text.splitlines() if one.strip()][-8:]
    return [*lines, *_AFTER_SENTENCE.findall(lines[-1])] if lines else []


def given_and_family(name: str) -> list[tuple[str, str]]:
    """Give the ways in which a name can be (given, family), folded."""
    name = _BRACKETS.sub(" ", name[:_LONGEST])
    if "," in name:
        last, _, first = name.partition(",")
        name = f"{first} {last}"
    parts = [part for part in name_key(name).split() if part not in _TITLES]
    if not 2 <= len(parts) <= 5:
        return []
    # A middle name is left out as often as not.
    pairs = [(parts[0], parts[-1]), (parts[-1], parts[0])]
    for cut in range(1, len(parts)):
        given, family = " ".join(parts[:cut]), " ".join(parts[cut:])
        pairs += [(given, family), (family, given)]
    return list(dict.fromkeys(pairs))


def _without_initial(name: str) -> str:
    # "A Whitlock": a capital, where an article would be small or begin a sentence.
    return re.sub(r"^A(?=\.|\s|$)", "", name)


def _beginnings(words: str) -> list[str]:
    """Give the beginnings of some words that can be a name: where it ends is not marked."""
    kept: list[str] = []
    for word in words.split(" "):
        if _without_initial(word).lower().rstrip(".") in _NOT_NAMES:
            break
        kept.append(word)
        # "I am Alice B. Whitlock. Please ..."
        if word.endswith(".") and len(word) > 2:
            break
    # "This is Alice Whitlock's tutor": the name of somebody else.
    if any(word.lower().endswith(("'s", "’s")) for word in kept):
        return []
    return [" ".join(kept[:count]) for count in range(2, len(kept) + 1)]
