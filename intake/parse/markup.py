"""HTML into lines as a reader sees them; what a reader would not see is set apart."""

import re
from dataclasses import dataclass, field
from typing import Any

from lxml import etree, html  # type: ignore[import-untyped]

from intake.parse import bounds
from intake.parse.lines import Line, Whose
from intake.parse.style import Style, hidden_names

_BLOCKS = frozenset(
    (  # noqa: SIM905 - a list one word a line says no more
        "address article aside blockquote body center dd details dir div dl dt fieldset figcaption figure "
        "footer form h1 h2 h3 h4 h5 h6 header hr html legend li main menu nav ol option p pre section summary "
        "table tbody tfoot thead tr ul"
    ).split()
)
_PARAGRAPHS = frozenset(["p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "table", "pre"])
_SILENT = frozenset(
    (  # noqa: SIM905 - a list one word a line says no more
        "script style head title meta link template noscript object svg math select textarea"
    ).split()
)
#: containers whose whole content is quoted; a forwarding client puts "x_" before every name
_QUOTE_CLASSES = re.compile(
    r"gmail_attr|gmail_extra_quote|yahoo_quoted|moz-cite-prefix|protonmail_quote|zmail_extra|tutanota_quote|"
    r"ms-outlook-mobile-reference-message|mail_android_quote",
    re.I,
)
#: from here on to the end everything is quoted (Outlook)
_QUOTE_STARTS = frozenset(
    ["divrplyfwdmsg", "appendonsend", "olk_src_body_section", "mail-editor-reference-message-container"]
)
_SIGNATURE_CLASSES = re.compile(
    r"gmail_signature|moz-signature|protonmail_signature|mail_signature|yahoo-signature", re.I
)
_SIGNATURE_IDS = frozenset(["signature", "ms-outlook-mobile-signature", "applemailsignature", "composer_signature"])
_SPACES = re.compile(r"[ \t\r\n\f]+")


@dataclass(slots=True)
class Page:
    """What was read out of HTML: lines as seen, and the words that nobody would see."""

    lines: list[Line] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    cut: bool = False


def read_markup(source: str) -> Page:
    """Read HTML source into a `Page`. Bounded; never raises for anything a message can contain."""
    cut = len(source) > bounds.MARKUP
    text = source[: bounds.MARKUP].replace("\0", "")
    if not text.strip():
        return Page(cut=cut)
    try:
        root = html.document_fromstring(_undeclared(text))
    except (etree.LxmlError, ValueError, AssertionError):
        return Page([Line(one) for one in _stripped(text).split("\n")], cut=True)
    reader = _Reader(Page(cut=cut), hidden_names(text))
    reader.read(root)
    return reader.page


@dataclass(slots=True)
class _State:
    """What an element hands down to its children."""

    style: Style
    whose: Whose = Whose.NEW
    hidden: bool = False
    preformatted: bool = False


@dataclass(slots=True)
class _Reader:
    """One walk over the tree, without recursion: depth is the sender's choice."""

    page: Page
    hidden_names: frozenset[str]
    current: list[str] = field(default_factory=list)
    whose: Whose = Whose.NEW
    #: from an Outlook reply header on, all is quoted
    rest_is_quoted: bool = False
    size: int = 0
    #: a bound was reached: nothing more is read
    full: bool = False

    def read(self, root: Any) -> None:
        """Walk `root` in document order."""
        stack: list[tuple[Any, _State, bool]] = [(root, _State(Style()), False)]
        entered = 0
        while stack and not self.full:
            element, state, leaving = stack.pop()
            if leaving:
                self._leave(element, state)
                continue
            entered += 1
            self.full = entered > bounds.ELEMENTS or len(self.page.lines) > bounds.LINES
            own = self._enter(element, state)
            # Below it, then its closing, then what follows it in its parent.
            stack.append((element, state, True))
            if own is not None:
                stack.extend((child, own, False) for child in reversed(element))
        self._break()
        self.page.cut = self.page.cut or self.full

    def _enter(self, element: Any, state: _State) -> _State | None:
        """Read an element's opening and text; None where its content is not read."""
        tag = element.tag if isinstance(element.tag, str) else ""
        if not tag or tag in _SILENT:
            return None
        if tag == "br":
            self._break(always=True)
            return None
        if tag == "hr":
            self._rule(state)
            return None
        own = self._own_state(element, tag, state)
        if tag in _BLOCKS:
            self._break()
        if tag == "li":
            self._say("- ", own)
        self._say(element.text, own)
        return own

    def _leave(self, element: Any, state: _State) -> None:
        tag = element.tag if isinstance(element.tag, str) else ""
        if tag in {"td", "th"} and self.current:
            self.current.append("\t")
        elif tag in _BLOCKS:
            self._break()
            if tag in _PARAGRAPHS and self.page.lines and not self.page.lines[-1].blank:
                self.page.lines.append(Line("", self.page.lines[-1].whose))
        self._say(element.tail, state)

    def _own_state(self, element: Any, tag: str, state: _State) -> _State:
        names = f"{element.get('class') or ''} {element.get('id') or ''}"[:500]
        identity = (element.get("id") or "").strip().lower().removeprefix("x_")
        if identity in _QUOTE_STARTS:
            self._break()
            self.rest_is_quoted = True
        style = state.style.under(tag, element.get("style") or "", element.attrib)
        whose = state.whose
        if _quotes(element, tag, names) and not style.indents_only:
            whose = Whose.QUOTE
        elif whose is Whose.NEW and (style.small or _SIGNATURE_CLASSES.search(names) or identity in _SIGNATURE_IDS):
            whose = Whose.SIGNATURE
        hidden = state.hidden or style.hidden or bool(self.hidden_names and self.hidden_names & set(names.split()))
        return _State(style, whose, hidden, state.preformatted or tag == "pre" or style.preserves)

    def _say(self, text: str | None, state: _State) -> None:
        if not text:
            return
        if state.hidden or state.style.unseen:
            if text.strip() and state.whose is not Whose.QUOTE and not self.rest_is_quoted:
                self.page.hidden.append(text.strip())
            return
        self.size += len(text)
        if self.size > bounds.TEXT:
            self.full = True
            return
        whose = Whose.QUOTE if self.rest_is_quoted else state.whose
        if whose is not self.whose and self.current:
            self._break()
        self.whose = whose
        if state.preformatted:
            first, *others = text.split("\n")
            self.current.append(first)
            for other in others:
                self._break(always=True)
                self.current.append(other)
        else:
            self.current.append(_SPACES.sub(" ", text))

    def _break(self, *, always: bool = False) -> None:
        """End the current line; a blank one only where `always`."""
        text = _joined(self.current)
        self.current.clear()
        if text or always:
            self.page.lines.append(Line(text, self.whose))

    def _rule(self, state: _State) -> None:
        self._break()
        self.page.lines.append(Line("", Whose.QUOTE if self.rest_is_quoted else state.whose, rule=True))


def _quotes(element: Any, tag: str, names: str) -> bool:
    """Tell whether an element holds an earlier message."""
    if tag == "blockquote" or _QUOTE_CLASSES.search(names):
        return True
    # Gmail answers between the quotes inside its quote container; what it forwards stands there without a blockquote.
    return "gmail_quote" in names and not any(child.tag == "blockquote" for child in element)


def _joined(pieces: list[str]) -> str:
    text = "".join(pieces).replace("\xa0", " ")
    # A cell that holds one line stays on its row; layout tables leave only tabs behind.
    return "\t".join(one.strip() if index else one.rstrip() for index, one in enumerate(text.split("\t"))).strip(" \t")


def _undeclared(text: str) -> str:
    """Drop an XML declaration: lxml refuses text that names an encoding."""
    return re.sub(r"^\s*<\?xml[^>]{0,200}\?>", "", text[:1000]) + text[1000:]


def _stripped(text: str) -> str:
    return re.sub(r"<[^<>]{0,5000}>", " ", text)
