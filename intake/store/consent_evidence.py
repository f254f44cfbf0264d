"""Queries on what stands behind each event of the consent ledger."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from intake.store.consent import ConsentEvent
from intake.store.schema import consent_events
from intake.vocabulary import ConsentEventKind, Purpose


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an event rests on, and the versions of what read, decided and answered."""

    case_id: str | None
    evidence_sha256: bytes | None
    assurance: int | None
    #: match probability and the weight of each piece of evidence, without values
    match: dict[str, Any] | None
    classifier_version: str | None
    policy_version: str | None
    purposes_version: str | None
    template_version: str | None


def history(session: Session, student_id: str) -> list[tuple[ConsentEvent, Evidence]]:
    """Every event of one student with its evidence, oldest first."""
    columns = [consent_events.c[name] for name in (*ConsentEvent.__slots__, *Evidence.__slots__)]
    query = select(*dict.fromkeys(columns)).where(consent_events.c.student_id == student_id)
    found = []
    for row in session.execute(query.order_by(consent_events.c.sequence)):
        values = row._asdict()
        event = ConsentEvent(
            **{
                **{name: values[name] for name in ConsentEvent.__slots__},
                "purpose": Purpose(values["purpose"]),
                "event": ConsentEventKind(values["event"]),
            }
        )
        found.append((event, Evidence(**{name: values[name] for name in Evidence.__slots__})))
    return found
