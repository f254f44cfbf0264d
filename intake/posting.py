"""Posting: a written message is sealed and put into the outbox, in the caller's transaction."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from intake.identifiers import new_id
from intake.reply import Reply
from intake.sealing import Vault
from intake.store import deliveries
from intake.vocabulary import DeliveryState


@dataclass(frozen=True, slots=True)
class About:
    """What a message out belongs to."""

    case_id: str | None = None
    arrival_id: str | None = None
    student_id: str | None = None
    #: the configured recipient's name, where it tells of a change
    notice: str | None = None


def post(
    session: Session,
    vault: Vault,
    reply: Reply,
    about: About,
    verdict: str,
    now: datetime,
    *,
    send: bool,
    not_before: datetime | None = None,
) -> str:
    """Put `reply` into the outbox, with the guard's `verdict`; `send` false only records it. Gives its id."""
    delivery_id, key = new_id("d"), vault.new_key()
    deliveries.add(
        session,
        {
            "delivery_id": delivery_id,
            "case_id": about.case_id,
            "arrival_id": about.arrival_id,
            "student_id": about.student_id,
            "notice": about.notice,
            "template": reply.template.value,
            "template_version": reply.template_version,
            "recipient_kind": reply.recipient_kind.value,
            "state": (DeliveryState.PENDING if send else DeliveryState.WITHHELD).value,
            "verdict": verdict,
            "message_id": reply.message_id,
            "created_at": now,
            "attempts": 0,
            "next_attempt_at": not_before,
            "recipient_hash": vault.address_hash(reply.recipient),
            "wrapped_key": key.wrapped,
            "recipient": key.seal(reply.recipient.encode(), f"deliveries/{delivery_id}/recipient"),
            "in_reply_to": key.seal((reply.in_reply_to or "").encode(), f"deliveries/{delivery_id}/in_reply_to"),
            "content": key.seal(reply.content, f"deliveries/{delivery_id}/content"),
        },
    )
    return delivery_id
