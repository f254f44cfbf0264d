"""Templates: sandboxed, strict, and proved with every field before the service starts."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from classifiers.topics import TopicLexicon
from intake.errors import ConfigurationRefused, TemplateRefused
from intake.places import templates_folder
from intake.vocabulary import ReplyTemplate


class ReplyTemplates:
    """The reply templates of one folder, `NAME/subject.txt` and `NAME/body.txt`, and the answers they may give.

    `answers` holds one plain-words answer, `TOPIC.txt`, for each topic of the published policy. `version` is of all.
    """

    def __init__(self, folder: Path | None = None, answers: Path | None = None) -> None:
        """Read the templates in `folder` and `answers` (their defaults stand beside the program)."""
        self._folder = folder or templates_folder() / "replies"
        self._answers = answers or templates_folder() / "answers"
        self._environments = {one: _sandbox(one) for one in (self._folder, self._answers)}
        self.version = self._digest()

    def render(self, name: ReplyTemplate, fields: Mapping[str, Any]) -> tuple[str, str]:
        """Write subject and body. Raises `TemplateRefused`, naming file and line."""
        subject = self._rendered(self._folder, f"{name}/subject.txt", fields)
        if len(subject.strip().splitlines()) != 1:
            raise TemplateRefused(f"templates/replies/{name}/subject.txt: a subject is one line")
        return subject.strip(), _tidied(self._rendered(self._folder, f"{name}/body.txt", fields))

    def answers(self, topics: Sequence[str], fields: Mapping[str, Any]) -> tuple[str, ...]:
        """Write the answer to each of `topics`. Raises `TemplateRefused`, naming file and line."""
        return tuple(self._rendered(self._answers, f"{topic}.txt", fields).strip("\n") for topic in topics)

    def prove_answers(self, topics: Sequence[str]) -> None:
        """Prove that each topic has its answer and each answer its topic. Raises `TemplateRefused`."""
        answered = {path.stem for path in self._answers.glob("*.txt")}
        for topic in sorted(answered ^ set(topics)):
            why = "no topic of that name in topics.toml" if topic in answered else "is missing: topics.toml names it"
            raise TemplateRefused(f"templates/answers/{topic}.txt: {why}")

    def own_texts(self) -> tuple[str, ...]:
        """Every template's own words as written, to recognise them where they are quoted back."""
        return tuple(path.read_text(encoding="utf-8") for _folder, path in self._files())

    def _rendered(self, folder: Path, path: str, fields: Mapping[str, Any]) -> str:
        top = "answers" if folder == self._answers else "replies"
        try:
            return self._environments[folder].get_template(path).render(fields)
        except TemplateError as error:
            line = getattr(error, "lineno", None)
            place = f"{path}, line {line}" if line else path
            raise TemplateRefused(f"templates/{top}/{place}: {error.message or type(error).__name__}") from error
        except (OSError, UnicodeDecodeError, TypeError, ValueError, ArithmeticError) as error:
            raise TemplateRefused(f"templates/{top}/{path}: {type(error).__name__}: {error}") from error

    def _files(self) -> list[tuple[Path, Path]]:
        folders = ((self._folder, "*/*.txt"), (self._answers, "*.txt"))
        return [(folder, path) for folder, pattern in folders for path in sorted(folder.glob(pattern))]

    def _digest(self) -> str:
        digest = hashlib.sha256()
        for folder, path in self._files():
            digest.update(f"{path.relative_to(folder)}\x00".encode())
            digest.update(path.read_bytes())
        return digest.hexdigest()[:12]


def load_topics() -> TopicLexicon:
    """Read the rules by which a question picks its answers. Raises `ConfigurationRefused`, naming what is wrong."""
    try:
        return TopicLexicon()
    except (OSError, ValueError, KeyError) as error:
        raise ConfigurationRefused(f"classifiers/rules: {error}") from error


def _sandbox(folder: Path) -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folder, encoding="utf-8"),
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=False,
        keep_trailing_newline=True,
    )


def _tidied(body: str) -> str:
    """Fold runs of blank lines, as conditional parts leave them."""
    lines: list[str] = []
    for line in body.rstrip().splitlines():
        if line.strip() or (lines and lines[-1]):
            lines.append(line.rstrip())
    return "\n".join(lines) + "\n"
