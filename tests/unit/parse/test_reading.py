"""Reading any bytes: headers counted raw, charsets that lie, alternatives that differ, structure that is broken."""

import json
from dataclasses import asdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.authenticate import AuthenticationVerdict, authenticate
from intake.parse import Defect, InboundMessage, bounds, parse
from intake.screen import screen

HEAD = b"From: Ann Bell <ann@students.herts.example>\r\nTo: wellbeing@herts.example\r\nSubject: x\r\n"


def read(rest: bytes, head: bytes = HEAD) -> InboundMessage:
    return parse(head + rest)


def plain(content: bytes, charset: str = "utf-8", encoding: str = "8bit") -> InboundMessage:
    kind = f"Content-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return read(kind.encode() + content)


def alternatives(text: str, markup: str) -> InboundMessage:
    return read(
        (
            "MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n"
            f"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
            f"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{markup}\r\n--b--\r\n"
        ).encode()
    )


def test_the_envelope_is_read_field_by_field() -> None:
    message = parse(
        b"Return-Path: <Ann@Students.Herts.Example>\r\n"
        b"From: =?utf-8?q?Ann_B=C3=A9ll?= <Ann@Students.Herts.Example>\r\n"
        b"Sender: office@herts.example\r\nReply-To: ann@quillbox.example\r\n"
        b'To: "Wellbeing, Student" <wellbeing@herts.example>, tutor@herts.example\r\nCc: gp@surgery.example\r\n'
        b"Subject: =?utf-8?b?TXkgY29uc2VudA==?=\r\n of today\r\nMessage-ID: <1@students.herts.example>\r\n"
        b"In-Reply-To: <0@herts.example>\r\nReferences: <a@herts.example>\r\n <0@herts.example>\r\n"
        b"Date: Fri, 27 Nov 2026 01:00:00 +0100\r\n\r\nHello.\r\n"
    )
    assert message.originator is not None
    assert message.originator.address == "Ann@students.herts.example"
    assert message.originator.display_name == "Ann Béll"
    assert message.reverse_path == "Ann@students.herts.example"
    assert message.sender is not None
    assert message.sender.address == "office@herts.example"
    assert [one.address for one in message.reply_to] == ["ann@quillbox.example"]
    assert [one.address for one in message.recipients] == [
        "wellbeing@herts.example",
        "tutor@herts.example",
        "gp@surgery.example",
    ]
    assert message.subject == "My consent of today"
    assert message.message_id == "<1@students.herts.example>"
    assert message.in_reply_to == ("<0@herts.example>",)
    assert message.references == ("<a@herts.example>", "<0@herts.example>")
    assert message.date is not None
    assert message.date.isoformat() == "2026-11-27T01:00:00+01:00"
    assert message.defects == frozenset()


@pytest.mark.parametrize("value", [b"", b"< >", b"<>", b"blank", b"<a b@c>"])
def test_a_blank_message_id_is_none(value: bytes) -> None:
    assert read(b"Message-ID: " + value + b"\r\n\r\nx").message_id is None


@pytest.mark.parametrize(
    ("value", "addresses"),
    [
        ("a@x.example", ["a@x.example"]),
        ("A <a@x.example>, B <b@y.example>", ["a@x.example", "b@y.example"]),
        ('"A, B" <a@x.example>', ["a@x.example"]),
        ("A (one, two) <a@x.example>", ["a@x.example"]),
        ("group: a@x.example, b@y.example;", ["a@x.example", "b@y.example"]),
        ("undisclosed-recipients:;", []),
        ("a@good.example <b@evil.example>", ["b@evil.example"]),
        ("<a@x.example> <b@y.example>", ["a@x.example", "b@y.example"]),
        ('"a@good.example"@evil.example', ['"a@good.example"@evil.example']),
        ('"<a@good.example>" <b@evil.example>', ["b@evil.example"]),
        ('"a\\"b" <b@evil.example>', ["b@evil.example"]),
        ("<@relay.example:a@x.example>", ["a@x.example"]),
        ("a@X.Example.", ["a@x.example"]),
        ("(a@good.example) b@evil.example", ["b@evil.example"]),
        ("nobody", []),
        ("", []),
    ],
)
def test_addresses_are_counted_as_they_stand(value: str, addresses: list[str]) -> None:
    message = parse(f"From: {value}\r\nTo: w@herts.example\r\n\r\nx".encode())
    assert [one.address for one in message.from_addresses] == addresses
    assert (Defect.FROM_COUNT in message.defects) == (len(addresses) != 1)


def test_two_from_fields_are_a_finding_and_not_a_pick() -> None:
    message = read(b"From: evil@evil.example\r\n\r\nx")
    assert message.from_fields == 2
    assert message.originator is None
    assert Defect.FROM_COUNT in message.defects


@pytest.mark.parametrize(
    ("content", "charset", "text", "lied"),
    [
        ("I withdraw – caf\u00e9".encode(), "utf-8", "I withdraw – café", False),
        ("I withdraw – caf\u00e9".encode(), "us-ascii", "I withdraw – café", False),
        ("caf\u00e9 \u201cyes\u201d".encode("cp1252"), "iso-8859-1", "café “yes”", False),
        ("caf\u00e9".encode("cp1252"), "utf-8", "café", True),
        ("café".encode(), "x-unknown-charset", "café", True),
        (b"caf\xe9", "no such thing", "café", True),
        ("同意".encode("gb18030"), "gb2312", "同意", False),
        ("同意".encode("utf-16"), "utf-16", "同意", False),
        (b"+AGk- yes", "utf-7", "+AGk- yes", True),
        (b"\\x41 yes", "unicode_escape", "\\x41 yes", True),
        (b"yes", "zlib_codec", "yes", True),
        (b"yes \x81", "utf-8", "yes \ufffd", True),
    ],
)
def test_charsets_are_believed_only_where_they_hold(content: bytes, charset: str, text: str, lied: bool) -> None:
    message = plain(content, charset)
    assert message.new_text == text
    assert (Defect.CHARSET in message.defects) == lied


def test_transfer_encodings_are_undone() -> None:
    assert plain(b"SSB3aXRoZHJhdy4=", encoding="base64").new_text == "I withdraw."
    assert plain(b"I with=\r\ndraw=2E", encoding="quoted-printable").new_text == "I withdraw."


def test_raw_eight_bit_header_fields_are_read() -> None:
    message = parse("From: Ren\u00e9 <r@x.example>\r\nSubject: caf\u00e9\r\n\r\nx".encode("cp1252"))
    assert message.from_addresses[0].display_name == "René"
    assert message.subject == "café"


def test_encoded_words_cut_in_half_or_of_no_known_charset_lose_no_message() -> None:
    for subject in (b"=?utf-8?b?w6k", b"=?x-none?q?=41?=", b"=?utf-8?b?!!!?=", b"=?utf-8?q?=C3?=", b"=?"):
        assert parse(b"From: a@x.example\r\nSubject: " + subject + b"\r\n\r\nHello.").new_text == "Hello."


def test_alternatives_that_say_the_same_are_one_letter() -> None:
    message = alternatives("I withdraw my\r\nconsent. *Ann*", "<p>I withdraw my consent. <b>Ann</b></p>")
    assert message.new_text == "I withdraw my consent. Ann"
    assert message.defects == frozenset()


def test_a_stub_of_plain_text_does_not_hide_the_html() -> None:
    message = alternatives("View this message in an HTML client.", "<p>I withdraw my consent.</p>")
    assert message.new_text == "I withdraw my consent."
    assert Defect.ALTERNATIVES_DISAGREE not in message.defects


def test_an_empty_html_part_does_not_hide_the_plain_text() -> None:
    assert alternatives("I withdraw my consent.", "<html><body></body></html>").new_text == "I withdraw my consent."


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("I withdraw my consent.", "<p>I do not withdraw my consent.</p>"),
        ("I withdraw.\r\n\r\n> Do not worry.", "<p>I do not withdraw.</p><blockquote>Do not worry.</blockquote>"),
        ("Please book me in for Tuesday at three.", "<p>I withdraw all consent for everything at once.</p>"),
    ],
)
def test_alternatives_that_contradict_each_other_are_reported(text: str, markup: str) -> None:
    assert Defect.ALTERNATIVES_DISAGREE in alternatives(text, markup).defects


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        (
            "See https://herts.example/a for it. I withdraw.",
            '<p>See <a href="https://herts.example/a">this</a> for it. I withdraw.</p>',
        ),
        (
            "I withdraw.\r\n\r\nOn Mon 1 Jan 2026, W wrote:\r\n> Hello",
            "<p>I withdraw.</p><blockquote>On Mon 1 Jan 2026, W wrote: Hello</blockquote>",
        ),
        ("I withdraw.\r\n\r\nSent from my iPhone", "<p>I withdraw.</p>"),
        (
            "I withdraw.\r\n\r\n> Your tutor asked us about it.\r\n> May we tell them?",
            '<p>I withdraw.</p><div style="border-left:2px">Your tutor asked us about it.<br>May we tell them?</div>',
        ),
    ],
)
def test_what_conversion_leaves_out_is_no_contradiction(text: str, markup: str) -> None:
    message = alternatives(text, markup)
    assert Defect.ALTERNATIVES_DISAGREE not in message.defects
    assert message.new_text.endswith("I withdraw.")


MIXED = (
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nI withdraw.\r\n"
    b"--b\r\nContent-Type: application/pdf; name*=utf-8''r%C3%A9sum%C3%A9.pdf\r\nContent-Disposition: attachment\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\nQUJD\r\n"
    b"--b\r\nContent-Type: text/plain; name=notes.txt\r\nContent-Disposition: attachment\r\n\r\nI cannot go on.\r\n"
    b"--b\r\nContent-Type: message/rfc822\r\n\r\n"
    b"From: ben@x.example\r\nSubject: inside\r\n\r\nHe withdrew.\r\n--b--\r\n"
)


def test_attachments_and_nested_messages_are_not_the_writers_words() -> None:
    message = read(MIXED)
    assert message.new_text == "I withdraw."
    assert message.nested_text.split("\n\n") == ["I cannot go on.", "inside", "He withdrew."]
    assert [(one.name, one.content_type) for one in message.attachments] == [
        ("résumé.pdf", "application/pdf"),
        ("notes.txt", "text/plain"),
        ("", "message/rfc822"),
    ]
    assert message.content_types[0] == "multipart/mixed"


def test_uuencoded_files_are_taken_out_of_plain_text() -> None:
    message = plain(b"I withdraw.\r\nbegin 644 note.txt\r\n#0V%T\r\n`\r\nend\r\n")
    assert message.new_text == "I withdraw."
    assert message.attachments[0].name == "note.txt"
    assert (
        plain(b"I will\r\nbegin 644 steps tomorrow\r\nand more").new_text
        == "I will\nbegin 644 steps tomorrow\nand more"
    )


@pytest.mark.parametrize("content", [b"", b"\r\n", b"\r\n\r\n \r\n"])
def test_nothing_at_all_is_a_stand_in(content: bytes) -> None:
    assert {Defect.PLACEHOLDER, Defect.NO_TEXT} <= parse(content).defects


@pytest.mark.parametrize(
    "content",
    [
        b"Subject: Retrieval using the IMAP4 protocol failed for the following message: 1\r\nFrom: a@x.example\r\n\r\n",
        b"From: a@x.example\r\n\r\nThe server couldn't retrieve the following message:\r\nSubject: hello\r\n",
        b'From: a@x.example\r\nContent-Type: application/octet-stream; name="ATP Scan In Progress.eml"\r\n\r\nx',
    ],
)
def test_exchanges_stand_ins_are_known(content: bytes) -> None:
    assert Defect.PLACEHOLDER in parse(content).defects


def test_a_letter_without_words_says_so() -> None:
    assert read(b"\r\n\r\n").defects == {Defect.NO_TEXT}
    assert Defect.NO_TEXT in read(b"Content-Type: image/png\r\n\r\nxx").defects


def test_carriage_returns_alone_end_lines() -> None:
    message = parse(b"From: a@x.example\rSubject: x\r\rI withdraw.\rAnn\r")
    assert message.new_text == "I withdraw.\nAnn"


def test_a_missing_boundary_loses_no_words() -> None:
    for rest in (
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\nI withdraw.\r\n",
        b"Content-Type: multipart/mixed\r\n\r\nI withdraw.\r\n",
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nI withdraw.\r\n",
    ):
        message = read(rest)
        assert "I withdraw." in message.new_text
        assert Defect.STRUCTURE in message.defects


NESTED = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(400))
BOMBS = {
    "one long line": b"\r\n" + b"a" * 3_000_000,
    "many lines": b"\r\n" + b"hello\n" * 300_000,
    "many delimiters": b"\r\n" + b"--\n" * 50_000,
    "deep quotes": b"\r\n" + b">" * 300_000,
    "many attributions": b"\r\n" + b"On 1 Jan 2026 hello\n" * 15_000,
    "long attribution": b"\r\nOn " + b"1/1/2026 a " * 30_000 + b"wrote:",
    "many header fields": b"X: y\r\n" * 150_000 + b"\r\nHello",
    "one long header field": b"X: " + b"y" * 1_000_000 + b"\r\n\r\nHello",
    "many encoded words": b"Subject: " + b"=?utf-8?q?a?= " * 40_000 + b"\r\n\r\nHello",
    "open encoded words": b"Subject: " + b"=?utf-8?q?a" * 40_000 + b"\r\n\r\nHello",
    "many addresses": b"Cc: " + b", ".join(b"a%d@x.example" % n for n in range(20_000)) + b"\r\n\r\nHello",
    "deep comments": b"Cc: " + b"(" * 100_000 + b"\r\n\r\nHello",
    "many parameters": b"Content-Type: text/plain; " + b"a=b; " * 15_000 + b"\r\n\r\nHello",
    "deep multiparts": NESTED + b"\r\nHello",
    "deep messages": b"Content-Type: message/rfc822\r\n\r\n" * 2_000 + b"Hello",
    "many parts": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nHello\r\n" * 40_000,
    "deep html": b"Content-Type: text/html\r\n\r\n" + b"<div>" * 50_000 + b"Hello",
    "many styles": b"Content-Type: text/html\r\n\r\n" + b'<p style="color:red">a' * 50_000,
    "open tags": b"Content-Type: text/html\r\n\r\n" + b"<" * 500_000,
    "open comments": b"Content-Type: text/html\r\n\r\n" + b"<!--" * 100_000,
    "open style sheets": b"Content-Type: text/html\r\n\r\n" + b"<style" * 100_000,
    "NUL": b"\r\n" + b"\0" * 500_000,
    "broken base64": b"Content-Transfer-Encoding: base64\r\n\r\n" + b"@@@=" * 50_000,
    "long bare result": b"Authentication-Results: mx.herts.example; " + b"a" * 3_000 + b" @\r\n\r\nx",
    "many results": (b"Authentication-Results: mx.herts.example; " + b"spf=pass; " * 300 + b"\r\n") * 200 + b"\r\nx",
}


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.timeout(20)
def test_a_bomb_costs_no_more_than_a_letter_may(name: str) -> None:
    message = read(BOMBS[name])
    assert message.from_addresses[0].domain == "students.herts.example"
    assert len(message.new_text) <= bounds.TEXT
    assert len(message.headers) <= bounds.HEADER_FIELDS
    assert len(message.recipients) <= bounds.ADDRESSES
    assert authenticate(message, trusted_authserv_ids=("mx.herts.example",)).verdict is AuthenticationVerdict.NONE


def test_what_is_cut_is_said() -> None:
    for name in ("one long line", "many lines", "many header fields", "deep multiparts", "many parts"):
        assert read(BOMBS[name]).defects & {Defect.OVERSIZE, Defect.UNREADABLE}, name


def test_an_unreadable_message_still_names_its_sender() -> None:
    message = read(b"Content-Type: message/rfc822\r\n\r\n" * 2_000)
    assert Defect.UNREADABLE in message.defects
    assert message.originator is not None


_FRAGMENTS = st.sampled_from(
    [
        b"From: a@x.example\r\n",
        b"From: ",
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n",
        b"Content-Type: multipart/alternative; boundary=b\r\n",
        b"Content-Type: message/rfc822\r\n\r\n",
        b"Content-Type: text/html; charset=",
        b"Content-Type: multipart/report\r\n",
        b"Content-Transfer-Encoding: base64\r\n",
        b"Content-Transfer-Encoding: x-uuencode\r\n",
        b"Content-Disposition: attachment; filename*0*=",
        b"Subject: =?utf-8?b?",
        b"Authentication-Results: mx; dmarc=pass (",
        b"Date: Fri, 99 ",
        b"Message-ID: <",
        b"--b\r\n",
        b"--b--\r\n",
        b"\r\n",
        b"\r\n\r\n",
        b"<div style='display:none'>",
        b"<blockquote>",
        b"<table><tr>",
        b"begin 644 x\n",
        b"> ",
        b"-- \n",
        b"On 1 Jan 2026, A wrote:\n",
        b"\x00",
        b"\xff\xfe",
        b"\xe2\x80\x8b",
    ]
)
_BYTES = st.lists(st.one_of(_FRAGMENTS, st.binary(max_size=40)), max_size=40).map(b"".join)


@settings(max_examples=300, deadline=None)
@given(_BYTES)
def test_no_bytes_make_the_reading_raise(content: bytes) -> None:
    message = parse(content, own_texts=("We have stopped using information about you from today on.",))
    assert Defect.UNREADABLE not in message.defects
    # No lone surrogate anywhere: no database takes one.
    json.dumps(asdict(message), default=str, ensure_ascii=False).encode()
    screen(message, own_addresses=frozenset({"w@herts.example"}), own_message_domain="herts.example")
    authenticate(message, trusted_authserv_ids=("mx", ""))
