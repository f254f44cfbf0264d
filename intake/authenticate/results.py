"""Authentication-Results fields (RFC 8601), read clause by clause; what does not parse is not guessed at."""

import re
from dataclasses import dataclass

from authres import all_features
from authres.core import AuthenticationResultsHeader, AuthResError

#: a field longer than this is nobody's honest result
_LONGEST = 4_000
_COMMENT_DEPTH = 20
#: authres costs a tenth of a millisecond or so for each clause
_MOST_CLAUSES = 40
_STARTS_WITH_RESULT = re.compile(r"^\s*[A-Za-z][\w.-]*\s*(?:/\s*\d+\s*)?=")
_BARE_DOMAIN = re.compile(r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$")
_METHOD_AGAIN = re.compile(r"(?<![\w.-])(?:dmarc|dkim|spf|arc|compauth)\s*(?:/\s*\d+\s*)?=", re.I)
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_COMMENT_MARK = re.compile(r"\\.|[()]")
#: method=result and properties, with nothing in them that has more than one reading
_PLAIN_CLAUSE = re.compile(
    r"^([A-Za-z][A-Za-z0-9-]*)=([A-Za-z]+)"
    r"((?:\s+(?:(?:smtp|header|policy|body)\.[A-Za-z][A-Za-z0-9-]*|action|reason)=[A-Za-z0-9@._+-]+)*)$"
)
_IDENTITY = re.compile(r'^\s*(?:"([^"\\]{1,255})"|([^\s;="()]{1,255}))\s*(?:\d{1,3}\s*)?$')


class Unparseable(Exception):
    """The field does not follow RFC 8601, even with Microsoft's liberties."""


@dataclass(frozen=True, slots=True)
class Result:
    """One clause: `dmarc`, `pass`, its properties as (`header.from`, value), and its comments' text."""

    method: str
    result: str
    properties: tuple[tuple[str, str], ...]
    #: comments and non-standard words such as `action=oreject`, lower case
    remarks: str

    def values(self, name: str) -> list[str]:
        """Every value of property `name`."""
        return [value for key, value in self.properties if key == name]


@dataclass(frozen=True, slots=True)
class Results:
    """One field: who says it ("" where it names nobody, as Microsoft 365 does) and what."""

    authserv_id: str
    results: tuple[Result, ...]


def authserv_id(value: str) -> str | None:
    """Give who a field says it is from; "" for nobody; None where not even that can be read."""
    try:
        return _identity(_clauses(value)[0][0])
    except Unparseable:
        return None


def read_results(value: str) -> Results:
    """Read one field's value. Raises `Unparseable`; never reads around something it does not understand."""
    clauses = _clauses(value)
    identity = _identity(clauses[0][0])
    rest = clauses if identity == "" else clauses[1:]
    if len(rest) > _MOST_CLAUSES:
        raise Unparseable
    found = []
    for text, comments in rest:
        stripped = text.strip()
        # Microsoft 365 leaves empty clauses and stray bare domains behind (jstedfast/MimeKit#490).
        if not stripped or _BARE_DOMAIN.match(stripped):
            continue
        found.append(_result(stripped, comments))
    return Results(identity, tuple(found))


def _identity(first: str) -> str:
    if _STARTS_WITH_RESULT.match(first):
        return ""
    match = _IDENTITY.match(first)
    if match is None:
        raise Unparseable
    return (match[1] or match[2]).lower().rstrip(".")


def _clauses(value: str) -> list[tuple[str, str]]:
    """Split at semicolons outside quoted strings and comments; each clause's text and its comments apart."""
    if len(value) > _LONGEST:
        raise Unparseable
    clauses: list[tuple[str, str]] = []
    text: list[str] = []
    comments: list[str] = []
    at = 0
    while at < len(value):
        character, end = value[at], at + 1
        if character == ";":
            clauses.append(("".join(text), "".join(comments)))
            text, comments = [], []
        elif character == "(":
            end = _comment_end(value, at)
            text.append(" ")
            comments.append(f" {value[at + 1 : end - 1]}")
        elif character in ")\\":
            raise Unparseable
        else:
            end = _quoted_end(value, at) if character == '"' else end
            text.append(value[at:end])
        at = end
    clauses.append(("".join(text), "".join(comments)))
    return clauses


def _quoted_end(value: str, start: int) -> int:
    """Give where a quoted string ends (RFC 5322 section 3.2.4)."""
    match = _QUOTED.match(value, start)
    if match is None:
        raise Unparseable
    return match.end()


def _comment_end(value: str, start: int) -> int:
    """Give where a comment ends; comments nest (RFC 5322 section 3.2.2)."""
    depth = 0
    for match in _COMMENT_MARK.finditer(value, start):
        depth += {"(": 1, ")": -1}.get(match[0], 0)
        if depth == 0:
            return match.end()
        if depth > _COMMENT_DEPTH:
            break
    raise Unparseable


def _result(text: str, comments: str) -> Result:
    """Read one clause with authres, which is lenient: what it would skip over is refused here first."""
    plain = _PLAIN_CLAUSE.match(text)
    if plain:  # nine clauses of ten; authres takes a quarter of a millisecond for each
        pairs = (one.split("=", 1) for one in plain[3].split())
        properties = tuple((name.lower(), found) for name, found in pairs)
        return Result(plain[1].lower(), plain[2].lower(), properties, f"{plain[3]} {comments}".lower())
    outside_quotes = _QUOTED.sub('""', text)
    if len(_METHOD_AGAIN.findall(outside_quotes)) > 1:
        raise Unparseable
    try:
        parsed = AuthenticationResultsHeader.parse_value(all_features(), f"x; {text}").results
    except (AuthResError, ValueError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise Unparseable from error
    if not parsed:  # "none": no authentication was done (RFC 8601 section 2.2)
        return Result("none", "none", (), "")
    one = parsed[0]
    properties = tuple((f"{p.type}.{p.name}".lower(), str(p.value).strip()) for p in one.properties)
    return Result(str(one.method).lower(), str(one.result).lower(), properties, f"{outside_quotes} {comments}".lower())
