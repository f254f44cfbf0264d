"""The river itself: from an arrival's bytes to what is recorded."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from classifiers import Classification, Letter, Reader
from intake.assurance import assure
from intake.authenticate import Authentication, authenticate
from intake.clocks import BankHolidays
from intake.compose import Desk, Outgoing, compose
from intake.decide import Decision, Facts, KnownCase, decide
from intake.errors import NotFound
from intake.match import Match, match
from intake.parse import Defect, InboundMessage, parse
from intake.record import Recorded, record
from intake.screen import Screening, screen
from intake.settings import Settings
from intake.store import Store, arrivals, cases, consent
from intake.store.arrivals import Arrival
from intake.vocabulary import Purpose, Standing

_DRY_REFERENCE = "W-000000000000"


@dataclass(frozen=True, slots=True)
class House:
    """Everything that the river needs, opened once."""

    settings: Settings
    reader: Reader
    desk: Desk
    holidays: BankHolidays
    own_texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a message says, before anybody asks whose it is: pure, needs no store."""

    message: InboundMessage
    screening: Screening
    authentication: Authentication
    classification: Classification | None


def work(house: House, store: Store, arrival: Arrival, holder: str, now: datetime) -> Recorded | None:
    """Let a claimed arrival flow: read, then match, decide and record in one transaction. None: the claim was lost."""
    reading = read(house, _content(house, arrival), arrival.form)
    with store.writing() as session:
        if not arrivals.still_claimed(session, arrival.arrival_id, holder):
            return None
        facts = gather(session, house, reading, arrival)
        decision = decide(facts, house.settings.service.mode)
        return record(session, house.desk, house.holidays, arrival, facts, decision, now)


def rehearse(
    house: House, session: Session | None, content: bytes, now: datetime
) -> tuple[Facts, Decision, list[Outgoing]]:
    """Say what would be done with a message that had just arrived; nothing is stored, sent or changed."""
    reading = read(house, content, "whole" if len(content) <= house.settings.mailbox.max_message_bytes else "truncated")
    facts = gather(session, house, reading, None, received_at=now)
    decision = decide(facts, house.settings.service.mode)
    outgoing = compose(session, house.desk, facts, decision, arrival_id="dry-run", reference=_DRY_REFERENCE, now=now)
    return facts, decision, outgoing


def read(house: House, content: bytes, form: str) -> Reading:
    """Parse, screen, authenticate and classify. Never raises for anything a message can contain."""
    message = _marked(parse(content, own_texts=house.own_texts), form)
    service = house.settings.service
    return Reading(
        message,
        screen(
            message,
            own_addresses=frozenset({service.address.lower(), house.settings.mailbox.username.lower()}),
            own_message_domain=house.desk.writer.message_domain,
        ),
        authenticate(message, trusted_authserv_ids=house.settings.mailbox.trusted_authserv_ids),
        house.reader.read(_letter(message)),
    )


def gather(
    session: Session | None,
    house: House,
    reading: Reading,
    arrival: Arrival | None,
    received_at: datetime | None = None,
) -> Facts:
    """Find whose letter it is, which case it belongs to, and what is already stopped."""
    found = match(session, reading.message) if session is not None else Match()
    if session is not None and found.student_id is not None:
        consent.lock(session, found.student_id)
    oldest = timedelta(hours=house.settings.replies.oldest_hours)
    moment = arrival.received_at if arrival is not None else received_at
    assert moment is not None  # noqa: S101 - one of the two is given
    return Facts(
        message=reading.message,
        screening=reading.screening,
        authentication=reading.authentication,
        classification=reading.classification,
        match=found,
        assurance=assure(reading.authentication, found),
        received_at=moment,
        too_old=arrival is not None and arrival.seen_at - arrival.received_at > oldest,
        known_case=_known_case(session, house, reading.message),
        already_stopped=_standing_at(session, found, Standing.WITHDRAWN),
        already_held=_standing_at(session, found, Standing.RESTRICTED),
    )


def _standing_at(session: Session | None, found: Match, standing: Standing) -> frozenset[Purpose]:
    if session is None or found.student_id is None:
        return frozenset()
    return consent.purposes_standing(session, found.student_id, standing)


def _content(house: House, arrival: Arrival) -> bytes:
    if arrival.wrapped_key is None or arrival.content is None:
        raise NotFound(f"the text of {arrival.arrival_id} was erased")
    key = house.desk.vault.open_key(arrival.wrapped_key)
    return key.open(arrival.content, f"arrivals/{arrival.arrival_id}/content")


def _marked(message: InboundMessage, form: str) -> InboundMessage:
    """Add what only the mailbox knows: the message is oversize, or a stand-in."""
    extra = {"truncated": Defect.OVERSIZE, "placeholder": Defect.PLACEHOLDER}.get(form)
    return message if extra is None else replace(message, defects=message.defects | {extra})


def _letter(message: InboundMessage) -> Letter:
    return Letter(
        new_text=message.new_text,
        subject=message.subject,
        quoted_text=message.quoted_text,
        nested_text=message.nested_text,
        attachment_names=tuple(one.name for one in message.attachments),
    )


def _known_case(session: Session | None, house: House, message: InboundMessage) -> KnownCase | None:
    """Thread by our own signed Message-IDs together with the same sender; never by subject or a blank Message-ID."""
    originator = message.originator
    if session is None or originator is None:
        return None
    domain = f"@{house.desk.writer.message_domain}>"
    ours = [one for one in dict.fromkeys([*message.in_reply_to, *message.references]) if one.lower().endswith(domain)]
    case = cases.of_own_message(session, ours, house.desk.vault.address_hash(originator.address))
    return None if case is None else KnownCase(case.case_id, case.student_id)
