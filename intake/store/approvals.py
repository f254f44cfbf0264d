"""Queries on what needs a second pair of eyes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from intake.store.officers_schema import approvals

ASKED, APPROVED, REFUSED, WITHDRAWN = "asked", "approved", "refused", "withdrawn"
#: so long somebody else can approve what was asked; then it must be asked again
LASTS = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class ApprovalRow:
    """One act that somebody asked for and another must approve."""

    approval_id: str
    case_id: str
    action: str
    detail: dict[str, Any]
    asked_by: str
    asked_at: datetime
    state: str
    settled_by: str | None = None
    settled_at: datetime | None = None

    @property
    def expires_at(self) -> datetime:
        """From when on nobody can approve it."""
        return self.asked_at + LASTS

    def waits(self, now: datetime) -> bool:
        """Whether it waits for somebody else: nobody settled it, and its time is not over."""
        return self.state == ASKED and now < self.expires_at


_ROW = [approvals.c[name] for name in ApprovalRow.__slots__]


def ask(session: Session, row: ApprovalRow) -> None:
    """Ask for a second pair of eyes."""
    session.execute(insert(approvals).values({name: getattr(row, name) for name in ApprovalRow.__slots__}))


def find(session: Session, approval_id: str) -> ApprovalRow | None:
    """Give one, by its id."""
    row = session.execute(select(*_ROW).where(approvals.c.approval_id == approval_id)).one_or_none()
    return None if row is None else ApprovalRow(*row)


def of_cases(session: Session, case_ids: Sequence[str]) -> list[ApprovalRow]:
    """Every one of these cases, oldest first."""
    query = select(*_ROW).where(approvals.c.case_id.in_(list(case_ids))).order_by(approvals.c.asked_at)
    return [ApprovalRow(*row) for row in session.execute(query)]


def waiting(session: Session, now: datetime, limit: int) -> list[ApprovalRow]:
    """What waits for a second person, of all cases, oldest first."""
    here = (approvals.c.state == ASKED) & (approvals.c.asked_at > now - LASTS)
    query = select(*_ROW).where(here).order_by(approvals.c.asked_at).limit(limit)
    return [ApprovalRow(*row) for row in session.execute(query)]


def settle(session: Session, approval_id: str, state: str, by: str, now: datetime) -> bool:
    """Write who approved, refused or withdrew; false where somebody did already."""
    here = (approvals.c.approval_id == approval_id) & (approvals.c.state == ASKED)
    done = session.execute(update(approvals).where(here).values(state=state, settled_by=by, settled_at=now))
    return bool(done.rowcount)  # type: ignore[attr-defined]
