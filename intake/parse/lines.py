"""Text as lines, each with whose it is."""

from dataclasses import dataclass
from enum import IntEnum

from intake.parse import bounds


class Whose(IntEnum):
    """Whose a line is; a greater value is less the writer's."""

    NEW = 0
    SIGNATURE = 1
    QUOTE = 2


@dataclass(slots=True)
class Line:
    """One line of text while it is being sorted; `quoted` where its own format says so ("> ", blockquote)."""

    text: str
    whose: Whose = Whose.NEW
    #: a horizontal rule, or a line of dashes that stands for one
    rule: bool = False

    @property
    def blank(self) -> bool:
        """Nothing on it."""
        return not self.text.strip()


def plain_lines(text: str) -> list[Line]:
    """Cut plain text into lines; nothing is sorted yet."""
    rows = text.replace("\r\n", "\n").replace("\r", "\n").split("\n", bounds.LINES + 1)
    return [Line(one.rstrip()) for one in rows]
