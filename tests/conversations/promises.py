"""What must hold after every story and every random conversation, whatever happened in it."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from email import message_from_bytes, policy
from email.message import EmailMessage

from sqlalchemy import select

from intake.sealing import Vault
from intake.store import Store, arrivals, audit, cases, consent, deliveries
from intake.store.schema import consent_events
from intake.vocabulary import ArrivalState, CaseState, ConsentEventKind, DeliveryState, Disposition, ReplyTemplate
from tests.conversations.people import Person

_REFERENCE = re.compile(r"\bW-[0-9A-HJKMNP-TV-Z]{12}\b")
_DATE = re.compile(r"\b\d{1,2} [A-Z][a-z]+ \d{4}\b")
#: what nobody but the registered person may read
_KNOWS_SOMEBODY = (ReplyTemplate.WITHDRAWAL_ACKNOWLEDGED, ReplyTemplate.WITHDRAWAL_CONFIRMATION)


def kept(store: Store, vault: Vault, people: Iterable[Person], letters: Sequence[bytes]) -> None:
    """Assert every promise."""
    registered = {one.student.email for one in people if one.student is not None}
    written = _written(store, vault)
    _each_message_has_one_state(store)
    _no_change_without_an_authenticated_link(store)
    _one_acknowledgement_a_change(written)
    for template, message, _state in written:
        _is_a_proper_reply(message, letters)
        if template in _KNOWS_SOMEBODY:
            assert message["To"] in registered
    receipts = {
        _DATE.sub("DATE", _REFERENCE.sub("W-", message.get_content()))
        for template, message, _state in written
        if template is ReplyTemplate.NEUTRAL_RECEIPT
    }
    assert len(receipts) <= 1


def _written(store: Store, vault: Vault) -> list[tuple[ReplyTemplate, EmailMessage, DeliveryState]]:
    """Every message that was sent or may be; withheld ones never left."""
    found: list[tuple[ReplyTemplate, EmailMessage, DeliveryState]] = []
    with store.reading() as session:
        for row in deliveries.every(session):
            if row.state is DeliveryState.WITHHELD:
                continue
            assert row.wrapped_key is not None
            assert row.content is not None
            content = vault.open_key(row.wrapped_key).open(row.content, f"deliveries/{row.delivery_id}/content")
            message = message_from_bytes(content, policy=policy.default)
            assert isinstance(message, EmailMessage)
            found.append((ReplyTemplate(row.template), message, row.state))
    return found


def _each_message_has_one_state(store: Store) -> None:
    """Worked, with one disposition; and a case for each but those that stay in the folder."""
    with store.reading() as session:
        in_cases = Counter(one for case in cases.every(session) for one in cases.arrivals_of(session, case.case_id))
        for arrival in arrivals.every(session):
            assert arrival.state is ArrivalState.PROCESSED
            stays = arrival.disposition in (Disposition.LEAVE, Disposition.IGNORE)
            assert in_cases[arrival.arrival_id] == (0 if stays else 1)
        for case in cases.every(session):
            # Nobody waits for an answer that nobody was asked for, and what is open says by when.
            assert case.state in (CaseState.OPEN, CaseState.WAITING, CaseState.SETTLED)
            assert case.due_at is not None
        assert audit.verify(session).ok


def _no_change_without_an_authenticated_link(store: Store) -> None:
    with store.reading() as session:
        for student in consent.students_with_events(session):
            for event in consent.history(session, student):
                assert event.arrival_id is not None
                arrival = arrivals.find(session, event.arrival_id)
                assert arrival is not None
                assert event.effective_at <= event.received_at == arrival.received_at
        for assurance, kind in consent_links(store):
            assert assurance >= (3 if kind is ConsentEventKind.HELD else 4)


def consent_links(store: Store) -> list[tuple[int, ConsentEventKind]]:
    """Give the assurance on which each consent event rests."""
    with store.reading() as session:
        rows = session.execute(select(consent_events.c.assurance, consent_events.c.event))
        return [(row.assurance, ConsentEventKind(row.event)) for row in rows]


def _one_acknowledgement_a_change(
    written: Sequence[tuple[ReplyTemplate, EmailMessage, DeliveryState]],
) -> None:
    """No two acknowledgements to one person name the same purposes as stopped, unless they were given again between."""
    named = Counter(
        (message["To"], line.strip())
        for template, message, _state in written
        if template is ReplyTemplate.WITHDRAWAL_ACKNOWLEDGED
        for line in message.get_content().partition("What this does not change")[0].splitlines()
        if line.startswith("  - ")
    )
    assert all(count == 1 for count in named.values()), named


def _is_a_proper_reply(message: EmailMessage, letters: Sequence[bytes]) -> None:
    """One recipient, marked as automatic, a neutral subject, nothing quoted, nothing to click."""
    assert len(message.get_all("To", [])) == 1
    assert message["Cc"] is None
    assert message["Auto-Submitted"] in ("auto-replied", "auto-generated")
    body = message.get_content()
    assert "http" not in body
    own = {line.strip() for line in body.splitlines() if len(line.strip()) > 30}
    for letter in letters:
        said = letter.partition(b"\r\n\r\n")[2].decode()
        assert not own & {line.strip() for line in said.splitlines() if not line.startswith(">")}
