"""Which language the writer's own words are in, and whether all of them are English: by stop words and scripts."""

import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

#: below this share of English stop words a stretch of words is not English
ENGLISH_SHARE = 0.12
#: a paragraph of fewer words is not judged by its stop words alone
_JUDGED_WORDS = 6
_SCRIPT_LETTERS = 4


@dataclass(frozen=True, slots=True)
class Language:
    """ISO 639-1 of most of the words, `und` where unknown, and whether every paragraph is English."""

    code: str
    wholly_english: bool


def identify(stretches: Sequence[str]) -> Language:
    """Identify the language of the writer's sentences or paragraphs, in order."""
    words_of: Counter[str] = Counter()
    english = True
    for stretch in stretches:
        code, words = _one(stretch)
        words_of[code] += words
        english = english and code in ("en", "")
    del words_of[""]
    if not words_of:
        return Language("en" if any(_words(one) for one in stretches) else "und", english)
    code = max(words_of, key=lambda one: words_of[one])
    return Language(code, english)


def _one(stretch: str) -> tuple[str, int]:
    """Give a stretch's language and how many words it has; "" where it cannot be told, as names and numbers cannot."""
    script = _foreign_script(stretch)
    if script:
        return script, max(len(stretch) // 4, 1)
    words = _words(stretch)
    if not words:
        return "", 0
    hits = {code: sum(word in known for word in words) for code, known in STOP_WORDS.items()}
    best = max(hits, key=lambda code: hits[code])
    english = sum(word in ENGLISH for word in words)
    if hits[best] >= 2 and hits[best] > english * 1.2 and hits[best] / len(words) > 0.15:
        return best, len(words)
    if len(words) >= _JUDGED_WORDS and english / len(words) < ENGLISH_SHARE:
        return (best if hits[best] >= 2 else "und"), len(words)
    return ("en", len(words)) if english else ("", len(words))


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _foreign_script(text: str) -> str:
    """Give the language a non-Latin script suggests, where at least a few letters are in it."""
    found: Counter[str] = Counter()
    for letter in text:
        if ord(letter) > 0x24F and letter.isalpha():
            name = unicodedata.name(letter, "").split(" ")[0]
            found[_SCRIPTS.get(name, "")] += 1
    del found[""]
    if not found:
        return ""
    script, count = found.most_common(1)[0]
    if "ja" in found and script == "zh":
        script = "ja"
    return script if count >= _SCRIPT_LETTERS else ""


_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_RULES = tomllib.loads((Path(__file__).parent / "rules" / "languages.toml").read_text(encoding="utf-8"))
_SCRIPTS: dict[str, str] = _RULES["scripts"]
STOP_WORDS = {code: frozenset(words.split()) for code, words in _RULES["stop_words"].items()}
ENGLISH = STOP_WORDS.pop("en")
