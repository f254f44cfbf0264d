"""The writer's own words, apart from what mail programs, offices and gateways put around them."""

import textwrap

import pytest

from intake.parse import InboundMessage, parse

LETTER = "Please stop sharing my notes with my tutor.\nThank you,\nAnn Bell"


def read(
    body: str, *, sender: str = "Ann Bell", own_texts: tuple[str, ...] = (), kind: str = "plain"
) -> InboundMessage:
    head = (
        f"From: {sender} <ann@students.herts.example>\nTo: wellbeing@herts.example\nSubject: x\nMIME-Version: 1.0\n"
        f"Content-Type: text/{kind}; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
    )
    return parse((head + body).encode(), own_texts=own_texts)


ATTRIBUTIONS = [
    "On Fri, 14 Nov 2025 at 11:02, Student Wellbeing <wellbeing@herts.example> wrote:",
    "On 14/11/2025 11:02, Student Wellbeing wrote:",
    "On Friday, November 14th, 2025 at 4:10 PM, Student Wellbeing\n<wellbeing@herts.example> wrote:",
    "On 14 Nov 2025, at 11:02, Student Wellbeing\n<wellbeing@herts.example>\nwrote:",
    "Am Do., 20. Nov. 2025 um 09:17 Uhr schrieb Student Wellbeing <wellbeing@herts.example>:",
    "Le mar. 4 nov. 2025 à 10:22, Student Wellbeing <wellbeing@herts.example> a écrit :",
    "El mié, 12 nov 2025 a las 16:20, Student Wellbeing (<wellbeing@herts.example>) escribió:",
    "Em seg., 17 de nov. de 2025 às 15:02, Student Wellbeing <wellbeing@herts.example> escreveu:",
    "Il giorno gio 20 nov 2025 alle ore 12:11 Student Wellbeing <wellbeing@herts.example> ha scritto:",
    "Op do 13 nov. 2025 om 10:02 schreef Student Wellbeing <wellbeing@herts.example>:",
    "W dniu pon., 17 lis 2025 o 08:45 Student Wellbeing <wellbeing@herts.example> napisał(a):",
    "Den tors 20 nov. 2025 kl 09:44 skrev Student Wellbeing <wellbeing@herts.example>:",
    "Pe mie., 19 nov. 2025 la 10:30, Student Wellbeing <wellbeing@herts.example> a scris:",
    "Στις Τρί 18 Νοε 2025 στις 11:00 π.μ., ο χρήστης Student Wellbeing <wellbeing@herts.example> έγραψε:",
    "вт, 18 нояб. 2025 г. в 11:00, Student Wellbeing <wellbeing@herts.example>:",
    "2025年11月18日(火) 16:30 Student Wellbeing <wellbeing@herts.example>:",
    "于2025年11月18日周二 16:30写道：",
    "20 Kas 2025 Per 10:00 tarihinde Student Wellbeing <wellbeing@herts.example> şunu yazdı:",
]


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
@pytest.mark.parametrize("prefix", ["> ", ""])
def test_what_stands_under_an_attribution_line_is_quoted(attribution: str, prefix: str) -> None:
    quoted = f"{prefix}Your withdrawal has been recorded.\n{prefix}\n{prefix}Student Wellbeing"
    message = read(f"{LETTER}\n\n{attribution}\n{quoted}\n")
    assert message.new_text == LETTER
    assert "withdrawal has been recorded" in message.quoted_text


HEADER_BLOCKS = [
    "From: Student Wellbeing <wellbeing@herts.example>\nSent: 03 November 2025 16:40\nTo: Ann Bell\nSubject: Your data",
    "________________\nFrom: Student Wellbeing\nSent: 3 November 2025\nTo: Ann Bell\nSubject: Your data",
    "-----Original Message-----\nFrom: Student Wellbeing\nTo: Ann Bell",
    "---------- Forwarded message ---------\nFrom: Student Wellbeing\nDate: Mon, 6 Oct 2025\nSubject: Your data",
    "Begin forwarded message:\n\nFrom: Student Wellbeing\nDate: 2 November 2025 at 21:15:06 GMT\nTo: Ann Bell",
    "-------- Original message --------\nFrom: Student Wellbeing\nDate: 01/10/2025 11:11 (GMT+00:00)\nTo: Ann Bell",
    "-------- Forwarded Message --------\nSubject: \tYour data\nDate: \tMon, 3 Nov 2025\nFrom: \tStudent Wellbeing",
    "*From:* Student Wellbeing <wellbeing@herts.example>\n*Sent:* 03 November 2025 16:40\n*To:* Ann Bell",
    "Von: Student Wellbeing\nGesendet: Mittwoch, 12. November 2025 10:55\nAn: Ann Bell\nBetreff: Termin",
    "De : Student Wellbeing\nEnvoyé : jeudi 13 novembre 2025 11:02\nÀ : Ann Bell\nObjet : Vos données",
    "De: Student Wellbeing\nEnviado el: lunes, 10 de noviembre de 2025 9:15\nPara: Ann Bell\nAsunto: Datos",
    "Da: Student Wellbeing\nInviato: lunedì 10 novembre 2025\nA: Ann Bell\nOggetto: Dati",
    "Van: Student Wellbeing\nVerzonden: maandag 10 november 2025\nAan: Ann Bell\nOnderwerp: Gegevens",
    "Od: Student Wellbeing\nWysłano: poniedziałek, 10 listopada 2025\nDo: Ann Bell\nTemat: Dane",
    "Fra: Student Wellbeing\nSendt: onsdag 12. november 2025 16:00\nTil: Ann Bell\nEmne: Data",
    "发件人: Student Wellbeing\n发送时间: 2025年11月18日 17:00\n收件人: Ann Bell\n主题: 数据",
    "Oddi wrth / From: Student Wellbeing\nAnfonwyd / Sent: 18/11/2025 11:40\nAt / To: Ann Bell",
    "From: Wellbeing Admin",
]


@pytest.mark.parametrize("block", HEADER_BLOCKS)
def test_what_stands_under_a_header_block_is_quoted(block: str) -> None:
    message = read(f"{LETTER}\n\n{block}\n\nYour withdrawal has been recorded.\nReply if that is wrong.\n")
    assert message.new_text == LETTER
    assert "withdrawal has been recorded" in message.quoted_text


def test_a_reply_below_the_quoted_message_is_the_writers() -> None:
    message = read(f"On Fri, 14 Nov 2025, Wellbeing wrote:\n> Did you mean all of it?\n\n{LETTER}\n")
    assert message.new_text == LETTER


def test_answers_between_the_quoted_lines_are_the_writers() -> None:
    message = read(
        "> May your tutor know?\nNo.\n\n> May your GP know?\nYes, but only about the tablets.\n> Wellbeing\n"
    )
    assert message.new_text == "No.\n\nYes, but only about the tablets."
    assert message.quoted_text == "May your tutor know?\nMay your GP know?\nWellbeing"


@pytest.mark.parametrize(
    "footer",
    [
        "Sent from my iPhone",
        "Sent from Outlook for Android",
        "Get Outlook for iOS",
        "Sent from Yahoo Mail on Android",
        "Sent with Proton Mail secure email.",
        "Envoyé de mon iPhone",
        "Von meinem iPhone gesendet",
        "Enviado desde mi iPhone",
        "Wysłano z iPhone'a",
        "Надіслано з мобільного",
    ],
)
def test_a_phones_footer_is_not_the_writers(footer: str) -> None:
    message = read(f"{LETTER}\n\n{footer}\n")
    assert message.new_text == LETTER
    assert message.signature == footer


@pytest.mark.parametrize(
    "block",
    [
        "-- \nAnn Bell\nSchool of Physics | Course rep\nwww.herts.example",
        "--\nAnn Bell (she/her)",
        "---\nAnn Bell\nTreasurer, Chess Society",
        "Ann Bell | MSc Physics | 01632 960 123",
        'Ann Bell\nBSc Physics, Year 2\nTreasurer, Chess Society\n"Ice is patient"',
    ],
)
def test_a_signature_block_under_the_signed_name_is_not_the_writers(block: str) -> None:
    message = read(f"{LETTER}\n\n{block}\n")
    assert message.new_text == LETTER


def test_course_and_number_under_the_name_are_the_writers() -> None:
    letter = "I withdraw my consent.\n\nAnn Bell\nBSc Physics, Year 2\nStudent no. 23529452"
    assert read(letter).new_text == letter


def test_a_name_under_the_close_is_the_writers_and_the_block_under_it_is_not() -> None:
    message = read(
        "Could you ring me?\n\nKind regards\nAnn Bell\nHead of Physics\nTel. 01632 960 123\nBuilding C, Room 4\n"
    )
    assert message.new_text == "Could you ring me?\n\nKind regards\nAnn Bell"
    assert message.signature.startswith("Head of Physics")


@pytest.mark.parametrize(
    "disclaimer",
    [
        "This email is confidential and intended solely for the addressee. If you have received it in error delete it.",
        "This message and any attachments are intended for the named recipient only.",
        "Please consider the environment before printing this email.",
        "Bell Ltd. Registered in England. The contents are legally privileged.",
    ],
)
def test_a_disclaimer_is_not_the_writers(disclaimer: str) -> None:
    message = read(f"{LETTER}\n\n{disclaimer}\n")
    assert message.new_text == LETTER
    assert message.signature == disclaimer


@pytest.mark.parametrize(
    "banner",
    [
        "CAUTION: This email originated from outside the organisation. Do not click links.",
        "[EXTERNAL]",
        "EXTERNAL SENDER – stop and think",
        "You don't often get email from ann@students.herts.example. Learn why this is important",
    ],
)
def test_a_gateways_banner_is_not_the_writers(banner: str) -> None:
    assert read(f"{banner}\n\n{LETTER}\n").new_text == LETTER


@pytest.mark.parametrize(
    "letter",
    [
        "This is confidential and I do not want it passed on in error to my tutor.",
        "P.S.\n\nI also withdraw from the statistics.",
        "From: me\nTo: you\n\nI withdraw.",
        "I withdraw.\n\n--\n\nAlso I would like you to know that my mother must never hear of it, please.",
        "On Monday my counsellor wrote to my tutor: I never said that was fine.",
        "Please ring me.\n\nAnn\n\n07700 900 123",
        "You wrote: we share nothing.\n\nThat is not true.",
        "No.\n\nAnn\n\nPS I withdraw from the supervision too",
        "Subject: withdrawal\n\nI withdraw.",
        "Tell nobody\n\nBen (he/him)",
        "- - -\nI am Ann.\n- - -\nI withdraw.",
        "I was scanned by the nurse and then I left.",
    ],
)
def test_the_writers_words_are_never_lost(letter: str) -> None:
    assert read(letter).new_text.split() == letter.split()


ACKNOWLEDGEMENT = (
    "Hello,\n\nWe received your message on {{ received_on }}. You asked us to stop using information about you.\n\n"
    "{% if stopped %}From {{ received_on }} we have stopped:\n{% endif %}\n"
    "If there is a serious risk to your safety or to somebody else's, we may still have to tell others.\n"
)
RENDERED = (
    "Hello,\n\nWe received your message on 3 November 2025. You asked us to stop using information about you.\n\n"
    "From 3 November 2025 we have stopped:\n\n"
    "If there is a serious risk to your safety or to somebody else's, we may still\nhave to tell others.\n"
)


def test_our_own_acknowledgement_coming_back_is_dropped_from_quoted_text() -> None:
    quoted = "\n".join(f"> {one}" for one in RENDERED.split("\n"))
    message = read(f"Thanks.\n\nOn 4 Nov 2025, Wellbeing wrote:\n{quoted}\n", own_texts=(ACKNOWLEDGEMENT,))
    assert message.new_text == "Thanks."
    assert "serious risk" not in message.quoted_text
    assert "asked us to stop" not in message.quoted_text


def test_words_added_inside_our_own_text_are_kept() -> None:
    quoted = (
        "> If there is a serious risk to your safety or to somebody else's, we may still\n"
        "> I want to die\n> have to tell others."
    )
    message = read(f"See below.\n\n{quoted}\n", own_texts=(ACKNOWLEDGEMENT,))
    assert "I want to die" in message.quoted_text
    assert "serious risk" not in message.quoted_text


def test_our_own_text_without_quote_marks_is_not_the_writers() -> None:
    message = read(f"Thanks, that is right.\n\n{RENDERED}", own_texts=(ACKNOWLEDGEMENT,))
    assert "serious risk" not in message.new_text
    assert "asked us to stop" not in message.new_text
    assert message.new_text.startswith("Thanks, that is right.")


def test_answers_between_lines_of_ours_that_carry_no_quote_mark_are_the_writers() -> None:
    policy = (
        "We do not normally divulge information about you to others.\n"
        "Records are kept on University servers for six years.\n"
    )
    answered = policy.replace("\n", "\nNo thanks.\n", 1)
    message = read(f"Dear team,\n\n{answered}\nThat is all.", own_texts=(policy,))
    assert message.new_text.split("\n") == ["Dear team,", "", "No thanks.", "", "That is all."]


def test_a_sentence_that_only_resembles_our_text_stays() -> None:
    letter = "If there is a serious risk to my safety, tell nobody."
    assert read(letter, own_texts=(ACKNOWLEDGEMENT,)).new_text == letter


def test_a_wholly_forwarded_message_leaves_no_words_of_the_writer() -> None:
    message = read("---------- Forwarded message ---------\nFrom: Ben\nDate: today\nSubject: x\n\nI withdraw.\n")
    assert message.new_text == ""
    assert "I withdraw." in message.quoted_text


@pytest.mark.parametrize(
    "letter",
    [
        "The form was received in error.\n\nNobody ever gave consent.",
        "Send by post please, not by email.",
        "Attention: this message came from outside the university because I have no access. I withdraw.",
        "- photo page: stop\n- scanned form: stop",
        "(form attached) please read it and stop.",
        "On Tuesday 11 November 2025 my tutor wrote:\n\nI know all about it.\n\nHow did he know?",
        "On 3 November Dr Patel wrote:\nshe agrees\nThat is not so.\n\nAnn",
        "Hello,\n\nFrom: June 2026\nTo: July 2026\n\nplease pause it",
        "Date: 20 November 2025\nTo: Wellbeing\nFrom: Ann Bell\nSubject: Withdrawal\n\nConsent is withdrawn.",
        "Withdrawn.\n\nAnn Bell\n\nThe counselling team knows why.",
        "Withdrawn.\n\nAnn Bell\nstop sharing with the hospital trust",
        ">:( not happy\n\nstop sharing",
        "External examiners have seen it. An external sender or not, stop.",
        "This e-mail is confidential and intended for the named counsellor only.",
    ],
)
def test_a_letter_that_looks_like_something_else_is_never_lost(letter: str) -> None:
    assert read(letter).new_text.split() == letter.split()


def test_a_disclaimer_of_several_paragraphs_under_a_rule_is_not_the_writers() -> None:
    foot = (
        "*" * 80 + "\n\nThis message may contain confidential information. If you are not the intended recipient:\n"
        "i) inform the sender\nii) do not copy it.\n\nThank you for your co-operation.\n"
    )
    assert read(f"{LETTER}\n\n{foot}").new_text == LETTER


def test_the_rest_of_a_banner_and_the_rule_under_it_are_not_the_writers() -> None:
    banner = "***WARNING*** This e-mail is from an EXTERNAL address.\nReport phishing to the Service Desk.\n----------"
    assert read(f"{banner}\n\n{LETTER}\n").new_text == LETTER


def test_our_whole_text_over_the_answer_goes_with_its_greeting_and_signature() -> None:
    ours = (
        "Hello,\n\nOn {{ day }} we received a message that asks us to change things.\n\n{{ name }}\n\n"
        "If you or somebody else is in danger now, ring 999.\n"
    )
    back = ours.replace("{{ day }}", "3 November 2025").replace("{{ name }}", "Student Wellbeing")
    assert read(f"{back}\nYes, that was me.\n", own_texts=(ours,)).new_text == "Yes, that was me."


CONFIRMATION = (
    "Hello,\n\nOn {{ received_on }} we received a message that asks us to change how information is used.\n\n"
    'If you wrote it, please reply to this message from this address and say "Yes, that was me".\n\n'
    "The reference is {{ reference }}.\n\n"
)


@pytest.mark.parametrize("width", [30, 44, 60, 72, 120])
def test_our_own_words_are_never_taken_for_the_answer_however_they_are_wrapped(width: int) -> None:
    filled = CONFIRMATION.replace("{{ received_on }}", "3 November 2025").replace("{{ reference }}", "W-8K2P-4T6R")
    wrapped = "\n\n".join(textwrap.fill(one, width) for one in filled.split("\n\n"))
    assert read(f"Who is this?\n\n{wrapped}", own_texts=(CONFIRMATION,)).new_text == "Who is this?"
    assert read(f"{wrapped}\n\nNot me.", own_texts=(CONFIRMATION,)).new_text == "Not me."


@pytest.mark.parametrize(
    "introduction",
    [
        "Zitat von Student Wellbeing <wellbeing@herts.example>:",
        "* Student Wellbeing <wellbeing@herts.example> [20-11-2025 09:12]:",
        "Quoting wellbeing@herts.example:",
    ],
)
def test_a_line_right_above_a_marked_quote_introduces_it(introduction: str) -> None:
    assert read(f"No.\n\n{introduction}\n> May we?\n").new_text == "No."


def test_groupwise_puts_arrows_around_its_attribution() -> None:
    assert read("No.\n\n>>> Student Wellbeing <w@herts.example> 20/11/2025 09:12 >>>\nMay we?\n").new_text == "No."
