"""Address fields, counted raw (RFC 5322 section 3.4): a scanner that never guesses and never backtracks."""

from dataclasses import dataclass, field

from intake.parse import bounds
from intake.parse.decoding import octets, scalar
from intake.parse.fields import decoded
from intake.parse.message import Address

_OPEN = {'"': "quote", "(": "comment", "<": "angle"}


def addresses(values: list[str]) -> tuple[Address, ...]:
    """Read every address of every field value, in order; what has no @ is no address."""
    found: list[Address] = []
    for value in values:
        found.extend(_Scanner().scan(scalar(octets(value[: bounds.HEADER_VALUE]))))
        if len(found) >= bounds.ADDRESSES:
            break
    return tuple(found[: bounds.ADDRESSES])


def path(value: str) -> str:
    """Read a Return-Path: the address, or "" for the null reverse-path."""
    text = value.strip()
    if "<" in text:
        text = text.partition("<")[2].partition(">")[0]
    return _spec(text)


@dataclass(slots=True)
class _Scanner:
    """One pass over a field value: quoted strings, nested comments, angle addresses, groups."""

    phrase: list[str] = field(default_factory=list)
    comment: list[str] = field(default_factory=list)
    angle: list[str] | None = None
    found: list[Address] = field(default_factory=list)

    def scan(self, value: str) -> list[Address]:
        """Give the addresses of `value`."""
        at = 0
        while at < len(value):
            character = value[at]
            if character == '"':
                at = self._quoted(value, at)
                continue
            if character == "(":
                at = self._commented(value, at)
                continue
            self._plain(character)
            at += 1
        self._emit()
        return self.found

    def _plain(self, character: str) -> None:
        if character == "<" and self.angle is None:
            self.angle = []
        elif character == ">" and self.angle is not None:
            self._emit()
        elif self.angle is not None:
            self.angle.append(character)
        elif character in ",;":
            self._emit()
        elif character == ":":
            self.phrase.clear()  # a group's name
        else:
            self.phrase.append(character)

    def _quoted(self, value: str, at: int) -> int:
        """Take a quoted string whole; in an angle address it is a quoted local part and keeps its quotes."""
        end = at + 1
        while end < len(value) and value[end] != '"':
            end += 2 if value[end] == "\\" else 1
        text = value[at : end + 1]
        (self.phrase if self.angle is None else self.angle).append(text)
        return end + 1

    def _commented(self, value: str, at: int) -> int:
        depth, end = 0, at
        while end < len(value):
            if value[end] == "\\":
                end += 1
            elif value[end] == "(":
                depth += 1
            elif value[end] == ")":
                depth -= 1
                if depth == 0:
                    break
            end += 1
        self.comment.append(value[at + 1 : end])
        return end + 1

    def _emit(self) -> None:
        written = "".join(self.phrase).strip()
        comment = " ".join(self.comment).strip()
        if self.angle is not None:
            spec, name = _spec("".join(self.angle)), written
            if not name:
                name = comment
        else:
            spec, name = _spec(written), comment
        if "@" in spec:
            self.found.append(Address(spec, _name(name)))
        self.phrase.clear()
        self.comment.clear()
        self.angle = None


def _spec(text: str) -> str:
    """Normalise an addr-spec: no white space, no source route, lower-case domain."""
    spec = "".join(text.split())
    if spec.startswith("@") and ":" in spec:
        spec = spec.rpartition(":")[2]  # obsolete source route (RFC 5322 section 4.4)
    local, at, domain = spec[:1000].rpartition("@")
    return f"{local}@{domain.lower().rstrip('.')}" if at else spec[:1000]


def _name(text: str) -> str:
    plain = text
    if len(plain) >= 2 and plain[0] == plain[-1] == '"' and plain.count('"') == 2:
        plain = plain[1:-1].replace("\\", "")
    return decoded(plain, bounds.NAME)
