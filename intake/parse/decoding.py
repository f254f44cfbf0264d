"""Bytes into characters, whatever the message claims about them."""

import codecs
import re

_PLAIN = re.compile(rb"[\t\n\r\x20-\x7e]*")
#: charsets that write other letters in printable ASCII
_SHIFTING = ("utf-7", "hz")
_UTF8_BOM = "\ufeff"
#: names seen in mail that Python does not know, or that mean more than they say (WHATWG Encoding Standard)
_ALIASES = {
    "ascii": "cp1252",
    "us-ascii": "cp1252",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "iso8859-1": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "cp-850": "cp850",
    "unicode-1-1-utf-7": "utf-7",
    "ansi_x3.110-1983": "cp1252",
    "iso-8859-8-i": "iso-8859-8",
    "ks_c_5601-1987": "cp949",
    "x-sjis": "cp932",
    "shift_jis": "cp932",
    "windows-31j": "cp932",
}
#: codecs that are not charsets (they unpack, escape or execute), or that a sender uses only to hide
_REFUSED = frozenset(["unicode_escape", "raw_unicode_escape", "undefined", "idna", "punycode", "mbcs", "oem", "utf-7"])
_SURROGATES = re.compile("[\ud800-\udfff]")


def decode(content: bytes, charset: str | None) -> tuple[str, bool]:
    """Give the text and whether its charset was unknown or lying.

    The declared charset first, then UTF-8, then Windows-1252, then replacement characters (RULES 20).
    """
    if not content:
        return "", False
    declared = _codec(charset)
    honest = declared is not None
    # Plain ASCII under a label that would make other letters of it: UTF-16 takes any bytes for Chinese.
    if declared and declared not in {"cp1252", "utf-8", *_SHIFTING} and _PLAIN.fullmatch(content):
        plain = content.decode("ascii")
        return plain, _letters(_try(content, declared)) != _letters(plain)
    # An ASCII or Latin-1 label on valid UTF-8 is the commonest lie, and a harmless one.
    if declared in {None, "cp1252"}:
        text = _try(content, "utf-8")
        if text is not None:
            return text, not honest
    for name in (declared, "utf-8", "cp1252"):
        text = _try(content, name) if name else None
        if text is not None:
            return text, not honest or name != declared
    return content.decode("cp1252", "replace"), True


def octets(value: str) -> str:
    """Turn a header value's raw 8-bit bytes (as surrogates) into characters: UTF-8, else Windows-1252."""
    if value.isascii():
        return value
    try:
        raw = value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # surrogates that no raw byte stands behind
        return scalar(value)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def scalar(text: str) -> str:
    """Replace lone surrogates, which some codecs make and no UTF-8 sink takes."""
    return _SURROGATES.sub("\ufffd", text)


def _codec(charset: str | None) -> str | None:
    if not charset:
        return "cp1252"
    name = charset.strip().strip("\"'").lower()
    name = _ALIASES.get(name, name)
    if name.replace("-", "_") in _REFUSED or name in _REFUSED or "\0" in name or len(name) > 40 or not name.isascii():
        return None
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return None
    # base64, zip, rot13 and the like map bytes to bytes: a message must not choose to unpack itself.
    return found.name if getattr(found, "_is_text_encoding", False) else None


def _letters(text: str | None) -> str:
    return "".join(one for one in text or "" if one.isalpha())


def _try(content: bytes, name: str) -> str | None:
    try:
        text = content.decode(name)
    except (UnicodeError, ValueError, LookupError):
        return None
    return scalar(text).removeprefix(_UTF8_BOM)
