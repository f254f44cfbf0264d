"""Nothing a message can contain raises or hangs, and what could not be read is said.

Time is bounded by a generous limit on the whole reading (a quadratic pattern would take minutes), memory by its peak.
"""

import base64
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intake.parse import Defect
from tests.fuzz.reading import read_all

HEAD = b"From: Ann Bell <ann@students.herts.example>\r\nTo: wellbeing@herts.example\r\nSubject: x\r\n"
LETTER = b"I withdraw my consent."


def part(kind: bytes, body: bytes = LETTER, *more: bytes) -> bytes:
    return (
        HEAD
        + b"".join(one + b"\r\n" for one in (b"MIME-Version: 1.0", b"Content-Type: " + kind, *more))
        + b"\r\n"
        + body
    )


TNEF = base64.encodebytes(b"\x78\x9f\x3e\x22" + bytes(range(256)) * 40)
#: name: bytes, and whether the letter's words must be found
FORMS: dict[str, tuple[bytes, bool]] = {
    "unknown charset": (part(b"text/plain; charset=x-martian"), True),
    "charset is a path": (part(b'text/plain; charset="../../etc/passwd"'), True),
    "charset of a codec that is none for text": (part(b"text/plain; charset=zlib_codec"), True),
    "charset rot13": (part(b"text/plain; charset=rot13"), True),
    "charset idna": (part(b"text/plain; charset=idna"), True),
    "charset undefined": (part(b"text/plain; charset=undefined"), True),
    "charset with NUL": (part(b"text/plain; charset=utf\x00-8"), True),
    "charset in continuations": (part(b"text/plain; charset*0=ut; charset*1=f-8"), True),
    "charset of another language": (part(b"text/plain; charset*=utf-8'en'utf-8"), True),
    "lies of UTF-16": (part(b"text/plain; charset=utf-16"), True),
    "lies of EBCDIC": (part(b"text/plain; charset=cp037"), True),
    "lies of UTF-7": (part(b"text/plain; charset=utf-7", LETTER + b" +AGEAYg-"), True),
    "raw eight-bit header": (b"X: \xff\xfe\x80\r\nSubject: caf\xe9\r\n" + part(b"text/plain"), True),
    "eight-bit field name": (b"X-\xe9: 1\r\n" + part(b"text/plain"), True),
    "eight-bit From": (b"From: J\xe9r\xf4me <j@x.example>\r\nTo: w@herts.example\r\n\r\n" + LETTER, True),
    "duplicate From": (b"From: evil@x.example\r\n" + part(b"text/plain"), True),
    "duplicate Content-Type": (b"Content-Type: image/png\r\n" + part(b"text/plain"), False),
    "boundary with quotes in it": (
        part(b'multipart/mixed; boundary="a\\"b"', b'--a"b\r\n\r\n' + LETTER + b'\r\n--a"b--'),
        True,
    ),
    "boundary that is empty": (part(b'multipart/mixed; boundary=""'), True),
    "boundary that never comes": (part(b"multipart/mixed; boundary=b"), True),
    "boundary within its own part": (
        part(
            b"multipart/mixed; boundary=b",
            b"--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n" + LETTER,
        ),
        True,
    ),
    "closing boundary first": (part(b"multipart/mixed; boundary=b", b"--b--\r\n" + LETTER), False),
    "message in message in message": (
        HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 12 + b"From: x@y.example\r\n\r\n" + LETTER,
        False,
    ),
    "message/rfc822 in base64": (
        part(b"message/rfc822", base64.encodebytes(LETTER), b"Content-Transfer-Encoding: base64"),
        False,
    ),
    "message/partial": (part(b'message/partial; id="a"; number=1; total=2'), False),
    "message/external-body": (part(b"message/external-body; access-type=URL; URL=http://x.example/"), False),
    "delivery-status that is no header": (part(b"message/delivery-status", b"\x00\xff: : :\r\n\r\n\r\n"), False),
    "TNEF alone": (part(b"application/ms-tnef; name=winmail.dat", TNEF, b"Content-Transfer-Encoding: base64"), False),
    "TNEF beside the letter": (
        part(
            b"multipart/mixed; boundary=b",
            b"--b\r\n\r\n" + LETTER + b"\r\n--b\r\nContent-Type: application/ms-tnef; name=winmail.dat\r\n"
            b"Content-Transfer-Encoding: base64\r\n\r\n" + TNEF + b"--b--\r\n",
        ),
        True,
    ),
    "uuencoded file": (part(b"text/plain", LETTER + b"\r\nbegin 644 a.txt\r\n#0V%T\r\n`\r\nend\r\n"), True),
    "uuencoded file without end": (part(b"text/plain", LETTER + b"\r\nbegin 644 a.txt\r\n#0V%T\r\n"), True),
    "uuencode as transfer encoding": (
        part(b"text/plain", b"begin 644 a\r\n\xff\xff\r\nend", b"Content-Transfer-Encoding: x-uuencode"),
        False,
    ),
    "unknown transfer encoding": (part(b"text/plain", LETTER, b"Content-Transfer-Encoding: x-rot"), True),
    "base64 that is none": (part(b"text/plain", LETTER, b"Content-Transfer-Encoding: base64"), False),
    "quoted-printable cut": (part(b"text/plain", LETTER + b"=", b"Content-Transfer-Encoding: quoted-printable"), True),
    "CR only": (part(b"text/plain").replace(b"\r\n", b"\r"), True),
    "LF CR": (part(b"text/plain").replace(b"\r\n", b"\n\r"), False),
    "mixed line ends": (part(b"text/plain", b"a\rb\nc\r\n" + LETTER), True),
    "NUL in the letter": (part(b"text/plain", b"I withdraw\x00 my consent.\x00"), True),
    "NUL in the header": (b"Sub\x00ject: a\x00b\r\n" + part(b"text/plain"), True),
    "encoded word cut in half": (b"Subject: =?utf-8?b?w6k\r\n =?= x\r\n" + part(b"text/plain"), True),
    "encoded word in two, one character across": (
        b"Subject: =?utf-8?q?=C3?= =?utf-8?q?=A9?=\r\n" + part(b"text/plain"),
        True,
    ),
    "encoded word of an unknown charset": (b"Subject: =?x-no?q?a?=\r\n" + part(b"text/plain"), True),
    "encoded word of lone surrogates": (b"Subject: =?utf-16?b?2AA=?=\r\n" + part(b"text/plain"), True),
    "encoded word that hides a From": (
        b"Subject: =?utf-8?q?a=0D=0AFrom:_evil=40x.example?=\r\n" + part(b"text/plain"),
        True,
    ),
    "date without end": (b"Date: Fri, 31 Feb 99999 25:61:61 +9999\r\n" + part(b"text/plain"), True),
    "field without colon": (b"this is no field\r\n" + part(b"text/plain"), False),
    "header only": (HEAD, False),
    "no header": (b"\r\n" + LETTER, True),
    "mbox From line": (b"From ann@x.example Fri Nov 14 11:00:00 2025\n" + part(b"text/plain"), True),
    "BOM first": (b"\xef\xbb\xbf" + part(b"text/plain"), False),
    "HTML of nothing but brackets": (part(b"text/html", b"<<<>>><!<?><![CDATA[ ]]>" + LETTER), False),
    "HTML with NUL and lone surrogates": (part(b"text/html", b"<p>&#xD800;&#0;&#x110000;" + LETTER), True),
    "HTML that declares another charset": (
        part(b"text/html; charset=utf-8", b"<meta charset=utf-16><p>" + LETTER),
        True,
    ),
    "XML with entities": (
        part(b"text/html", b'<!DOCTYPE a [<!ENTITY b "' + b"x" * 99 + b'"><!ENTITY c "&b;&b;">]><p>&c;</p>' + LETTER),
        False,
    ),
    "content type that is none": (part(b"/;;;=\"'"), False),
    "disposition in continuations": (
        part(b"text/plain", LETTER, b"Content-Disposition: inline; filename*0*=utf-8''a%; filename*1=b; filename*1*=c"),
        False,
    ),
    "parameter of a wrong language tag": (part(b"text/plain; name*=%FF'%FF'%FF"), False),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_hostile_form_is_read_as_far_as_it_goes(name: str) -> None:
    content, words_found = FORMS[name]
    message = read_all(content)
    assert Defect.UNREADABLE not in message.defects
    if words_found:
        assert "I withdraw my consent." in message.new_text


def repeated(head: bytes, unit: bytes, tail: bytes = b"\r\n\r\nHello", size: int = 600_000) -> Callable[[], bytes]:
    return lambda: HEAD + head + unit * (size // len(unit)) + tail


BOMBS: dict[str, Callable[[], bytes]] = {
    "1 MB header": repeated(b"X-Big: ", b"y ", size=1_000_000),
    "1 MB subject of encoded words": repeated(b"Subject: ", b"=?utf-8?b?w6k=?= "),
    "1 MB folded header": repeated(b"X-Big: ", b"y\r\n "),
    "addresses by the thousand": repeated(b"Cc: ", b"Ann <a@x.example>, "),
    "open quotes in addresses": repeated(b"Cc: ", b'"a <'),
    "groups": repeated(b"Cc: ", b"a:b@c.example;"),
    "From by the thousand": repeated(b"", b"From: a@x.example\r\n", size=200_000),
    "results by the thousand": repeated(b"", b"Authentication-Results: mx.herts.example; spf=pass\r\n", size=400_000),
    "Received by the thousand": repeated(b"", b"Received: from a by b with c; d\r\n", size=400_000),
    "open comments in results": repeated(b"Authentication-Results: mx.herts.example; ", b"(\\"),
    "Message-IDs": repeated(b"References: ", b"<a@b.example> "),
    "parameters": repeated(b"Content-Type: text/plain; ", b"a*0=b; ", size=200_000),
    "quote marks": repeated(b"\r\n", b"> > >"),
    "one long word": repeated(b"\r\n", b"w"),
    "white space": repeated(b"\r\n", b" \t"),
    "lines of white space": repeated(b"\r\n", b" \n"),
    "lines of dashes": repeated(b"\r\n", b"-- \n"),
    "attributions without end": repeated(b"\r\n", b"On 1 Jan 2026 at 10:00, a\n"),
    "header blocks": repeated(b"\r\n", b"From: a\nTo: b\n"),
    "From without others": repeated(b"\r\n", b"\nFrom: Ann Bell. x\n"),
    "disclaimers": repeated(b"\r\n", b"\nThis e-mail is confidential and intended for the named addressee only.\n"),
    "disclaimer in one line": repeated(b"\r\n", b"confidential intended vertraulich "),
    "disclaimer headings": repeated(b"\r\n", b"\nConfidentiality notice\n"),
    "addresses of offices": repeated(b"\r\n", b"\nTel. 01632 960000\n"),
    "footers": repeated(b"\r\n", b"Sent from my iPhone\n"),
    "banners": repeated(b"\r\n", b"CAUTION: external sender, do not click\n"),
    "signatures": repeated(b"\r\n", b"Ann Bell\nHead of Physics\n\n"),
    "our own words": repeated(b"\r\n", b"We have stopped using information about you from today on. "),
    "lookalike letters": repeated(b"Content-Type: text/plain; charset=utf-8\r\n\r\n", "\u0430\u200bb".encode()),
    "combining marks": repeated(b"Content-Type: text/plain; charset=utf-8\r\n\r\n", "\u0301".encode()),
    "deep quotes in HTML": repeated(b"Content-Type: text/html\r\n\r\n", b"<blockquote>"),
    "deep tables": repeated(b"Content-Type: text/html\r\n\r\n", b"<table><tr><td>"),
    "attributes": repeated(b"Content-Type: text/html\r\n\r\n<p ", b"a=b "),
    "declarations": repeated(b'Content-Type: text/html\r\n\r\n<p style="', b"color:red;"),
    "entities": repeated(b"Content-Type: text/html\r\n\r\n", b"&amp;"),
    "style sheet": repeated(b"Content-Type: text/html\r\n\r\n<style>", b".a{display:none"),
    "uuencode begun again and again": repeated(b"\r\n", b"begin 644 a\n"),
    "base64 lines": repeated(b"Content-Transfer-Encoding: base64\r\n\r\n", b"QUJD\n"),
    "delivery status": repeated(
        b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n",
        b"Action: failed\n\n",
        size=300_000,
    ),
    "ticket numbers": repeated(b"\r\nyour request ", b"1"),
    "absences": repeated(b"In-Reply-To: <a@b>\r\n\r\n", b"I am away. I will return. ", b"", 1_400),
    "stub phrases": repeated(b"\r\n", b"view this in your browser html "),
}


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.timeout(15)
def test_a_bomb_is_read_within_time(name: str) -> None:
    message = read_all(BOMBS[name]())
    assert message.size > 1_000


@pytest.mark.parametrize("name", ["1 MB header", "deep quotes in HTML", "addresses by the thousand"])
def test_a_bomb_takes_no_more_memory_than_a_letter_may(name: str) -> None:
    content = BOMBS[name]()
    tracemalloc.start()
    try:
        read_all(content)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 200_000_000


_CHARSETS = st.sampled_from(
    ["utf-8", "us-ascii", "utf-16", "utf-7", "iso-2022-jp", "gb2312", "x-none", "unicode_escape", ""]
)
_ENCODINGS = st.sampled_from(["7bit", "8bit", "base64", "quoted-printable", "x-uuencode", "binary", "x-none", ""])
_TEXTS = st.lists(
    st.one_of(
        st.text(max_size=60),
        st.sampled_from(
            [
                "> quoted\n",
                "On 1 Jan 2026 at 10:00, A wrote:\n",
                "From: A\nTo: B\n",
                "-- \nAnn",
                "<b>",
                "<blockquote>",
                "</div>",
                "Sent from my iPhone\n",
                "begin 644 a\n",
                "Message-ID: <a@b>\n",
                "Action: failed\n",
                "&#x200b;",
            ]
        ),
    ),
    max_size=8,
).map("".join)


@st.composite
def _leaf(draw: st.DrawFn) -> bytes:
    kind = draw(
        st.sampled_from(
            ["text/plain", "text/html", "text/calendar", "message/delivery-status", "image/png", "application/ms-tnef"]
        )
    )
    text, charset, encoding = draw(_TEXTS), draw(_CHARSETS), draw(_ENCODINGS)
    body = draw(
        st.sampled_from(
            [text.encode("utf-8", "replace"), text.encode("utf-16", "replace"), base64.b64encode(text.encode())]
        )
    )
    return f"Content-Type: {kind}; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode() + body


def _joined(children: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    kinds = st.sampled_from(["mixed", "alternative", "related", "report", "signed"])
    boundaries = st.sampled_from(["b", "c", "bb", "b b", ""])

    def join(kind: str, boundary: str, parts: list[bytes], closed: bool) -> bytes:
        head = f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode()
        mark = b"\r\n--" + boundary.encode()
        return head + b"".join(mark + b"\r\n" + one for one in parts) + (mark + b"--" if closed else b"")

    multiparts = st.builds(join, kinds, boundaries, st.lists(children, max_size=3), st.booleans())
    return multiparts | children.map(lambda one: b"Content-Type: message/rfc822\r\n\r\nFrom: x@y.example\r\n" + one)


_FIELDS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "From",
                "To",
                "Reply-To",
                "Return-Path",
                "Subject",
                "Message-ID",
                "Date",
                "Received",
                "Auto-Submitted",
                "List-Id",
                "Authentication-Results",
                "References",
                "X-MS-Exchange-Organization-AuthAs",
                "Content-Class",
                "Precedence",
            ]
        ),
        st.one_of(
            st.binary(max_size=60),
            st.sampled_from(
                [
                    b"Ann <ann@x.example>",
                    b"=?utf-8?q?=C3?=",
                    b"mx.herts.example; dmarc=pass header.from=x.example",
                    b"<>",
                    b"Internal",
                ]
            ),
        ),
    ),
    max_size=8,
).map(lambda fields: b"".join(name.encode() + b": " + value + b"\r\n" for name, value in fields))


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(_FIELDS, st.recursive(_leaf(), _joined, max_leaves=6))
def test_no_message_of_any_structure_makes_the_reading_raise(fields: bytes, body: bytes) -> None:
    message = read_all(fields + body)
    assert Defect.UNREADABLE not in message.defects


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_at_all_make_the_reading_raise(content: bytes) -> None:
    assert Defect.UNREADABLE not in read_all(content).defects
