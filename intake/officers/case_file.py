"""The case file: everything that is known of a case, gathered in one read."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from intake.clocks import ClockEvent
from intake.errors import NotFound
from intake.officers.values import Office
from intake.parse import InboundMessage, parse
from intake.sealing import Vault
from intake.store import approvals, arrivals, cases, clock_events, consent, decisions, deliveries, notes, students
from intake.store.approvals import ApprovalRow
from intake.store.arrivals import Arrival
from intake.store.cases import Case
from intake.store.consent import ConsentEvent
from intake.store.decisions import DecisionRow
from intake.store.deliveries import DeliveryRow
from intake.store.notes import NoteRow
from intake.store.students import Student
from intake.vocabulary import Assurance, ConsentEventKind, Disposition, Purpose, Reason, Standing

#: why a letter is an answer to the question that the registered address was asked
_ANSWERS = frozenset(one.value for one in Reason if one.value.startswith("confirm"))


@dataclass(frozen=True, slots=True)
class LetterOnFile:
    """A letter of the case, and what was found in it; None where it was not worked, or was erased."""

    arrival: Arrival
    findings: Mapping[str, Any] | None

    @property
    def erased(self) -> bool:
        """Whether it was received once, and its words were erased since."""
        return self.arrival.sha256 is not None and self.arrival.wrapped_key is None

    @property
    def classification(self) -> Mapping[str, Any]:
        """What the classifier read; empty where it read nothing."""
        return (self.findings or {}).get("classification") or {}

    @property
    def answers(self) -> bool:
        """Whether it only follows up, or answers a question of ours."""
        reasons = (self.findings or {}).get("decision", {}).get("reasons", [])
        return self.arrival.disposition is Disposition.FOLLOW_UP or bool(_ANSWERS & set(reasons))

    @property
    def assurance(self) -> Assurance:
        """How sure it is that the writer is the student who was matched."""
        return Assurance((self.findings or {}).get("sender", {}).get("assurance", Assurance.UNAUTHENTICATED))

    @property
    def matched(self) -> str | None:
        """The student whom the letter itself was matched to."""
        found: str | None = (self.findings or {}).get("match", {}).get("student_id")
        return found

    @property
    def sender(self) -> str | None:
        """The one address it came from."""
        found: str | None = (self.findings or {}).get("sender", {}).get("address")
        return found


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A case with its letters, what was written, decided and noted, and the student's consents."""

    case: Case
    #: its id, and those of the cases merged into it
    case_ids: tuple[str, ...]
    student: Student | None
    letters: tuple[LetterOnFile, ...]
    deliveries: tuple[DeliveryRow, ...]
    decisions: tuple[DecisionRow, ...]
    approvals: tuple[ApprovalRow, ...]
    notes: tuple[NoteRow, ...]
    events: tuple[ConsentEvent, ...]
    clock_events: tuple[ClockEvent, ...] = ()

    @property
    def letter(self) -> LetterOnFile | None:
        """The letter that the case is about: the newest that asks something, and is no answer to our question."""
        asking = tuple(one for one in self.letters if not one.answers)
        return next(reversed(asking or self.letters), None)

    @property
    def scope(self) -> tuple[Purpose, ...]:
        """What a withdrawal in it is about, as an officer or else the classifier read it; empty where unclear."""
        if self.case.scope is not None:
            return tuple(Purpose(one) for one in self.case.scope)
        read = self.letter.classification.get("scope", []) if self.letter is not None else []
        return tuple(Purpose(one) for one in read)

    def standing(self, standing: Standing) -> frozenset[Purpose]:
        """Which purposes of the student stand so."""
        derived = consent.standings(self.events, ())
        return frozenset(one.purpose for one in derived if one.standing is standing)

    @property
    def held_here(self) -> frozenset[Purpose]:
        """What is held now because of this case."""
        of_case = {one.purpose for one in self.events if one.case_id in self.case_ids and _holds(one)}
        return self.standing(Standing.RESTRICTED) & of_case

    @property
    def withdrawn_here(self) -> tuple[Purpose, ...]:
        """What is withdrawn now because of this case."""
        kind = ConsentEventKind.WITHDRAWN
        of_case = {one.purpose for one in self.events if one.case_id in self.case_ids and one.event is kind}
        return tuple(one for one in Purpose if one in self.standing(Standing.WITHDRAWN) & of_case)

    @property
    def address_answered(self) -> bool:
        """Whether a letter from the student's registered address, authenticated, came after the hold."""
        holds = [one.recorded_at for one in self.events if one.case_id in self.case_ids and _holds(one)]
        return bool(holds) and any(
            one.assurance is Assurance.REGISTERED_ADDRESS
            and one.matched == self.case.student_id
            and one.arrival.received_at > min(holds)
            for one in self.letters
        )


def _holds(event: ConsentEvent) -> bool:
    return event.event is ConsentEventKind.HELD


def case_file(session: Session, vault: Vault, case: Case) -> CaseFile:
    """Gather everything of a case, and of those merged into it."""
    ids = [case.case_id, *cases.merged_here(session, case.case_id)]
    found = [arrivals.find(session, one) for one in cases.arrivals_of(session, case.case_id)]
    letters = sorted((one for one in found if one is not None), key=lambda one: (one.received_at, one.uid))
    named = students.by_ids(session, [case.student_id]) if case.student_id else []
    return CaseFile(
        case,
        tuple(ids),
        named[0] if named else None,
        tuple(LetterOnFile(one, _findings(vault, one)) for one in letters),
        tuple(deliveries.of_cases(session, ids)),
        tuple(decisions.of_cases(session, ids)),
        tuple(approvals.of_cases(session, ids)),
        tuple(notes.of_cases(session, ids)),
        tuple(consent.history(session, case.student_id)) if case.student_id else (),
        tuple(clock_events.of_case(session, case.case_id)),
    )


def read_case(office: Office, name: str) -> CaseFile:
    """Gather a case by its id or reference, merges followed. Raises `NotFound`."""
    with office.store.reading() as session:
        case = cases.find(session, name)
        if case is None:
            raise NotFound(f"no case {name}")
        return case_file(session, office.desk.vault, case)


def opened_letter(office: Office, arrival: Arrival) -> InboundMessage | None:
    """Open a letter's words; None where they were erased or never fetched. Whoever shows them audits it."""
    if arrival.wrapped_key is None or arrival.content is None:
        return None
    key = office.desk.vault.open_key(arrival.wrapped_key)
    content = key.open(arrival.content, f"arrivals/{arrival.arrival_id}/content")
    return parse(content, own_texts=office.desk.writer.templates.own_texts())


def opened_delivery(vault: Vault, row: DeliveryRow) -> tuple[str, bytes] | None:
    """Open a message out: its recipient and its bytes; None where they were erased."""
    if row.wrapped_key is None or row.recipient is None or row.content is None:
        return None
    key, place = vault.open_key(row.wrapped_key), f"deliveries/{row.delivery_id}"
    return key.open(row.recipient, f"{place}/recipient").decode(), key.open(row.content, f"{place}/content")


def opened_notes(vault: Vault, rows: Sequence[NoteRow]) -> list[tuple[NoteRow, dict[str, str]]]:
    """Open officers' words."""
    return [(row, _fields(vault, row)) for row in rows if row.wrapped_key and row.content]


def _fields(vault: Vault, row: NoteRow) -> dict[str, str]:
    sealed = row.content or b""
    opened = vault.open_key(row.wrapped_key or b"").open(sealed, f"notes/{row.note_id}/content")
    fields: dict[str, str] = json.loads(opened)
    return fields


def _findings(vault: Vault, arrival: Arrival) -> dict[str, Any] | None:
    if arrival.wrapped_key is None or arrival.findings is None:
        return None
    key = vault.open_key(arrival.wrapped_key)
    found: dict[str, Any] = json.loads(key.open(arrival.findings, f"arrivals/{arrival.arrival_id}/findings"))
    return found
