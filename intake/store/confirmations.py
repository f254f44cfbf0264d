"""Queries on our questions to registered addresses."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, insert, select, update
from sqlalchemy.orm import Session

from intake.store.schema import cases, confirmations
from intake.vocabulary import CaseState, ConfirmationState, Purpose


@dataclass(frozen=True, slots=True)
class ConfirmationRow:
    """One question, as it stands."""

    delivery_id: str
    case_id: str
    student_id: str
    arrival_id: str
    received_at: datetime
    purposes: tuple[Purpose, ...]
    message_id: str
    code: str
    recipient_hash: bytes
    asked_at: datetime
    expires_at: datetime
    state: ConfirmationState


_ROW = [confirmations.c[name] for name in ConfirmationRow.__slots__]


def ask(session: Session, row: ConfirmationRow) -> None:
    """Write down that a question was asked."""
    values = {name: getattr(row, name) for name in ConfirmationRow.__slots__}
    values |= {"purposes": [one.value for one in row.purposes], "state": row.state.value}
    session.execute(insert(confirmations).values(values))


def of_message_ids(session: Session, message_ids: Sequence[str]) -> ConfirmationRow | None:
    """Find the question of the first of these Message-IDs that is one."""
    if not message_ids:
        return None
    query = select(*_ROW).where(confirmations.c.message_id.in_(list(message_ids)))
    found = [_row(row) for row in session.execute(query)]
    return min(found, key=lambda one: message_ids.index(one.message_id), default=None)


def of_codes(session: Session, codes: Sequence[str]) -> ConfirmationRow | None:
    """Find the question of one of these codes; nothing where they name several."""
    if not codes:
        return None
    found = [_row(row) for row in session.execute(select(*_ROW).where(confirmations.c.code.in_(list(codes))))]
    return found[0] if len(found) == 1 else None


def asked_about(session: Session, student_id: str) -> list[ConfirmationRow]:
    """Every question about one student that waits for its answer, oldest first."""
    here = and_(
        confirmations.c.student_id == student_id,
        confirmations.c.state == ConfirmationState.ASKED.value,
    )
    return [_row(row) for row in session.execute(select(*_ROW).where(here).order_by(confirmations.c.asked_at))]


def waiting_for(session: Session, student_id: str, originator_hash: bytes) -> list[ConfirmationRow]:
    """Every such question whose case waits and was opened by a letter from one address."""
    query = (
        select(*_ROW)
        .join(cases, cases.c.case_id == confirmations.c.case_id)
        .where(
            confirmations.c.student_id == student_id,
            confirmations.c.state == ConfirmationState.ASKED.value,
            cases.c.originator_hash == originator_hash,
            cases.c.state == CaseState.WAITING.value,
        )
        .order_by(confirmations.c.asked_at)
    )
    return [_row(row) for row in session.execute(query)]


def overdue(session: Session, now: datetime) -> list[ConfirmationRow]:
    """Every question whose time is over, and which nobody answered."""
    here = and_(confirmations.c.state == ConfirmationState.ASKED.value, confirmations.c.expires_at < now)
    return [_row(row) for row in session.execute(select(*_ROW).where(here).order_by(confirmations.c.expires_at))]


def settle(
    session: Session, delivery_id: str, state: ConfirmationState, now: datetime, answered_by: str | None = None
) -> bool:
    """Use a question's token up; false where it was used before."""
    here = and_(
        confirmations.c.delivery_id == delivery_id,
        confirmations.c.state == ConfirmationState.ASKED.value,
    )
    values = {"state": state.value, "answered_by": answered_by, "settled_at": now}
    done = session.execute(update(confirmations).where(here).values(values))
    return bool(done.rowcount)  # type: ignore[attr-defined]


def _row(row: Any) -> ConfirmationRow:
    values = row._asdict()
    values["purposes"] = tuple(Purpose(one) for one in values["purposes"])
    values["state"] = ConfirmationState(values["state"])
    return ConfirmationRow(**values)
