"""The labelled letters: read from files, one JSON object a line, one file an author (classifiers/corpus/GUIDE.md)."""

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

from classifiers.classification import AuthorRole, Intent, Letter, Scope

CORPUS = Path(__file__).parent / "corpus"


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled letter; `scope` None where it is no withdrawal."""

    letter_id: str
    author: str
    letter: Letter
    intents: tuple[Intent, ...]
    scope: tuple[Scope, ...] | None
    urgent: bool
    role: AuthorRole
    language: str
    machine: bool
    clear: bool
    debatable: bool


def read(path: Path) -> Iterator[Example]:
    """Read one author's letters."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            if line.strip():
                yield _example(json.loads(line), path.stem)


def read_all(authors: list[str], folder: Path = CORPUS) -> list[Example]:
    """Read the letters of several authors."""
    return [example for author in authors for example in read(folder / f"{author}.jsonl")]


def split(folder: Path = CORPUS) -> dict[str, list[str]]:
    """Give the authors of `training`, `calibration` and `test`; they never overlap."""
    authors: dict[str, list[str]] = tomllib.loads((folder / "split.toml").read_text(encoding="utf-8"))["authors"]
    return authors


def _example(values: dict[str, Any], author: str) -> Example:
    named = [one for one in values["intents"] if one != "automated"]
    scope = values.get("scope")
    return Example(
        values["id"],
        author,
        _letter(values),
        tuple(Intent(one) for one in named) or (Intent.OTHER,),
        None if not scope else tuple(Scope) if scope == "all" else tuple(Scope(one) for one in scope),
        bool(values.get("urgent")),
        AuthorRole(values["role"]),
        values.get("language") or "en",
        "automated" in values["intents"],
        bool(values.get("clear")),
        bool(values.get("debatable")),
    )


def _letter(values: dict[str, Any]) -> Letter:
    body = values["body"]
    if values.get("html"):
        body = unescape(_TAG.sub("", _BREAK.sub("\n", body)))
    own = values.get("own")
    if own is None:
        own, quoted = body, ""
    else:
        quoted = _quoted(body, own)
    return Letter(own, values.get("subject") or "", quoted)


def _quoted(body: str, own: str) -> str:
    """Give what is quoted in a body: lines behind a quote mark, and everything after a line that begins a thread."""
    kept, in_thread = [], False
    own_lines = {line.strip() for line in own.splitlines() if line.strip()}
    for line in body.splitlines():
        bare = line.strip()
        if bare in own_lines:
            continue
        in_thread = in_thread or bool(_THREAD.search(bare))
        if in_thread or bare.startswith(">"):
            kept.append(line)
    return "\n".join(kept)


_BREAK = re.compile(r"<(?:br|/p|/div|/tr|/li|/h\d|/blockquote)[^>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_THREAD = re.compile(
    r"wrote:\s*$|schrieb|a écrit|^-+ ?(?:original|forwarded) message|^(?:from|von|de): |^_{8,}"
    r"|^on .{8,80}(?:wrote)?:?\s*$",
    re.IGNORECASE,
)
