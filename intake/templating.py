"""Templates: sandboxed, strict, and proved with every field before the service starts."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from intake.errors import TemplateRefused
from intake.places import templates_folder
from intake.vocabulary import ReplyTemplate


class ReplyTemplates:
    """The reply templates of one folder, `NAME/subject.txt` and `NAME/body.txt`, with the version of their text."""

    def __init__(self, folder: Path | None = None) -> None:
        """Read the templates in `folder` (its default stands beside the program)."""
        self._folder = folder or templates_folder() / "replies"
        self._environment = ImmutableSandboxedEnvironment(
            loader=FileSystemLoader(self._folder, encoding="utf-8"),
            undefined=StrictUndefined,
            autoescape=False,
            trim_blocks=False,
            keep_trailing_newline=True,
        )
        self.version = self._digest()

    def render(self, name: ReplyTemplate, fields: Mapping[str, Any]) -> tuple[str, str]:
        """Write subject and body. Raises `TemplateRefused`, naming file and line."""
        subject = self._rendered(f"{name}/subject.txt", fields)
        if len(subject.strip().splitlines()) != 1:
            raise TemplateRefused(f"templates/replies/{name}/subject.txt: a subject is one line")
        return subject.strip(), _tidied(self._rendered(f"{name}/body.txt", fields))

    def own_texts(self) -> tuple[str, ...]:
        """Every template's own words as written, to recognise them where they are quoted back."""
        return tuple(path.read_text(encoding="utf-8") for path in sorted(self._folder.glob("*/*.txt")))

    def _rendered(self, path: str, fields: Mapping[str, Any]) -> str:
        try:
            return self._environment.get_template(path).render(fields)
        except TemplateError as error:
            line = getattr(error, "lineno", None)
            place = f"{path}, line {line}" if line else path
            raise TemplateRefused(f"templates/replies/{place}: {error.message or type(error).__name__}") from error
        except (OSError, UnicodeDecodeError, TypeError, ValueError, ArithmeticError) as error:
            raise TemplateRefused(f"templates/replies/{path}: {type(error).__name__}: {error}") from error

    def _digest(self) -> str:
        digest = hashlib.sha256()
        for path in sorted(self._folder.glob("*/*.txt")):
            digest.update(f"{path.relative_to(self._folder)}\x00".encode())
            digest.update(path.read_bytes())
        return digest.hexdigest()[:12]


def _tidied(body: str) -> str:
    """Fold runs of blank lines, as conditional parts leave them."""
    lines: list[str] = []
    for line in body.rstrip().splitlines():
        if line.strip() or (lines and lines[-1]):
            lines.append(line.rstrip())
    return "\n".join(lines) + "\n"
