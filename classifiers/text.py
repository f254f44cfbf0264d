"""A letter as it is read: sentences, and the question that a short answer answers. Pure text; no model, no spaCy."""

import re
import unicodedata
from dataclasses import dataclass

from classifiers.classification import Letter

#: characters read of a text: most of it from its beginning, the rest from its end
_HEAD, _TAIL = 24_000, 8_000
_LONGEST_SENTENCE = 1_000
_LONG_SENTENCE_WORDS = 45
_CONTEXT_CHARACTERS = 400


@dataclass(frozen=True, slots=True)
class Prepared:
    """Sentences of the writer (the subject first, if there is one), and the quoted question as context."""

    sentences: tuple[str, ...]
    context: str
    has_subject: bool


def prepare(letter: Letter) -> Prepared:
    """Split a letter into sentences, and find the quoted question that it answers."""
    subject = _REPLY_PREFIX.sub("", clean(letter.subject[:_LONGEST_SENTENCE])).strip()
    own = sentences(clean(bounded(letter.new_text)))
    return Prepared(
        (subject, *own) if subject else tuple(own), _question(clean(bounded(letter.quoted_text))), bool(subject)
    )


def bounded(text: str) -> str:
    """Give a text of reasonable length whole, else its beginning and its end."""
    return text if len(text) <= _HEAD + _TAIL else text[:_HEAD] + "\n" + text[-_TAIL:]


def clean(text: str) -> str:
    """Normalise: compatibility forms folded, invisible characters dropped, quotes and dashes made plain."""
    folded = unicodedata.normalize("NFKC", text).translate(_PLAIN)
    return "".join(one for one in folded if one in "\n\t" or unicodedata.category(one) not in _INVISIBLE)


def sentences(text: str) -> list[str]:
    """Split into sentences: at full stops, blank lines, list items; runs without punctuation near a conjunction."""
    found: list[str] = []
    for paragraph in _paragraphs(text):
        for sentence in _mended(_SENTENCE_END.split(paragraph)):
            found += _shortened(" ".join(sentence.split()))
    return [one for one in found if one]


def _mended(pieces: list[str]) -> list[str]:
    """Join what a title, an initial or a list number had cut."""
    mended: list[str] = []
    for piece in pieces:
        if mended and _NO_END.search(mended[-1]):
            mended[-1] += " " + piece
        else:
            mended.append(piece)
    return mended


def _paragraphs(text: str) -> list[str]:
    """Join lines that a mail program wrapped; keep blank lines, list items and short lines apart."""
    paragraphs: list[str] = []
    open_line = False
    for line in text.splitlines():
        bare = line.strip()
        starts_item = bool(_LIST_ITEM.match(bare))
        if bare and open_line and not starts_item and paragraphs:
            paragraphs[-1] += " " + bare
        elif bare:
            paragraphs.append(bare)
        # A long line that does not end a sentence was wrapped.
        open_line = len(bare) > 55 and bare[-1] not in ".!?:;"
    return paragraphs


def _shortened(sentence: str) -> list[str]:
    words = sentence.split(" ")
    if len(words) <= _LONG_SENTENCE_WORDS:
        return [sentence[at : at + _LONGEST_SENTENCE] for at in range(0, len(sentence), _LONGEST_SENTENCE)]
    middle = len(words) // 2
    joints = [at for at, word in enumerate(words) if word.lower().strip(",") in _JOINTS and 5 < at < len(words) - 5]
    cut = min(joints, key=lambda at: abs(at - middle)) if joints else middle
    return [*_shortened(" ".join(words[:cut])), *_shortened(" ".join(words[cut:]))]


def _question(quoted: str) -> str:
    """Give what the letter answers: the questions of the newest quoted message, else its end."""
    lines = [_QUOTE_MARK.sub("", line).strip() for line in quoted.splitlines()[:60]]
    kept = [line for line in lines if line and not _QUOTE_HEADER.match(line)]
    spoken = sentences("\n".join(kept[:30]))
    asked = [one for one in spoken if "?" in one or _CHOICE.search(one)]
    chosen = " ".join(asked or spoken[-4:])
    return chosen[-_CONTEXT_CHARACTERS:]


_REPLY_PREFIX = re.compile(r"^(?:\s*(?:re|fw|fwd|aw|wg|sv|tr|rv|antw|odp)\s*(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"')\]]*\s+(?=[\"'(\[]?[A-Z0-9a-z£])|\s*;\s+|\s*\n+\s*")
_NO_END = re.compile(r"(?:\b(?:Dr|Mrs?|Ms|Mx|Prof|St|Rev|No|approx|e\.g|i\.e|[A-Z])\.|^\(?(?:\d{1,2}|[a-z])[.)])$")
_LIST_ITEM = re.compile(r"^(?:[-*•‣–]|\(?\d{1,2}[.)]|\(?[a-z][.)])\s+")
_QUOTE_MARK = re.compile(r"^(?:\s*[>|]\s?)+")
_QUOTE_HEADER = re.compile(
    r"^(?:from|to|cc|sent|date|subject|von|an|gesendet|betreff|de|à|objet|envoyé)\s*:|.*\b(?:wrote|schrieb|écrit)\s*:\s*$|"
    r"^[-_ ]{4,}|^-+ ?original message",
    re.IGNORECASE,
)
_CHOICE = re.compile(
    r"\b(?:let me know|please (?:confirm|reply|tell|say|choose)|reply with|yes or no|either|option)\b", re.I
)
_JOINTS = {
    "and",
    "but",
    "so",
    "because",
    "cos",
    "coz",
    "then",
    "which",
    "although",
    "also",
    "or",
    "if",
    "when",
    "anyway",
}
_INVISIBLE = frozenset({"Cf", "Cc", "Co", "Cn"})
_PLAIN = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "\u00a0": " ", "…": "..."})
