"""Evidence: what a consent event rests on, and its entry into the ledger, in the caller's transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from intake.compose import Desk
from intake.decide import ConsentChange
from intake.store import consent


@dataclass(frozen=True, slots=True)
class Evidence:
    """Whose consent, who changed it, when it was said, and what proves it.

    `match`: probability, and slug and weight of each piece of evidence, without values.
    """

    student_id: str
    actor: str
    received_at: datetime
    effective_at: datetime
    case_id: str | None = None
    arrival_id: str | None = None
    sha256: bytes | None = None
    assurance: int | None = None
    match: Mapping[str, Any] | None = None
    classifier_version: str | None = None


def enter(
    session: Session, desk: Desk, evidence: Evidence, changes: Sequence[ConsentChange], now: datetime
) -> list[str]:
    """Enter one event for each purpose of `changes`; give their ids."""
    common = {
        "student_id": evidence.student_id,
        "received_at": evidence.received_at,
        "effective_at": evidence.effective_at,
        "recorded_at": now,
        "actor": evidence.actor,
        "arrival_id": evidence.arrival_id,
        "case_id": evidence.case_id,
        "evidence_sha256": evidence.sha256,
        "assurance": evidence.assurance,
        "match": evidence.match,
        "classifier_version": evidence.classifier_version,
        "policy_version": desk.policy_version,
        "template_version": desk.writer.templates.version,
    }
    rows = [
        {
            **common,
            "purpose": purpose.value,
            "purposes_version": desk.writer.purposes.terms[purpose].version,
            "event": change.event.value,
            "undoes": undone,
        }
        for change in changes
        for purpose, undone in zip(change.purposes, change.undoes or (None,) * len(change.purposes), strict=True)
    ]
    return consent.append(session, rows)
