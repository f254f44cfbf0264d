"""Replying: a planned reply becomes an RFC 5322 message from `templates/replies/`.

Plain text, one recipient, RFC 3834 header fields, a deterministic Message-ID, threaded, a neutral subject; nothing of
the letter is quoted, nobody is named.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.header import Header
from email.utils import format_datetime

from intake.clocks import LONDON
from intake.purposes import Purposes
from intake.settings import Service
from intake.templating import ReplyTemplates
from intake.vocabulary import Purpose, RecipientKind, ReplyTemplate

#: our own mark, beside the standard header fields: what carries it is never answered (RULES D1, row 10)
OWN_HEADER = "X-Wellbeing-Intake"
#: alerts and notices
_ANSWERS_NOBODY = (RecipientKind.DUTY, RecipientKind.CONFIGURED)
_MESSAGE_ID = re.compile(r"<[\x21-\x7e]{1,900}>")
_EXAMPLE_REFERENCE = "W-0123456789AB"


@dataclass(frozen=True, slots=True)
class ReplyFields:
    """What a template may ask for."""

    reference: str
    received_at: datetime
    stopped: tuple[Purpose, ...] = ()
    #: the letter also asks how information is handled
    question: bool = False
    #: what it asks about, by name of the answers
    topics: tuple[str, ...] = ()
    #: the letter also asks something that a person answers
    other_request: bool = False
    student_id: str = ""
    #: what happened to the purposes, where somebody is told of a change (`ConsentEventKind`)
    event: str = "withdrawn"
    #: which alert of its case this is, and after how many minutes the next follows; 0: none does
    alert: int = 1
    repeat_minutes: int = 0
    #: the limit that opened the breaker, where the alert is about that
    breaker: int = 0
    #: a question to the registered address: its code, and until when it can be answered
    code: str = ""
    answer_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class Thread:
    """What the reply answers: the letter's Message-ID and its references, oldest first; empty where it has none."""

    message_id: str | None = None
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """A message written, ready for the outbox."""

    template: ReplyTemplate
    template_version: str
    recipient_kind: RecipientKind
    recipient: str
    subject: str
    body: str
    message_id: str
    in_reply_to: str | None
    content: bytes


class Writer:
    """Writes replies in the service's name."""

    def __init__(self, service: Service, purposes: Purposes, templates: ReplyTemplates) -> None:
        """Take the service's settings, its purposes and its templates."""
        self.service = service
        self.purposes = purposes
        self.templates = templates

    @property
    def message_domain(self) -> str:
        """The right-hand side of every Message-ID written here."""
        return self.service.address.rpartition("@")[2].lower()

    def message_id(self, token: str) -> str:
        """Give the Message-ID for a signed token: the same each time, unguessable without the key."""
        return f"<{token}@{self.message_domain}>"

    def write(
        self,
        template: ReplyTemplate,
        recipient: tuple[RecipientKind, str],
        fields: ReplyFields,
        thread: Thread,
        *,
        token: str,
        now: datetime,
    ) -> Reply:
        """Write one message to one `recipient` (kind, address). Raises `TemplateRefused`."""
        subject, body = self._rendered(template, fields)
        kind, address = recipient
        message_id = self.message_id(token)
        head = [
            ("From", _mailbox(self.service.name, self.service.address)),
            ("To", address),
            ("Subject", _encoded(subject)),
            ("Date", format_datetime(now.astimezone(UTC))),
            ("Message-ID", message_id),
            *_threading(thread),
            # RFC 3834 section 5: automatic responses say so, and no responder answers them.
            ("Auto-Submitted", "auto-generated" if kind in _ANSWERS_NOBODY else "auto-replied"),
            ("X-Auto-Response-Suppress", "All"),
            (OWN_HEADER, template.value),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit" if not body.isascii() else "7bit"),
        ]
        text = "".join(f"{name}: {value}\r\n" for name, value in head) + "\r\n" + body.replace("\n", "\r\n")
        return Reply(
            template,
            self.templates.version,
            kind,
            address,
            subject,
            body,
            message_id,
            thread.message_id,
            text.encode("utf-8"),
        )

    def prove(self, topics: Sequence[str] = ()) -> None:
        """Write each template with every field present and absent, and the answer to each of `topics`.

        Raises `TemplateRefused`, naming the broken one.
        """
        if topics:
            self.templates.prove_answers(topics)
        for name in ReplyTemplate:
            bare = ReplyFields(_EXAMPLE_REFERENCE, datetime.now(UTC))
            for fields in (self.example_fields(topics), bare, replace(bare, breaker=200, event="held")):
                self._rendered(name, fields)

    def example_fields(self, topics: Sequence[str] = ()) -> ReplyFields:
        """Fields such as a preview needs, with the answers to `topics`."""
        withdrawable = tuple(one for one in Purpose if self.purposes.terms[one].withdrawable)
        return ReplyFields(
            _EXAMPLE_REFERENCE,
            datetime.now(UTC),
            stopped=withdrawable,
            question=True,
            topics=tuple(topics),
            other_request=True,
            student_id="00000000",
            alert=2,
            repeat_minutes=10,
            code="Y-ABCDEFGHIJ23",
            answer_by=datetime.now(UTC) + timedelta(days=14),
        )

    def _rendered(self, template: ReplyTemplate, fields: ReplyFields) -> tuple[str, str]:
        known = self._template_fields(fields)
        # An answer is the policy's: it may name the service, and knows nothing of the letter or the student.
        answers = self.templates.answers(fields.topics, {"service": known["service"]})
        return self.templates.render(template, {**known, "answers": answers})

    def _template_fields(self, fields: ReplyFields) -> dict[str, object]:
        service = self.service
        return {
            "service": {
                "name": service.name,
                "organisation": service.organisation,
                "address": service.address,
                "telephone": service.telephone,
                "security_telephone": service.security_telephone,
                "policy_url": service.policy_url,
                "complaints_address": service.complaints_address or service.address,
            },
            "reference": fields.reference,
            "received_on": _day(fields.received_at),
            "received_at": fields.received_at.astimezone(LONDON).strftime("%H:%M on ") + _day(fields.received_at),
            "stopped": [self.purposes.terms[purpose].wording for purpose in fields.stopped],
            "question": fields.question,
            "other_request": fields.other_request,
            "student_id": fields.student_id,
            "event": fields.event,
            "alert": fields.alert,
            "repeat_minutes": fields.repeat_minutes,
            "breaker": fields.breaker,
            "code": fields.code,
            "answer_by": _day(fields.answer_by) if fields.answer_by is not None else "",
        }


def _day(moment: datetime) -> str:
    local = moment.astimezone(LONDON)
    return f"{local.day} {local:%B %Y}"


def _threading(thread: Thread) -> list[tuple[str, str]]:
    # RFC 5322 section 3.6.4: References is the parent's References and its Message-ID. Bounded, folded one a line.
    # Only what can stand in a header field as it is: the server would refuse a NUL, or a line too long (section 2.1.1).
    if thread.message_id is None or not _MESSAGE_ID.fullmatch(thread.message_id):
        return []
    known = [one for one in thread.references if one != thread.message_id and _MESSAGE_ID.fullmatch(one)][-20:]
    return [("In-Reply-To", thread.message_id), ("References", "\r\n ".join([*known, thread.message_id]))]


def _mailbox(name: str, address: str) -> str:
    if name.isascii():
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}" <{address}>'
    return f"{Header(name, 'utf-8').encode()} <{address}>"


def _encoded(subject: str) -> str:
    return subject if subject.isascii() else Header(subject, "utf-8").encode()
