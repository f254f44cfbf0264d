"""What must hold after every story and in every random conversation, whatever happened in it."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage

from sqlalchemy import select

from intake.sealing import Vault
from intake.store import Store, arrivals, audit, cases, deliveries
from intake.store.deliveries import DeliveryRow
from intake.store.schema import confirmations, consent_events
from intake.store.schema import deliveries as delivery_table
from intake.vocabulary import (
    ArrivalState,
    CaseState,
    ConfirmationState,
    ConsentEventKind,
    DeliveryState,
    Disposition,
    ReplyTemplate,
)
from tests.conversations.people import Person

_REFERENCE = re.compile(r"\bW-[0-9A-HJKMNP-TV-Z]{12}\b")
_DATE = re.compile(r"\b\d{1,2} [A-Z][a-z]+ \d{4}\b")
#: what nobody but the registered person may read
_KNOWS_SOMEBODY = (ReplyTemplate.WITHDRAWAL_ACKNOWLEDGED, ReplyTemplate.WITHDRAWAL_CONFIRMATION)


@dataclass(frozen=True, slots=True)
class Written:
    """One message that was sent or may be; withheld ones never left."""

    row: DeliveryRow
    student_id: str | None
    message: EmailMessage

    @property
    def template(self) -> ReplyTemplate:
        """Which template it was written from."""
        return ReplyTemplate(self.row.template)


def kept(store: Store, vault: Vault, people: Sequence[Person], letters: Sequence[bytes]) -> None:
    """Assert every promise. `people`: everybody on record, at their registered addresses."""
    addresses = {one.student.student_id: one.address for one in people if one.student is not None}
    written = written_by(store, vault)
    _each_message_has_one_state(store)
    _what_waits_was_asked(store)
    _no_change_without_an_authenticated_link(store, vault, people)
    _machines_are_never_answered(store, vault, written)
    _one_acknowledgement_a_change(written)
    _strangers_learn_nothing(written, addresses)
    for one in written:
        _is_a_proper_reply(one.message, letters)


def written_by(store: Store, vault: Vault) -> list[Written]:
    """Open everything that was written and not withheld, oldest first."""
    found = []
    with store.reading() as session:
        whose = select(delivery_table.c.delivery_id, delivery_table.c.student_id)
        students = {row.delivery_id: row.student_id for row in session.execute(whose)}
        for row in deliveries.every(session):
            if row.state is DeliveryState.WITHHELD:
                continue
            content = _opened(vault, row.wrapped_key, row.content, f"deliveries/{row.delivery_id}/content")
            message = message_from_bytes(content, policy=policy.default)
            found.append(Written(row, students[row.delivery_id], message))
    return found


def _each_message_has_one_state(store: Store) -> None:
    """Worked, with one disposition; and in one case, but for those that stay in the folder."""
    with store.reading() as session:
        every = list(cases.every(session))
        in_cases = Counter(one for case in every for one in cases.arrivals_of(session, case.case_id))
        for arrival in arrivals.every(session):
            assert arrival.state is ArrivalState.PROCESSED
            stays = arrival.disposition in (Disposition.LEAVE, Disposition.IGNORE)
            assert in_cases[arrival.arrival_id] == (0 if stays else 1)
        for case in every:
            assert (case.state is CaseState.MERGED) == (case.merged_into is not None)
            assert case.due_at is not None
        assert audit.verify(session).ok


def _what_waits_was_asked(store: Store) -> None:
    """Nobody waits for an answer that nobody was asked for."""
    with store.reading() as session:
        asked = set()
        for row in session.execute(select(confirmations.c.case_id, confirmations.c.state)):
            case = cases.find(session, row.case_id)
            if case is not None and row.state == ConfirmationState.ASKED.value:
                asked.add(case.case_id)
        assert {one.case_id for one in cases.every(session, CaseState.WAITING)} <= asked


def _no_change_without_an_authenticated_link(store: Store, vault: Vault, people: Sequence[Person]) -> None:
    """Each event rests on a letter from the student: a hold from an address on record, all else from the registered."""
    records = {one.student.student_id: one.student for one in people if one.student is not None}
    with store.reading() as session:
        for event in session.execute(select(consent_events)):
            arrival = arrivals.find(session, event.arrival_id)
            assert arrival is not None
            letter = message_from_bytes(
                _opened(vault, arrival.wrapped_key, arrival.content, f"arrivals/{arrival.arrival_id}/content"),
                policy=policy.default,
            )
            student = records[event.student_id]
            held = event.event == ConsentEventKind.HELD.value
            assert letter["From"] in ({student.email, student.alternate_email} if held else {student.email})
            assert "dmarc=pass" in letter["Authentication-Results"]
            assert event.effective_at <= event.received_at == arrival.received_at
            if event.event == ConsentEventKind.WITHDRAWN.value:
                continue
            # Held and released: never counted back.
            assert event.effective_at == event.received_at


def _machines_are_never_answered(store: Store, vault: Vault, written: Sequence[Written]) -> None:
    answered = {one.row.arrival_id for one in written if one.template is not ReplyTemplate.DUTY_ALERT}
    with store.reading() as session:
        for arrival in arrivals.every(session):
            place = f"arrivals/{arrival.arrival_id}/findings"
            findings = json.loads(_opened(vault, arrival.wrapped_key, arrival.findings, place))
            if findings["screening"]["automated"] or findings["classification"]["urgent"]["flag"]:
                assert arrival.arrival_id not in answered


def _one_acknowledgement_a_change(written: Sequence[Written]) -> None:
    """No two acknowledgements to one person name the same purpose as stopped: nobody gives it again here."""
    named = Counter(
        (one.message["To"], line.strip())
        for one in written
        if one.template is ReplyTemplate.WITHDRAWAL_ACKNOWLEDGED
        for line in one.message.get_content().partition("What this does not change")[0].splitlines()
        if line.startswith("  - ")
    )
    assert set(named.values()) <= {1}


def _strangers_learn_nothing(written: Sequence[Written], addresses: Mapping[str, str]) -> None:
    receipts = set()
    for one in written:
        if one.template in _KNOWS_SOMEBODY:
            assert one.student_id is not None
            assert one.message["To"] == addresses[one.student_id]
        if one.template is ReplyTemplate.NEUTRAL_RECEIPT:
            receipts.add(_DATE.sub("DATE", _REFERENCE.sub("W-", one.message.get_content())))
    assert len(receipts) <= 1


def _is_a_proper_reply(message: EmailMessage, letters: Sequence[bytes]) -> None:
    """One recipient, marked as automatic, nothing of any letter quoted, nothing to click."""
    assert len(message.get_all("To", [])) == 1
    assert "," not in message["To"]
    assert message["Cc"] is None
    assert message["Auto-Submitted"] in ("auto-replied", "auto-generated")
    body = message.get_content()
    assert "http" not in body
    own = {line.strip() for line in body.splitlines() if len(line.strip()) > 30}
    for letter in letters:
        said = letter.partition(b"\r\n\r\n")[2].decode()
        assert not own & {line.strip() for line in said.splitlines() if not line.startswith(">")}


def _opened(vault: Vault, wrapped_key: bytes | None, sealed: bytes | None, place: str) -> bytes:
    assert wrapped_key is not None
    assert sealed is not None
    return vault.open_key(wrapped_key).open(sealed, place)
