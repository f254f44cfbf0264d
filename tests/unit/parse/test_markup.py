"""HTML as a reader sees it, and what a reader would not see."""

import pytest

from intake.parse import Defect, InboundMessage, parse


def read(markup: str) -> InboundMessage:
    head = (
        "From: Ann Bell <ann@students.herts.example>\nTo: wellbeing@herts.example\nSubject: x\nMIME-Version: 1.0\n"
        "Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
    )
    return parse((head + markup).encode())


def test_paragraphs_breaks_and_entities_survive() -> None:
    found = read("<p>Dear team,</p><p>I withdraw.<br>All of&nbsp;it &amp; more.</p>")
    assert found.new_text == "Dear team,\n\nI withdraw.\nAll of it & more."


def test_lists_and_tables_keep_their_rows() -> None:
    found = read(
        "<ul><li>my tutor</li><li>my GP</li></ul>"
        "<table><tr><td>Notes</td><td>no</td></tr><tr><td>Dates</td><td>yes</td></tr></table>"
    )
    assert found.new_text.split("\n") == ["- my tutor", "- my GP", "", "Notes\tno", "Dates\tyes"]


def test_preformatted_text_keeps_its_lines() -> None:
    assert read("<pre>one\ntwo</pre>").new_text == "one\ntwo"
    assert read('<div style="white-space: pre-wrap">one\ntwo</div>').new_text == "one\ntwo"


@pytest.mark.parametrize(
    "quote",
    [
        '<div class="gmail_quote"><div class="gmail_attr">On Thu, 20 Nov 2025 Wellbeing wrote:</div>'
        "<blockquote>We stopped.</blockquote></div>",
        '<blockquote type="cite"><div>On 26 Feb 2025, at 13:33, Wellbeing wrote:</div>We stopped.</blockquote>',
        '<div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>From:</b> Wellbeing</div><div>We stopped.</div>',
        "<hr><p><b>From:</b> Wellbeing<br><b>Sent:</b> 6 November 2025<br><b>Subject:</b> x</p><p>We stopped.</p>",
        '<div class="moz-cite-prefix">Am 06.11.25 um 15:40 schrieb W.:</div><blockquote>We stopped.</blockquote>',
        '<div class="yahoo_quoted">On Thursday, 6 November 2025, Wellbeing wrote:<br>We stopped.</div>',
        '<div style="border:none;border-top:solid #E1E1E1 1.0pt"><p><b>From:</b> Wellbeing<br><b>Sent:</b> 6 November'
        "<br><b>To:</b> Ann</p></div><p>We stopped.</p>",
    ],
)
def test_what_a_client_marks_as_quoted_is_quoted(quote: str) -> None:
    found = read(f"<div>Thanks, that is right.</div>{quote}")
    assert found.new_text == "Thanks, that is right."
    assert "We stopped." in found.quoted_text


def test_answers_between_quotes_are_the_writers() -> None:
    found = read("<blockquote>Your tutor?</blockquote><p>No.</p><blockquote>Your GP?</blockquote><p>Yes.</p>")
    assert found.new_text.split() == ["No.", "Yes."]


def test_gmails_answers_inside_its_quote_container_are_the_writers() -> None:
    found = read(
        '<div>See below.</div><div class="gmail_quote"><div class="gmail_attr">On 1 Jan 2026 Wellbeing wrote:</div>'
        '<blockquote class="gmail_quote">Your tutor?</blockquote><div>No.</div>'
        '<blockquote class="gmail_quote">Your GP?</blockquote><div>Yes.</div></div>'
    )
    assert found.new_text.split("\n") == ["See below.", "No.", "Yes."]


def test_what_gmail_forwards_is_quoted() -> None:
    found = read(
        '<div>Is this you?</div><div class="gmail_quote"><div class="gmail_attr">---------- Forwarded message ---------'
        "<br>From: Wellbeing</div><br><div>We stopped.</div></div>"
    )
    assert found.new_text == "Is this you?"


def test_a_letter_written_into_the_signatures_box_is_the_writers() -> None:
    assert read('<div id="Signature"><p>I withdraw my consent.</p></div>').new_text == "I withdraw my consent."
    assert read('<p style="font-size:8pt">I withdraw my consent.</p>').new_text == "I withdraw my consent."


def test_a_blockquote_that_only_indents_is_the_writers() -> None:
    found = read('<blockquote style="margin:0 0 0 40px;border:none;padding:0px">I withdraw.</blockquote>')
    assert found.new_text == "I withdraw."


def test_a_gmail_signature_is_not_the_writers() -> None:
    found = read('<div>I withdraw.</div><div>--</div><div class="gmail_signature">Ann Bell<br>Course rep</div>')
    assert found.new_text == "I withdraw."
    assert "Course rep" in found.signature


@pytest.mark.parametrize(
    "hiding",
    [
        'style="display:none"',
        'style="DISPLAY: none !important"',
        'style="visibility:hidden"',
        'style="font-size:0"',
        'style="font-size:0px;line-height:0"',
        'style="font-size:1px"',
        'style="color:#ffffff"',
        'style="color:white"',
        'style="color:rgb(254, 254, 254)"',
        'style="background:#333;color:#333"',
        'style="opacity:0"',
        'style="max-height:0;overflow:hidden"',
        'style="position:absolute;left:-9999px"',
        'style="text-indent:-9999px"',
        'style="mso-hide:all"',
        "hidden",
        'class="secret"',
        'color="white"',
    ],
)
def test_text_that_nobody_sees_is_set_apart_and_reported(hiding: str) -> None:
    found = read(
        f"<html><head><style>.secret{{display:none}}</style></head><body><p>Hello.</p>"
        f"<div {hiding}>I withdraw everything.</div></body></html>"
    )
    assert found.new_text == "Hello."
    assert found.hidden_text == "I withdraw everything."
    assert Defect.HIDDEN_TEXT in found.defects


@pytest.mark.parametrize(
    "showing",
    [
        'style="color:#222222"',
        'style="font-size:12pt"',
        'style="background:#003366;color:#ffffff"',
        'style="font-size:0"><span style="font-size:14px"',
        'bgcolor="#003366" style="color:white"',
        'style="overflow:hidden;height:auto"',
    ],
)
def test_text_that_is_seen_is_the_writers(showing: str) -> None:
    found = read(f"<p>Hello.</p><div {showing}>I withdraw everything.</div>")
    assert "I withdraw everything." in found.new_text
    assert Defect.HIDDEN_TEXT not in found.defects


def test_what_hides_on_one_kind_of_screen_only_is_seen() -> None:
    found = read("<style>@media print{.c{display:none}} .d{color:red}</style><p class='c'>I withdraw.</p>")
    assert found.new_text == "I withdraw."


def test_hidden_text_in_a_quoted_newsletter_is_no_sign() -> None:
    found = read('<p>Stop these.</p><blockquote><div style="display:none">Preview</div>News</blockquote>')
    assert Defect.HIDDEN_TEXT not in found.defects


def test_scripts_styles_and_comments_are_not_text() -> None:
    found = read("<style>p{color:red}</style><script>withdraw()</script><!-- withdraw --><p>Hello.</p>")
    assert found.new_text == "Hello."


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("I with\u200bdraw my con\u00adsent", "I withdraw my consent"),
        ("I withdr\u0430w my c\u043ensent", "I withdraw my consent"),
        ("\U0001d408 withdraw", "I withdraw"),
        ("I with\u2060draw", "I withdraw"),
        ("I \u202ewithdraw", "I withdraw"),
    ],
)
def test_invisible_and_lookalike_characters_are_put_right(written: str, meant: str) -> None:
    assert read(f"<p>{written}</p>").new_text == meant


def test_invisible_characters_inside_words_are_reported() -> None:
    assert Defect.INVISIBLE_CHARACTERS in read("<p>I with\u200bdraw</p>").defects
    assert Defect.INVISIBLE_CHARACTERS in read("<p>I withdr\u0430w</p>").defects


@pytest.mark.parametrize(
    "honest",
    [
        "Я отзываю согласие",
        "Ανακαλώ τη συγκατάθεσή μου",
        "می‌خواهم",
        "👩‍👩‍👧 hello",
        "Dear Анна, thank you",
        "caf\u0065\u0301",
    ],
)
def test_other_scripts_and_emoji_are_no_sign(honest: str) -> None:
    assert Defect.INVISIBLE_CHARACTERS not in read(f"<p>{honest}</p>").defects
