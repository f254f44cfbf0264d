"""Characters that a reader does not see, or takes for others: found, reported, and put right."""

import re
import unicodedata

_INVISIBLE = (
    "\u200b\u200c\u200d\u2060\u2061\u2062\u2063\u2064\ufeff\u180e\u115f\u1160\u3164\u202a\u202b\u202c\u202d"
    "\u202e\u2066\u2067\u2068\u2069\u061c\u200e\u200f"
)
_ANY_INVISIBLE = re.compile(f"[{_INVISIBLE}\u00ad\U000e0000-\U000e007f]")
#: between two Latin letters none of them has any business
_INSIDE_WORD = re.compile(f"(?<=[A-Za-z])[{_INVISIBLE}\U000e0000-\U000e007f]+(?=[A-Za-z])")
#: joiners that other scripts and emoji need stay where no Latin letter is beside them
_NEEDLESS = re.compile(
    "[\u200b\u2060-\u2064\ufeff\u180e\u115f\u1160\u3164\u202a-\u202e\u2066-\u2069\u061c\u00ad\U000e0000-\U000e007f]|"
    "(?<=[\x00-\u024f])[\u200c\u200d\u200e\u200f]|[\u200c\u200d\u200e\u200f](?=[\x00-\u024f])|"
    "^[\u200c-\u200f]|[\u200c-\u200f]$"
)
#: Cyrillic and Greek letters that look like Latin ones (Unicode TR 39, the whole-letter confusables)
_LOOKALIKES = str.maketrans(
    "аеорсухіјѕһԁԛԝӏьвкмнтАВЕКМНОРСТХУІЈЅԌԚԜαορντυικχγΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
    "aeopcyxijshdqwlbbkmhtABEKMHOPCTXYIJSGQWaopvtuikxyABEZHIKMNOPTYX",
)
_LATIN_OR_ALIKE = re.compile(r"[A-Za-z\u0370-\u03ff\u0400-\u052f]+")
_OTHER_SCRIPT = re.compile(r"[\u0370-\u03ff\u0400-\u052f]")
_STYLED = re.compile("[\U0001d400-\U0001d7ff\uff21-\uff3a\uff41-\uff5a]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def cleaned(text: str) -> tuple[str, bool]:
    """Give `text` with invisible and lookalike characters put right, and whether any stood inside words."""
    if text.isascii():
        return _CONTROLS.sub("", text), False
    found = False
    if _ANY_INVISIBLE.search(text):
        found = bool(_INSIDE_WORD.search(text))
        text = _NEEDLESS.sub("", _INSIDE_WORD.sub("", text))
    if _STYLED.search(text):
        text = _STYLED.sub(lambda one: unicodedata.normalize("NFKC", one.group()), text)
        found = True
    if _OTHER_SCRIPT.search(text):
        text, alike = _unmixed(text)
        found = found or alike
    return unicodedata.normalize("NFC", _CONTROLS.sub("", text)), found


def _unmixed(text: str) -> tuple[str, bool]:
    """Turn lookalike letters into Latin ones inside words that are Latin otherwise, or in a wholly Latin text."""
    found = False
    foreign = len(_OTHER_SCRIPT.findall(text))
    latin_text = foreign * 10 < len(re.findall(r"[A-Za-z]", text))

    def put_right(match: re.Match[str]) -> str:
        nonlocal found
        word = match.group()
        if not _OTHER_SCRIPT.search(word):
            return word
        right = word.translate(_LOOKALIKES)
        mixed = bool(re.search("[A-Za-z]", word))
        if right.isascii() and (mixed or latin_text):
            found = True
            return right
        return word

    return _LATIN_OR_ALIKE.sub(put_right, text), found
