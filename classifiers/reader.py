"""Reading one letter after another: `load()` gives a `Reader`, whatever state the model files are in."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import spacy
from spacy.language import Language as Pipeline

from classifiers.classification import Abstention, Classification, Letter, Urgency
from classifiers.components import COMPONENTS, LetterDecision
from classifiers.decision import Heard
from classifiers.text import prepare
from classifiers.urgency import RULES, UrgencyLexicon

MODEL = Path(__file__).parent / "model"
MANIFEST = "manifest.json"
#: characters of a letter's sentences, and of a word, that become a spaCy document
_DOCUMENT, _WORD = 10_000, 40
#: letters read with one vocabulary. What a memory zone forgets leaves a gap in preshed's hash tables, so that they grow
#: with every new word (120 MB in 35,000 letters of 60 new words each).
_LETTERS_A_VOCABULARY = 1_000


class Reader:
    """Reads letters, one at a time, on one thread; may be called from several. Never raises."""

    def __init__(self, pipeline: Pipeline, version: str, problem: str | None = None) -> None:
        """Keep a pipeline. `problem`: why there is no model, in words for `check`; None where there is one."""
        self.version = version
        self.problem = problem
        self._pipeline = pipeline
        self._lock = threading.Lock()
        self._letters = 0
        decision = cast(LetterDecision, pipeline.get_pipe("letter_decision"))
        decision.version = version

    def read(self, letter: Letter) -> Classification:
        """Read one letter. Where anything at all fails, a person must read it: it abstains."""
        try:
            return self._read(letter)
        except Exception:
            return self._unreadable(letter)

    def heard(self, letter: Letter) -> Heard:
        """Give what the components found, before any threshold: for calibration and evaluation."""
        from classifiers.components import heard  # noqa: PLC0415

        with self._zone():
            return heard(self._pipeline(self._document(letter)))

    def _read(self, letter: Letter) -> Classification:
        with self._zone():
            found: Classification = self._pipeline(self._document(letter))._.classification
        return found

    @contextmanager
    def _zone(self) -> Iterator[None]:
        """Read one letter at a time; strings first seen in it leave memory with it."""
        with self._lock:
            self._letters += 1
            if self._letters % _LETTERS_A_VOCABULARY == 0:
                fresh = spacy.blank("en")
                self._pipeline.vocab, self._pipeline.tokenizer = fresh.vocab, fresh.tokenizer
            with self._pipeline.memory_zone():
                yield

    def _document(self, letter: Letter) -> spacy.tokens.Doc:
        prepared = prepare(letter)
        doc = self._pipeline.make_doc("\n".join(_bounded(prepared.sentences)))
        doc._.letter, doc._.prepared = letter, prepared
        return doc

    def _unreadable(self, letter: Letter) -> Classification:
        alarms = UrgencyLexicon().evidence([letter.subject, letter.new_text[:_DOCUMENT]])
        urgent = Urgency(any(alarms), ())
        return Classification(urgent=urgent, wholly_english=False, abstention=Abstention.UNSURE, version=self.version)


def load(folder: Path | None = None) -> Reader:
    """Load the pipeline of `folder` (default: the one that travels with this package).

    Where files are missing or damaged the reader runs the urgency lexicon and otherwise abstains; `problem` says why.
    """
    folder = MODEL if folder is None else folder
    problem = _damage(folder)
    if problem is None:
        try:
            return Reader(spacy.load(folder), _version(folder))
        except Exception as error:
            problem = f"{folder.name}: {type(error).__name__}: {error}"
    return Reader(blank(), "rules-" + _rules_version(), problem)


def blank() -> Pipeline:
    """Make the pipeline without a model."""
    pipeline = spacy.blank("en")
    for name in COMPONENTS:
        pipeline.add_pipe(name)
    return pipeline


def seal(folder: Path) -> None:
    """Write the manifest: SHA-256 of every file of the model."""
    (folder / MANIFEST).unlink(missing_ok=True)
    digests = {str(one.relative_to(folder)): _digest(one) for one in sorted(folder.rglob("*")) if one.is_file()}
    (folder / MANIFEST).write_text(json.dumps(digests, indent=1) + "\n", encoding="utf-8")


def _damage(folder: Path) -> str | None:
    """Say what is wrong with the files, None where they are as sealed."""
    try:
        digests = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        digests = None
    if not isinstance(digests, dict) or not digests:
        return f"{folder / MANIFEST} is missing or unreadable"
    for name, digest in digests.items():
        if not (folder / name).is_file():
            return f"{folder / name} is missing"
        if _digest(folder / name) != digest:
            return f"{folder / name} is damaged: its SHA-256 is not the manifest's"
    return None


def _version(folder: Path) -> str:
    return hashlib.sha256((folder / MANIFEST).read_bytes() + _rules_version().encode()).hexdigest()[:12]


def _rules_version() -> str:
    return hashlib.sha256(b"".join(one.read_bytes() for one in sorted(RULES.glob("*.toml")))).hexdigest()[:12]


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _bounded(sentences: tuple[str, ...]) -> list[str]:
    kept, length = [], 0
    for sentence in sentences:
        # No word is that long; a run of brackets would cost spaCy's tokenizer seconds.
        short = " ".join(word[:_WORD] for word in sentence.split(" "))
        length += len(short) + 1
        if length > _DOCUMENT:
            break
        kept.append(short)
    return kept
