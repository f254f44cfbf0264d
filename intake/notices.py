"""Notices: whoever must act on a consent change is told of it, through the outbox (UK GDPR Article 19).

A notice names the student by number alone, the purposes, and what happened to them; nothing of the letter.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from intake.compose import Desk
from intake.decide import ConsentChange
from intake.guard import GuardReason
from intake.posting import About, post
from intake.reply import Reply, ReplyFields, Thread
from intake.settings import Notice
from intake.store.cases import Case
from intake.vocabulary import Purpose, RecipientKind, ReplyTemplate


@dataclass(frozen=True, slots=True)
class Cause:
    """Whose consent changed, through what, from when. `source` is unique to it: the id of its first consent event."""

    student_id: str
    source: str
    effective_at: datetime
    case: Case | None = None
    arrival_id: str | None = None


def tell(session: Session, desk: Desk, changes: tuple[ConsentChange, ...], cause: Cause, now: datetime) -> int:
    """Write a notice to each configured recipient whom one of `changes` concerns; give how many were written."""
    written = 0
    for change in changes:
        for notice in desk.notices:
            purposes = tuple(one for one in change.purposes if one in notice.purposes)
            if purposes:
                _write(session, desk, notice, ConsentChange(change.event, purposes), cause, now)
                written += 1
    return written


def _write(session: Session, desk: Desk, notice: Notice, change: ConsentChange, cause: Cause, now: datetime) -> None:
    token = desk.vault.token("notice", notice.name, cause.source, change.event)
    reply = (
        _mail(desk, notice, change, cause, token, now) if notice.address else _call(desk, notice, change, cause, token)
    )
    about = About(
        None if cause.case is None else cause.case.case_id, cause.arrival_id, cause.student_id, notice=notice.name
    )
    post(session, desk.vault, reply, about, GuardReason.ALLOWED, now, send=True)


def _mail(desk: Desk, notice: Notice, change: ConsentChange, cause: Cause, token: str, now: datetime) -> Reply:
    fields = ReplyFields(
        _reference(cause),
        cause.effective_at,
        stopped=change.purposes,
        student_id=cause.student_id,
        event=change.event,
    )
    recipient = (RecipientKind.CONFIGURED, notice.address)
    return desk.writer.write(ReplyTemplate.CHANGE_NOTICE, recipient, fields, Thread(), token=token, now=now)


def _call(desk: Desk, notice: Notice, change: ConsentChange, cause: Cause, token: str) -> Reply:
    """Write what a webhook is sent: the same at each try, so that `id` tells a repeat."""
    document = {
        "id": token,
        "type": "consent.changed",
        "student_id": cause.student_id,
        "event": change.event.value,
        "purposes": [Purpose(one).value for one in change.purposes],
        "effective_at": cause.effective_at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "reference": _reference(cause),
    }
    body = json.dumps(document, separators=(",", ":"))
    return Reply(
        ReplyTemplate.CHANGE_NOTICE,
        desk.writer.templates.version,
        RecipientKind.WEBHOOK,
        notice.url,
        subject="",
        body=body,
        message_id=desk.writer.message_id(token),
        in_reply_to=None,
        content=body.encode(),
    )


def _reference(cause: Cause) -> str:
    return cause.case.reference if cause.case is not None else ""
