"""The pipeline's components, registered with spaCy by name. A document's text is its sentences, one a line."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from spacy.language import Language as Pipeline
from spacy.tokens import Doc, Span

from classifiers.classification import Classification
from classifiers.cues import CueLexicon, Cues
from classifiers.decision import NAME as THRESHOLDS
from classifiers.decision import Heard, Thresholds, conclude
from classifiers.encoder import GRAPH, PIECES, Encoder, Outputs
from classifiers.language import Language, identify
from classifiers.text import Prepared, bounded, clean, sentences
from classifiers.urgency import UrgencyLexicon

#: sentences that the cue lexica read; the urgency lexicon reads all
_MOST_SENTENCES = 400
EXTENSIONS = ("letter", "prepared", "language_read", "cues", "alarms", "whispers", "outputs", "classification")
for _name in EXTENSIONS:
    if not Doc.has_extension(_name):
        Doc.set_extension(_name, default=None)


@Pipeline.component("letter_sentences")
def letter_sentences(doc: Doc) -> Doc:
    """Begin a sentence after each line break."""
    start = True
    for token in doc:
        token.is_sent_start = start
        start = "\n" in token.text
    return doc


@Pipeline.component("letter_language")
def letter_language(doc: Doc) -> Doc:
    """Identify the language of every sentence."""
    doc._.language_read = identify(doc._.prepared.sentences[:_MOST_SENTENCES])
    return doc


class LetterCues:
    """Hears the rule layer's cues; those that withdraw or ask stand in `doc.spans`."""

    def __init__(self) -> None:
        """Compile the lexica."""
        self._lexicon = CueLexicon()

    def __call__(self, doc: Doc) -> Doc:
        """Read one letter."""
        prepared: Prepared = doc._.prepared
        letter, read = doc._.letter, prepared.sentences[:_MOST_SENTENCES]
        cues = self._lexicon.read(read, letter.quoted_text, has_subject=prepared.has_subject)
        more = len(prepared.sentences) > len(read) or letter.nested_text or letter.attachment_names
        doc._.cues = cues = replace(cues, courtesy=False) if more else cues
        by_text = {span.text.strip(): span for span in doc.sents}
        for name, found in (("withdrawing", cues.withdrawing), ("questions", cues.questions), ("limits", cues.limits)):
            doc.spans[name] = [Span(doc, s.start, s.end, label=name) for s in map(by_text.get, found) if s is not None]
        return doc


class LetterUrgency:
    """Searches own words, subject, quoted, nested and set-apart text and attachment names for the urgency lexicon."""

    def __init__(self) -> None:
        """Compile the lexicon."""
        self._lexicon = UrgencyLexicon()

    def __call__(self, doc: Doc) -> Doc:
        """Read one letter."""
        letter = doc._.letter
        stretches = list(doc._.prepared.sentences)
        for text in (letter.quoted_text, letter.nested_text, "\n".join(letter.attachment_names), letter.set_apart):
            stretches += sentences(clean(bounded(text)))
        doc._.alarms, doc._.whispers = self._lexicon.evidence(stretches)
        return doc


class LetterEncoder:
    """Runs the encoder; without a model it leaves `outputs` empty."""

    def __init__(self) -> None:
        """Start without a model."""
        self._encoder: Encoder | None = None
        self._folder: Path | None = None

    def __call__(self, doc: Doc) -> Doc:
        """Read one letter."""
        if self._encoder is not None and doc._.prepared.sentences:
            doc._.outputs = self._encoder.read(doc._.prepared)
        return doc

    def from_disk(self, path: Path, exclude: Any = ()) -> "LetterEncoder":
        """Open graph and tokenizer."""
        self._folder, self._encoder = Path(path), Encoder(Path(path))
        return self

    def to_disk(self, path: Path, exclude: Any = ()) -> None:
        """Copy graph and tokenizer to `path`, unless they lie there."""
        path = Path(path)
        path.mkdir(parents=True, exist_ok=True)
        for name in (GRAPH, PIECES):
            if self._folder is not None and self._folder.resolve() != path.resolve():
                (path / name).write_bytes((self._folder / name).read_bytes())


class LetterDecision:
    """Concludes by thresholds, cues and outputs."""

    def __init__(self) -> None:
        """Start with thresholds at which nothing is acted on."""
        self.thresholds = Thresholds()
        self.version = ""

    def __call__(self, doc: Doc) -> Doc:
        """Decide one letter."""
        doc._.classification = conclude(heard(doc), self.thresholds, self.version)
        return doc

    def from_disk(self, path: Path, exclude: Any = ()) -> "LetterDecision":
        """Read the thresholds."""
        self.thresholds = Thresholds.read(Path(path) / THRESHOLDS)
        return self

    def to_disk(self, path: Path, exclude: Any = ()) -> None:
        """Write the thresholds."""
        Path(path).mkdir(parents=True, exist_ok=True)
        self.thresholds.write(Path(path) / THRESHOLDS)


def heard(doc: Doc) -> Heard:
    """Gather what the components found."""
    language: Language = doc._.language_read
    cues: Cues = doc._.cues
    outputs: Outputs | None = doc._.outputs
    return Heard(doc._.letter, doc._.prepared, language, cues, doc._.alarms, doc._.whispers, outputs)


@Pipeline.factory("letter_cues")
def _letter_cues(nlp: Pipeline, name: str) -> LetterCues:
    return LetterCues()


@Pipeline.factory("letter_urgency")
def _letter_urgency(nlp: Pipeline, name: str) -> LetterUrgency:
    return LetterUrgency()


@Pipeline.factory("letter_encoder")
def _letter_encoder(nlp: Pipeline, name: str) -> LetterEncoder:
    return LetterEncoder()


@Pipeline.factory("letter_decision")
def _letter_decision(nlp: Pipeline, name: str) -> LetterDecision:
    return LetterDecision()


COMPONENTS = (
    "letter_sentences",
    "letter_language",
    "letter_cues",
    "letter_urgency",
    "letter_encoder",
    "letter_decision",
)
__all__ = ["COMPONENTS", "Classification", "heard"]
