"""The demo's page: calm text for a terminal of 80 to 100 columns; colour only where somebody looks."""

import os
import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence

_NARROWEST, _WIDEST = 80, 100
#: a line of a reply this long was broken by its margin, not by its writer
_FULL_LINE = 90
_BOLD, _DIM, _CALM, _ALARM = "1", "2", "36", "33"


class Page:
    """Prints on standard output."""

    def __init__(self) -> None:
        """Look at the terminal once."""
        self._coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        self.width = max(_NARROWEST, min(_WIDEST, shutil.get_terminal_size((_WIDEST, 40)).columns))

    def title(self, text: str) -> None:
        """Begin a part of the page."""
        self._print(f"\n{self._as(_BOLD, text)}\n{self._as(_DIM, '─' * self.width)}")

    def group(self, name: str, meaning: str, *, alarm: bool = False) -> None:
        """Begin a group of lines: its name and what it means."""
        self._print(f"\n  {self._as(_ALARM if alarm else _CALM, name.upper())}  {self._as(_DIM, meaning)}".rstrip())

    def text(self, text: str, *, indent: int = 2) -> None:
        """Print a paragraph, wrapped."""
        self._print(textwrap.fill(text, self.width, initial_indent=" " * indent, subsequent_indent=" " * indent))

    def entry(self, left: str, right: str, *, left_width: int) -> None:
        """Print a line of two columns; what is too long goes on below, in its own column."""
        lefts = textwrap.wrap(left, left_width) or [""]
        rights = textwrap.wrap(right, self.width - left_width - 4) or [""]
        for place in range(max(len(lefts), len(rights))):
            first = lefts[place] if place < len(lefts) else ""
            second = rights[place] if place < len(rights) else ""
            self._print(f"  {first.ljust(left_width)}  {self._as(_DIM, second)}".rstrip())

    def table(self, head: Sequence[str], rows: Iterable[Sequence[str]], widths: Sequence[int]) -> None:
        """Print rows under a head; `widths` of all columns but the last, which wraps."""
        indent = sum(widths) + 2 * len(widths) + 2
        self._print(self._as(_DIM, self._row(head, widths)))
        for *cells, last in rows:
            lines = textwrap.wrap(last, self.width - indent) or [""]
            self._print(self._row([*cells, lines[0]], widths))
            for line in lines[1:]:
                self._print(" " * indent + line)

    def letter(self, head: Iterable[str], text: str) -> None:
        """Print a letter behind a bar; long lines are set anew to fit."""
        for line in [*head, "", *_reset(text, self.width - 4)]:
            self._print(f"  {self._as(_DIM, '│')} {line}".rstrip())

    def verbatim(self, text: str) -> None:
        """Print a text as it is, to be copied."""
        self._print(textwrap.indent(text, "    "))

    def gap(self) -> None:
        """Leave a line free."""
        self._print("")

    def _as(self, style: str, text: str) -> str:
        return f"\033[{style}m{text}\033[0m" if self._coloured and text else text

    @staticmethod
    def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
        padded = [cell.ljust(width) for cell, width in zip(cells, [*widths, 0], strict=True)]
        return f"  {'  '.join(padded)}".rstrip()

    @staticmethod
    def _print(text: str) -> None:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


def _reset(text: str, width: int) -> list[str]:
    """Set paragraphs anew: a line goes on where the one before it was full, and list items keep their indent."""
    paragraphs: list[str] = []
    full = False
    for line in text.splitlines():
        goes_on = full and bool(line.strip()) and not line.lstrip().startswith("- ")
        if goes_on:
            paragraphs[-1] += f" {line.strip()}"
        else:
            paragraphs.append(line)
        full = len(line) > _FULL_LINE
    return [line for one in paragraphs for line in _wrapped(one, width)]


def _wrapped(paragraph: str, width: int) -> list[str]:
    indent = len(paragraph) - len(paragraph.lstrip(" "))
    hanging = " " * (indent + (2 if paragraph.lstrip().startswith("- ") else 0))
    return textwrap.wrap(paragraph, width, subsequent_indent=hanging) or [""]
