"""Whether a message is machine mail and may be answered: RULES D1, row by row."""

import pytest

from intake.parse import parse
from intake.screen import Screening, ScreeningReason, screen

OURS = "wellbeing@herts.example"
STUDENT = "ab23xyz@students.herts.example"


def screened(
    *fields: str, sender: str = STUDENT, to: str = OURS, subject: str = "My information", body: str = "I withdraw."
) -> Screening:
    head = "".join(f"{one}\r\n" for one in fields)
    content = f"{head}From: {sender}\r\nTo: {to}\r\nSubject: {subject}\r\n\r\n{body}\r\n"
    return screened_bytes(content.encode())


def screened_bytes(content: bytes) -> Screening:
    return screen(parse(content), own_addresses=frozenset({OURS}), own_message_domain="herts.example")


def test_a_persons_letter_may_be_answered() -> None:
    assert screened("Return-Path: <ab23xyz@students.herts.example>") == Screening()


@pytest.mark.parametrize(
    "value",
    [
        "auto-replied",
        "Auto-Replied (vacation)",
        'auto-generated; owner-email="a@b"',
        "auto-notified",
        "(no) auto-replied",
        "no-not-really",
        "",
    ],
)
def test_row_1_auto_submitted_is_machine_mail(value: str) -> None:
    found = screened(f"Auto-Submitted: {value}")
    assert found.automated
    assert not found.may_reply
    assert found.reasons[0] is ScreeningReason.AUTO_SUBMITTED


@pytest.mark.parametrize("value", ["no", "No", "no; x=y", "no (a person)", "(nested (comment)) NO"])
def test_row_1_auto_submitted_no_is_a_person(value: str) -> None:
    assert screened(f"Auto-Submitted: {value}") == Screening()


def test_row_1_the_worst_of_several_counts() -> None:
    assert screened("Auto-Submitted: no", "Auto-Submitted: auto-replied").automated


def test_row_2_a_null_reverse_path_is_never_answered() -> None:
    found = screened("Return-Path: <>")
    assert (found.automated, found.may_reply) == (True, False)
    assert found.reasons == (ScreeningReason.NULL_REVERSE_PATH,)


@pytest.mark.parametrize(
    "local",
    [
        "owner-chess",
        "chess-owner",
        "chess-request",
        "MAILER-DAEMON",
        "postmaster",
        "noreply",
        "no-reply",
        "do.not.reply",
        "donotreply",
        "forms-noreply",
        "noreply-wellbeing",
        "bounce",
        "bounces+123=a",
        "bounce-77_HTML",
    ],
)
def test_row_3_robots_are_known_by_their_local_part(local: str) -> None:
    as_originator = screened(sender=f"{local}@forms.herts.example")
    as_path = screened(f"Return-Path: <{local}@students.herts.example>")
    for found in (as_originator, as_path):
        assert (found.automated, found.may_reply) == (True, False)
        assert ScreeningReason.ROBOT_ADDRESS in found.reasons


@pytest.mark.parametrize(
    "local", ["norah.eplyson", "bouncer.bob", "ann.owner.smith", "postma", "dean", "request.jones"]
)
def test_row_3_people_with_such_names_are_people(local: str) -> None:
    assert screened(sender=f"{local}@students.herts.example") == Screening()


@pytest.mark.parametrize(
    "field", ["List-Id: <chess.herts.example>", "List-Unsubscribe: <mailto:x@herts.example>", "List-Post: NO"]
)
def test_row_5_a_list_field_forbids_a_reply_but_silences_nobody(field: str) -> None:
    found = screened(field)
    assert (found.automated, found.may_reply) == (False, False)
    assert found.reasons == (ScreeningReason.MAILING_LIST,)


def test_row_5_a_persons_letter_through_a_discussion_list_is_not_machine_mail() -> None:
    found = screened(
        "Return-Path: <chess-bounces+wellbeing=herts.example@herts.example>", "List-Id: <chess.herts.example>"
    )
    assert (found.automated, found.may_reply) == (False, False)


@pytest.mark.parametrize("value", ["bulk", "List", "junk", "bulk (news)"])
def test_row_6_precedence_forbids_a_reply(value: str) -> None:
    found = screened(f"Precedence: {value}")
    assert (found.automated, found.may_reply) == (False, False)


def test_row_6_other_precedence_says_nothing() -> None:
    assert screened("Precedence: first-class") == Screening()


@pytest.mark.parametrize("value", ["All", "OOF", "DR, AutoReply", "dr,rn, oof"])
def test_row_7_auto_response_suppress_forbids_a_reply(value: str) -> None:
    found = screened(f"X-Auto-Response-Suppress: {value}")
    assert (found.automated, found.may_reply) == (False, False)
    assert found.reasons == (ScreeningReason.AUTO_RESPONSE_SUPPRESS,)


def test_row_7_suppressing_receipts_alone_says_nothing_about_replies() -> None:
    assert screened("X-Auto-Response-Suppress: DR, RN, NRN") == Screening()


def _report(action: str, report_type: str = "delivery-status") -> bytes:
    status = (
        f"Content-Type: message/{report_type}\r\n\r\nReporting-MTA: dns; mx.students.herts.example\r\n\r\n"
        f"Final-Recipient: rfc822; {STUDENT}\r\nAction: {action}\r\nStatus: 5.1.1\r\n"
    )
    return (
        f"From: postmaster@students.herts.example\r\nTo: {OURS}\r\nSubject: Undeliverable\r\nMIME-Version: 1.0\r\n"
        f"Content-Type: multipart/report; report-type={report_type}; boundary=b\r\n\r\n"
        f"--b\r\nContent-Type: text/plain\r\n\r\nIt did not arrive.\r\n--b\r\n{status}"
        "--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <ours.1@herts.example>\r\n--b--\r\n"
    ).encode()


def test_row_8_a_delivery_failure_names_the_message_that_failed() -> None:
    found = screened_bytes(_report("failed"))
    assert (found.automated, found.may_reply) == (True, False)
    assert ScreeningReason.REPORT in found.reasons
    assert found.failed_message_ids == ("<ours.1@herts.example>",)


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed"])
def test_row_8_a_delay_or_a_receipt_is_no_failure(action: str) -> None:
    found = screened_bytes(_report(action))
    assert found.automated
    assert found.failed_message_ids == ()


def test_row_8_a_read_receipt_is_no_failure() -> None:
    found = screened_bytes(_report("displayed", report_type="disposition-notification"))
    assert found.automated
    assert found.failed_message_ids == ()


def test_row_8_a_failure_without_report_structure_is_known_by_its_header_field() -> None:
    found = screened(
        f"X-Failed-Recipients: {STUDENT}",
        sender="Mail Delivery System <Mailer-Daemon@mx.example>",
        subject="Mail delivery failed: returning message to sender",
        body="The following address failed.\r\n\r\n------ This is a copy of your message. ------\r\n\r\n"
        "From: wellbeing@herts.example\r\nMessage-ID: <ours.2@herts.example>\r\nSubject: Auto: Your message",
    )
    assert found.automated
    assert found.failed_message_ids == ("<ours.2@herts.example>",)


def test_a_microsoft_365_out_of_office_from_postmaster_is_no_failure() -> None:
    found = screened(
        "Return-Path: <postmaster@students.outbound.protection.example>",
        "In-Reply-To: <ours.3@herts.example>",
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: All",
        subject="Automatic reply: Auto: Your message to Student Wellbeing",
    )
    assert found.automated
    assert found.failed_message_ids == ()


def test_a_letter_that_forwards_a_delivery_failure_is_a_letter() -> None:
    content = (
        f"From: {STUDENT}\r\nTo: {OURS}\r\nSubject: this bounced\r\nContent-Type: multipart/mixed; boundary=o\r\n\r\n"
        "--o\r\nContent-Type: text/plain\r\n\r\nWhy did this bounce?\r\n--o\r\nContent-Type: message/rfc822\r\n\r\n"
    ).encode() + _report("failed")
    found = screened_bytes(content + b"\r\n--o--\r\n")
    assert found == Screening()


def test_row_8_an_invitation_is_machine_mail_and_an_attached_calendar_file_is_not() -> None:
    head = f"From: {STUDENT}\r\nTo: {OURS}\r\nSubject: Meeting\r\nMIME-Version: 1.0\r\n"
    event = "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
    invitation = (
        f"{head}Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nHi\r\n"
        f"--b\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\n{event}--b--\r\n"
    )
    attached = (
        f"{head}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nHi\r\n"
        "--b\r\nContent-Type: text/calendar; name=x.ics\r\nContent-Disposition: attachment; filename=x.ics\r\n\r\n"
        f"{event}--b--\r\n"
    )
    assert screened_bytes(invitation.encode()).reasons == (ScreeningReason.CALENDAR,)
    assert screened_bytes(attached.encode()) == Screening()


@pytest.mark.parametrize(
    "subject",
    [
        "Automatic reply: Your message",
        "Out of office: Re: hello",
        "Out of Office",
        "Autoreply: hello",
        "Abwesenheitsnotiz: hello",
        "Automatische Antwort: hello",
        "Réponse automatique : bonjour",
        "Absence du bureau: bonjour",
        "Respuesta automática: hola",
        "Fuera de la oficina: hola",
        "Resposta automática: olá",
        "Risposta automatica: ciao",
        "Fuori ufficio: ciao",
        "Automatisch antwoord: hallo",
        "Autosvar: hej",
        "Automatisk svar: hei",
        "Automaattinen vastaus: hei",
        "Odpowiedź automatyczna: hej",
        "Автоматический ответ: привет",
        "Автоматична відповідь: вітаю",
        "自动答复: 你好",
        "自動返信：こんにちは",
        "Otomatik yanıt: selam",
        "Αυτόματη απάντηση: γεια",
        "Ymateb awtomatig: helo",
        "رد تلقائي: مرحبا",
        "מענה אוטומטי: שלום",
    ],
)
def test_out_of_office_is_known_without_auto_submitted(subject: str) -> None:
    found = screened(subject=subject)
    assert found.automated
    assert ScreeningReason.OUT_OF_OFFICE in found.reasons


@pytest.mark.parametrize(
    "subject",
    [
        "Re: Automatic reply: Your message",
        "Your out of office message says you are closed",
        "the automatic reply you sent me",
        "Out of office hours, can I still come?",
        "Away match and my appointment",
        "Autosave broke my form",
        "Absence from lectures and who sees it",
        "Vacation plans and my file",
    ],
)
def test_a_letter_about_an_out_of_office_is_a_letter(subject: str) -> None:
    assert screened(subject=subject) == Screening()


def test_row_9_what_was_not_addressed_to_us_is_not_answered() -> None:
    found = screened(to="all-students@herts.example")
    assert (found.automated, found.may_reply) == (False, False)
    assert found.reasons == (ScreeningReason.NOT_ADDRESSED_TO_US,)
    assert screened("Cc: Wellbeing <Wellbeing@Herts.Example>", to="tutor@herts.example") == Screening()
    assert screened(f"Resent-To: {OURS}", to="tutor@herts.example") == Screening()
    assert screened(to="wellbeing+reply@herts.example") == Screening()


def test_row_10_our_own_messages_are_never_answered() -> None:
    assert screened(sender=OURS).reasons == (ScreeningReason.OWN_MESSAGE,)
    marked = screened("X-Wellbeing-Intake: neutral_receipt", "Message-ID: <x.1@herts.example>")
    assert (marked.automated, marked.may_reply) == (True, False)


def test_row_10_the_universitys_domain_in_a_message_id_is_no_mark_of_ours() -> None:
    assert screened("Message-ID: <x.1@herts.example>") == Screening()


def test_row_10_our_mark_on_anothers_message_forbids_a_reply_and_silences_nobody() -> None:
    found = screened("X-Wellbeing-Intake: neutral_receipt", "Message-ID: <x.1@quillbox.example>")
    assert (found.automated, found.may_reply) == (False, False)


def test_a_reverse_path_elsewhere_forbids_a_reply() -> None:
    found = screened("Return-Path: <ab@quillbox.example>")
    assert (found.automated, found.may_reply) == (False, False)
    assert found.reasons == (ScreeningReason.REVERSE_PATH_DIFFERS,)


@pytest.mark.parametrize(
    "path",
    [
        "SRS0=HHH=TT=students.herts.example=ab23xyz@forwarder.example",
        "SRS1=HHH=first.example==HHH=TT=students.herts.example=ab23xyz@second.example",
        "prvs=1234567890=ab23xyz@students.herts.example",
        "ab23xyz@mail.herts.example",
    ],
)
def test_a_rewritten_reverse_path_is_decoded_first(path: str) -> None:
    assert screened(f"Return-Path: <{path}>") == Screening()


@pytest.mark.parametrize(
    "field",
    [
        "X-MS-Exchange-Organization-SCL: 6",
        "X-Forefront-Antispam-Report: CIP:192.0.2.1;CTRY:GB;SFV:SPM;SCL:5;",
        "X-Forefront-Antispam-Report: CIP:192.0.2.1;SCL:1;CAT:PHSH;",
        "X-Spam-Flag: YES",
        "X-Spam-Status: Yes, score=9.1",
    ],
)
def test_row_15_a_spam_verdict_forbids_a_reply(field: str) -> None:
    found = screened(field)
    assert (found.automated, found.may_reply) == (False, False)
    assert found.reasons == (ScreeningReason.SPAM_VERDICT,)


@pytest.mark.parametrize(
    "field",
    ["X-MS-Exchange-Organization-SCL: -1", "X-Spam-Status: No, score=0.1", "X-Forefront-Antispam-Report: SCL:1;"],
)
def test_row_15_a_clean_verdict_says_nothing(field: str) -> None:
    assert screened(field) == Screening()


def test_row_12_two_from_fields_are_never_answered() -> None:
    found = screened("From: other@students.herts.example")
    assert not found.may_reply
    assert ScreeningReason.MALFORMED in found.reasons


def test_nothing_at_all_is_not_answered() -> None:
    found = screened_bytes(b"")
    assert not found.may_reply
    assert ScreeningReason.MALFORMED in found.reasons


@pytest.mark.parametrize(
    "body",
    [
        "J'ai reçu votre réponse automatique hier. Je veux retirer mon consentement.",
        "Ich habe eine automatisch generierte E-Mail bekommen und widerrufe.",
        "Solo llegó una respuesta automática. No compartan nada con la facultad.",
        "È arrivata solo una risposta automatica. Basta condividere i dati.",
        "Ik kreeg een automatisch bericht van u. Ik trek mijn toestemming in.",
        "Przyszła wiadomość wygenerowana automatycznie. Proszę o kontakt człowieka.",
    ],
)
def test_a_letter_abroad_about_an_automatic_reply_is_a_letter(body: str) -> None:
    assert not screened("Content-Type: text/plain; charset=utf-8", body=body).automated


def test_a_persons_sentence_between_a_programs_makes_it_a_letter() -> None:
    notice = "Your request has been closed. Please log in to the portal to view it."
    assert screened(subject="Ticket #40912", body=notice).automated
    assert not screened(subject="Ticket #40912", body=f"{notice} The sharing goes on all the same.").automated


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        ("Digest", "The weekly digest names Ann as absent."),
        ("Attendance alert", "Our records show Ann has stopped coming."),
        ("Booking", "The booking has been moved to the day of the funeral."),
        ("Overdue", "The item is overdue because the owner is in prison."),
        ("portal", "The portal shows old choices. The account has been changed by someone."),
        ("Ticket #4412", "The request has been resolved wrongly."),
    ],
)
def test_a_persons_one_sentence_in_a_programs_words_is_a_letter(subject: str, body: str) -> None:
    assert not screened(subject=subject, body=body).automated
