"""Carrying out: what an officer decides becomes case, ledger, outbox and audit trail in one transaction, or nothing."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from intake import alerts, notices
from intake.confirmation import answer_by
from intake.errors import NotFound
from intake.evidence import enter
from intake.identifiers import new_id
from intake.officers.case_file import CaseFile, case_file
from intake.officers.corrections import keep
from intake.officers.lease import LASTS
from intake.officers.letters_out import question_code
from intake.officers.values import Action, Done, Hand, Office, Refusal, RefusalReason, Resolution, Words
from intake.posting import About, post
from intake.store import audit, cases, clock_events, confirmations, consent, decisions, deliveries, notes
from intake.store.cases import Case
from intake.store.confirmations import ConfirmationRow
from intake.store.decisions import DecisionRow
from intake.store.notes import NoteRow
from intake.vocabulary import CaseState, ConfirmationState

#: a message that an officer sends waits so long, so that it can be taken back
GRACE = timedelta(seconds=60)
#: the verdict in the outbox: no guard but a person
VERDICT = "officer"

#: from the case as it stands to what follows; a refusal leaves everything as it was
Decide = Callable[[Session, CaseFile], Resolution | Refusal]


def carry_out(office: Office, hand: Hand, decide: Decide) -> Done | Refusal:
    """Let `decide` see the case under lock, and write what follows. A refusal changes nothing."""
    with office.store.writing() as session:
        case = cases.locked(session, hand.case_id)
        if case is None:
            raise NotFound(f"no case {hand.case_id}")
        if case.student_id is not None:
            consent.lock(session, case.student_id)
        refusal = stands_in_the_way(case, hand) or _stale(session, case, hand)
        file = case_file(session, office.desk.vault, case)
        found = decide(session, file) if refusal is None else refusal
        if isinstance(found, Resolution):
            return write(session, office, hand, file, found)
        if found.reason is RefusalReason.STALE or found.case is not None:
            return found
        return Refusal(found.reason, found.holder, found.changes, case)


def stands_in_the_way(case: Case, hand: Hand) -> Refusal | None:
    """Refuse where the case goes on elsewhere, or somebody else has it in hand."""
    if case.state is CaseState.MERGED:
        return Refusal(RefusalReason.MERGED, case=case)
    holder = case.holder(hand.now)
    if holder not in (None, hand.account_id):
        return Refusal(RefusalReason.IN_ANOTHERS_HAND, holder=holder, case=case)
    return None


def _stale(session: Session, case: Case, hand: Hand) -> Refusal | None:
    if case.version != hand.version:
        changes = tuple(decisions.since(session, case.case_id, hand.version))
        return Refusal(RefusalReason.STALE, changes=changes, case=case)
    return None


def write(session: Session, office: Office, hand: Hand, file: CaseFile, found: Resolution) -> Done:
    """Write a resolution. The caller owns the transaction and the case's lock."""
    case, now, vault = file.case, hand.now, office.desk.vault
    events, told = _enter(session, office, file, found, now)
    arrival_id = file.letter.arrival.arrival_id if file.letter is not None else None
    student_id = found.case.get("student_id", case.student_id)
    sent = [
        post(
            session,
            vault,
            reply,
            About(case.case_id, arrival_id, student_id),
            VERDICT,
            now,
            send=True,
            not_before=now + GRACE,
        )
        for reply in found.replies
    ]
    _questions(session, office, hand, file, found, sent)
    if case.urgent and (found.action is Action.ACKNOWLEDGE or found.case.get("urgent") is False):
        alerts.acknowledge(session, case.case_id, by=hand.name, actor=hand.account_id, now=now)
    note_id = None if found.words is None else _seal_note(session, office, hand, case.case_id, found.words)
    if found.correction is not None and office.settings.console.keep_corrections:
        keep(session, office, file, found.correction, now)
    noted = None if found.clock is None else clock_events.add(session, case.case_id, found.clock, hand.account_id)
    claim = {"claimed_by": hand.account_id, "claimed_until": now + LASTS}
    changes = {**claim, **found.case, "version": case.version + 1}
    cases.change(session, case.case_id, changes)
    row = DecisionRow(
        new_id("o"),
        case.case_id,
        case.version + 1,
        now,
        hand.account_id,
        found.action.value,
        {**found.detail, **{name: one for name, one in (("note", note_id), ("clock", noted)) if one is not None}},
        {name: _plain(getattr(case, name)) for name in found.case},
        events,
        [*sent, *told],
    )
    decisions.add(session, row)
    _audit(session, hand, row)
    changed = cases.locked(session, case.case_id)
    return Done(changed or case, row.decision_id)


def _enter(
    session: Session, office: Office, file: CaseFile, found: Resolution, now: datetime
) -> tuple[list[str], list[str]]:
    """Enter the consent events, and tell whoever must act on them once it can no longer be undone; give all ids."""
    events: list[str] = []
    for entry in found.entries:
        new = enter(session, office.desk, entry.evidence, entry.changes, now)
        evidence = entry.evidence
        cause = notices.Cause(evidence.student_id, new[0], evidence.received_at, file.case, evidence.arrival_id)
        notices.tell(session, office.desk, entry.changes, cause, now)
        events += new
    told = [one.delivery_id for one in deliveries.notices_of(session, file.case.case_id) if one.created_at == now]
    deliveries.put_off(session, told, now + GRACE)
    return events, told


def _questions(
    session: Session, office: Office, hand: Hand, file: CaseFile, found: Resolution, sent: Sequence[str]
) -> None:
    """Write down what the registered address is asked now; what it was asked before is overtaken by a decision."""
    ends = found.asks or found.action is Action.RELEASE or found.case.get("state") == CaseState.SETTLED
    if file.case.student_id is None or not ends:
        return
    for question in confirmations.asked_about(session, file.case.student_id):
        if question.case_id in file.case_ids:
            confirmations.settle(session, question.delivery_id, ConfirmationState.OVERTAKEN, hand.now)
    if not found.asks or file.letter is None:
        return
    reply, arrival = found.replies[0], file.letter.arrival
    confirmations.ask(
        session,
        ConfirmationRow(
            delivery_id=sent[0],
            case_id=file.case.case_id,
            student_id=file.case.student_id,
            arrival_id=arrival.arrival_id,
            received_at=arrival.received_at,
            purposes=found.asks,
            message_id=reply.message_id,
            code=question_code(office, file),
            recipient_hash=office.desk.vault.address_hash(reply.recipient),
            asked_at=hand.now,
            expires_at=answer_by(office.desk.limits, hand.now),
            state=ConfirmationState.ASKED,
        ),
    )


def _seal_note(session: Session, office: Office, hand: Hand, case_id: str, words: Words) -> str:
    note_id, key = new_id("n"), office.desk.vault.new_key()
    content = json.dumps(dict(words.fields), ensure_ascii=False).encode("utf-8", "replace")
    sealed = key.seal(content, f"notes/{note_id}/content")
    notes.add(session, NoteRow(note_id, case_id, words.kind.value, hand.account_id, hand.now, key.wrapped, sealed))
    return note_id


def _audit(session: Session, hand: Hand, row: DecisionRow) -> None:
    detail: Mapping[str, Any] = {
        "decision": row.decision_id,
        "events": row.events,
        "deliveries": row.deliveries,
        "changed": sorted(row.before),
        **row.detail,
    }
    audit.append(session, hand.now, hand.account_id, f"officer_{row.action}", row.case_id, **detail)


def _plain(value: Any) -> Any:
    """Give a column's value as JSON holds it; times as text (`undo` reads them back)."""
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
