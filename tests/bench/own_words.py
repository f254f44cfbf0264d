"""Measure whose words are whose on the reply pairs in `tests/replies`: `python -m tests.bench.own_words [--wrong]`.

Beside our parser stand the two packages for this, where they are installed. They are for this measurement only:
`pip install --no-deps mail-parser-reply email-reply-parser`. They take text, so they are given a message's decoded text
part, or its HTML as our reader turns it into text. Exact means the same but for white space. Lost and kept are words of
the writer that are missing, and words of others that remain, as shares of the words the writer wrote.
"""

import importlib
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from itertools import groupby
from pathlib import Path

from intake.parse import parse
from intake.parse.markup import read_markup
from intake.templating import ReplyTemplates

REPLIES = Path(__file__).parents[1] / "replies"
_LANGUAGES = ["en", "de", "fr", "es", "it", "pt", "nl", "sv", "pl", "zh", "ja", "ko", "da", "cs", "he", "no", "fi"]

Reader = Callable[[bytes], str]


@dataclass(frozen=True, slots=True)
class Pair:
    """One message and what its writer wrote in it. The held-back ones were never looked at to mend the parser."""

    name: str
    kind: str
    held_back: bool
    content: bytes
    own: str


@dataclass(slots=True)
class Score:
    """Letters, exact ones, the writers' words, those lost and others' words kept."""

    letters: int = 0
    exact: int = 0
    words: int = 0
    lost: int = 0
    kept: int = 0

    def add(self, own: str, found: str) -> bool:
        """Count one letter, and tell whether it was exact."""
        meant, given = _bag(own), _bag(found)
        exact = "".join(own.split()) == "".join(found.split())
        self.letters += 1
        self.exact += exact
        self.words += meant.total()
        self.lost += (meant - given).total()
        self.kept += (given - meant).total()
        return exact

    def __str__(self) -> str:
        words = self.words or 1
        exact, lost, kept = self.exact / self.letters, self.lost / words, self.kept / words
        return f"{self.letters:4} letters  exact {exact:6.1%}  lost {lost:6.2%}  kept wrongly {kept:7.2%}"


def main(show_wrong: bool = False) -> None:
    """Print each reader's figures: on the tuned pairs, on the held-back pairs, and ours for each kind."""
    pairs = list(read_pairs())
    for name, reader in _readers():
        for held_back in (False, True):
            some = [one for one in pairs if one.held_back is held_back]
            print(f"{name:34} {'held back' if held_back else 'tuned on':9} {score(some, reader)}")
    for kind, of_kind in groupby(sorted(pairs, key=lambda one: one.kind), key=lambda one: one.kind):
        print(f"{'ours: ' + kind:44} {score(of_kind, own_words)}")
    if show_wrong:
        _show_wrong(pairs)


def read_pairs() -> Iterator[Pair]:
    """Read every pair: `NAME.eml`, and `NAME.toml` with its kind and the writer's own words."""
    for path in sorted(REPLIES.glob("*/*.eml")):
        expected = tomllib.loads(path.with_suffix(".toml").read_text(encoding="utf-8"))
        held_back = path.parent.name == "held_back"
        yield Pair(path.stem, expected["kind"], held_back, path.read_bytes(), expected["own"])


def score(pairs: Iterable[Pair], reader: Reader) -> Score:
    """Let `reader` read every message."""
    total = Score()
    for one in pairs:
        total.add(one.own, reader(one.content))
    return total


def own_words(content: bytes) -> str:
    """Read as the service does: with its own reply templates known."""
    return parse(content, own_texts=_OWN_TEXTS).new_text


def _readers() -> Iterator[tuple[str, Reader]]:
    yield "ours", own_words
    try:
        module = importlib.import_module("mailparser_reply")
    except ImportError:
        print("mail-parser-reply is not installed: pip install --no-deps mail-parser-reply")
    else:
        theirs = module.EmailReplyParser(languages=_LANGUAGES)

        def first(content: bytes) -> str:
            return str(theirs.read(_text(content)).replies[0].content)

        def first_body(content: bytes) -> str:
            return str(theirs.read(_text(content)).replies[0].body)

        yield "mail-parser-reply, content", first
        yield "mail-parser-reply, body", first_body
    try:
        parser = importlib.import_module("email_reply_parser").EmailReplyParser
    except ImportError:
        print("email-reply-parser is not installed: pip install --no-deps email-reply-parser")
    else:
        yield "email-reply-parser", lambda content: str(parser.parse_reply(_text(content)))


def _text(content: bytes) -> str:
    message = message_from_bytes(content, policy=policy.default)
    part = message.get_body(("plain",))
    if part is not None:
        return str(part.get_content())
    page = message.get_body(("html",))
    return "\n".join(one.text for one in read_markup(str(page.get_content())).lines) if page is not None else ""


def _show_wrong(pairs: Iterable[Pair]) -> None:
    for one in pairs:
        found = own_words(one.content)
        if not one.held_back and not Score().add(one.own, found):
            print(f"\n=== {one.name} ({one.kind})\n--- meant\n{one.own}\n--- found\n{found}")


def _bag(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text.lower()))


_OWN_TEXTS = ReplyTemplates().own_texts()

if __name__ == "__main__":
    main("--wrong" in sys.argv)
