"""Just enough of CSS to know what a reader would not see."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

_HIDING_RULE = re.compile(r"([.#][\w-]{1,80})\s*\{[^{}]{0,500}?(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.I)
_NUMBER = re.compile(r"(-?\d{0,6}(?:\.\d{1,6})?)\s*(px|pt|em|rem|%|)")
_RGB = re.compile(r"rgba?\(\s*(\d{1,3})\s*[, ]\s*(\d{1,3})\s*[, ]\s*(\d{1,3})\s*(?:[,/]\s*([\d.]{1,6})\s*)?\)")
_NAMED = {"white": (255, 255, 255), "snow": (255, 250, 250), "ivory": (255, 255, 240), "black": (0, 0, 0)}
_NEAR = 24


def hidden_names(source: str) -> frozenset[str]:
    """Give the class names and ids that a style sheet in `source` hides, outside media queries."""
    names: set[str] = set()
    for piece in re.split("<style", source[:200_000], flags=re.I)[1:20]:
        sheet = _without_media(piece.partition("</")[0][:20_000])
        names.update(name[1:] for name in _HIDING_RULE.findall(sheet))
    return frozenset(names)


def _without_media(sheet: str) -> str:
    """Leave out `@media` blocks: they hide for one kind of screen what they show on another."""
    kept, depth, skipping = [], 0, False
    for piece in re.split(r"([{}]|@media)", sheet):
        if piece == "@media" and depth == 0:
            skipping = True
        elif not skipping:
            kept.append(piece)
        depth += (piece == "{") - (piece == "}")
        if skipping and piece == "}" and depth <= 0:
            skipping = False
    return "".join(kept)


@dataclass(frozen=True, slots=True)
class Style:
    """The inherited look of text: colours as RGB, and whether an element itself is hidden."""

    color: tuple[int, int, int] = (0, 0, 0)
    background: tuple[int, int, int] = (255, 255, 255)
    hidden: bool = False
    #: font of no size: inherited, but a child may set its own
    tiny: bool = False
    #: print so small that it is nobody's letter
    small: bool = False
    #: line breaks in the source are line breaks to the reader
    preserves: bool = False
    #: a blockquote that an editor uses to indent the writer's own words
    indents_only: bool = False

    @property
    def unseen(self) -> bool:
        """Text in it cannot be seen, though it takes up its place."""
        return self.tiny or max(abs(a - b) for a, b in zip(self.color, self.background, strict=True)) < _NEAR

    def under(self, tag: str, declared: str, attributes: Mapping[str, str]) -> "Style":
        """Give the style of an element `tag` inside this one, with its `style` attribute and HTML attributes."""
        if not declared and not attributes:
            return self if not (self.hidden or self.indents_only) else replace(self, hidden=False, indents_only=False)
        rules = _declarations(declared)
        color = _color(rules.get("color", attributes.get("color", ""))) or self.color
        background = (
            _color(rules.get("background-color", rules.get("background", attributes.get("bgcolor", ""))))
            or self.background
        )
        size = _size(rules.get("font-size", ""))
        return Style(
            color=color,
            background=background,
            hidden=_hides(rules) or "hidden" in attributes,
            tiny=self.tiny if size is None else size < 1.5,
            small=self.small if size is None else 1.5 <= size <= 9,
            preserves="pre" in rules.get("white-space", "pre" if self.preserves else ""),
            indents_only=tag == "blockquote" and "none" in rules.get("border", rules.get("border-left", "")),
        )


def _declarations(declared: str) -> dict[str, str]:
    rules = {}
    for one in declared[:2000].split(";"):
        name, colon, value = one.partition(":")
        if colon:
            rules[name.strip().lower()] = value.strip().lower().replace("!important", "").strip()
    return rules


def _hides(rules: Mapping[str, str]) -> bool:
    if (
        rules.get("display") == "none"
        or rules.get("visibility") in {"hidden", "collapse"}
        or rules.get("mso-hide") == "all"
    ):
        return True
    if _size(rules.get("opacity", "")) == 0:
        return True
    overflow_hidden = "hidden" in rules.get("overflow", "")
    if overflow_hidden and (_zero(rules, "max-height", "height") or _zero(rules, "max-width", "width")):
        return True
    offset = [_size(rules.get(name, "")) for name in ("left", "top", "text-indent", "margin-left")]
    return any(one is not None and one <= -500 for one in offset)


def _zero(rules: Mapping[str, str], *names: str) -> bool:
    return any(_size(rules.get(name, "")) == 0 for name in names)


def _size(value: str) -> float | None:
    """Give a length in points or so; None where it is not a plain number."""
    match = _NUMBER.match(value)
    if match is None or match.group(1) in {"", "-", ".", "-."}:
        return None
    number = float(match.group(1))
    return number * 12 if match.group(2) in {"em", "rem"} else number * 0.12 if match.group(2) == "%" else number


def _color(value: str) -> tuple[int, int, int] | None:
    value = value.strip().lower()
    if value in _NAMED:
        return _NAMED[value]
    if value.startswith("#"):
        digits = value[1:7]
        if len(value) == 4:
            digits = "".join(one * 2 for one in value[1:4])
        try:
            return (int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16))
        except ValueError:
            return None
    match = _RGB.match(value)
    return (int(match[1]), int(match[2]), int(match[3])) if match else None
