"""The demo's page: calm text for a terminal of 80 to 100 columns; colour only where somebody looks."""

import os
import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence

_NARROWEST, _WIDEST = 80, 100
_BOLD, _DIM, _CALM, _ALARM = "1", "2", "36", "33"


class Page:
    """Prints on standard output."""

    def __init__(self) -> None:
        """Look at the terminal once."""
        self._coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        self.width = max(_NARROWEST, min(_WIDEST, shutil.get_terminal_size((96, 40)).columns))

    def title(self, text: str) -> None:
        """Begin a part of the page."""
        self._print(f"\n{self._as(_BOLD, text)}\n{self._as(_DIM, '─' * self.width)}")

    def group(self, name: str, meaning: str, *, alarm: bool = False) -> None:
        """Begin a group of lines: its name and what it means."""
        self._print(f"\n  {self._as(_ALARM if alarm else _CALM, name.upper())}  {self._as(_DIM, meaning)}")

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

    def table(self, rows: Iterable[Sequence[str]], widths: Sequence[int]) -> None:
        """Print rows; the last column wraps."""
        indent = sum(widths) + 2 * len(widths) + 2
        for *cells, last in rows:
            lines = textwrap.wrap(last, self.width - indent) or [""]
            start = "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
            self._print(f"  {start}  {lines[0]}".rstrip())
            for line in lines[1:]:
                self._print(" " * indent + line)

    def letter(self, lines: Iterable[str]) -> None:
        """Print a letter behind a bar."""
        for line in lines:
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
    def _print(text: str) -> None:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
