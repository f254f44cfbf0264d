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
from intake.parse.signatures import speaks_of_self
from intake.record import Recorded, record
from intake.screen import Screening, screen
from intake.settings import Settings
from intake.store import Store, alerts, arrivals, cases, consent
from intake.store import facts as stored_facts
from intake.store.arrivals import Arrival
from intake.threads import Thread, find_thread
from intake.vocabulary import Assurance, Purpose, Standing

#: mail servers try for four or five days (RFC 5321 section 4.5.4.1)
_LONGEST_ON_ITS_WAY = timedelta(days=7)
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
    outgoing = compose(session, house.desk, facts, decision, evidence="dry-run", reference=_DRY_REFERENCE, now=now)
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
        authenticate(
            message,
            trusted_authserv_ids=house.settings.mailbox.trusted_authserv_ids,
            trust_tenant=house.settings.mailbox.trust_tenant,
        ),
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
    assurance, alerted = assure(reading.authentication, found), None
    if session is not None and assurance >= Assurance.UNKNOWN_ADDRESS:
        alerted = _alerted_case(session, house, reading)
    thread = _thread(session, house, reading.message, found.student_id)
    oldest = timedelta(hours=house.settings.replies.oldest_hours)
    moment = arrival.received_at if arrival is not None else received_at
    assert moment is not None  # noqa: S101 - one of the two is given
    return Facts(
        message=reading.message,
        screening=reading.screening,
        authentication=reading.authentication,
        classification=reading.classification,
        match=found,
        assurance=assurance,
        received_at=moment,
        too_old=arrival is not None and arrival.seen_at - arrival.received_at > oldest,
        written_long_ago=arrival is not None and _written_long_ago(reading.message, moment),
        restored=arrival is not None and session is not None and _before_the_restore(session, moment),
        known_case=alerted or thread.known_case,
        answers_alert=alerted is not None,
        from_duty=_from_duty(house, reading.message),
        confirmation=thread.confirmation,
        waiting=thread.waiting,
        answer=thread.answer,
        already_stopped=_standing_at(session, found, Standing.WITHDRAWN),
        already_held=_standing_at(session, found, Standing.RESTRICTED),
    )


def _written_long_ago(message: InboundMessage, received_at: datetime) -> bool:
    # Of two dates the lower one is signed, and the upper one is whose who sent it again.
    forged = len(message.all("date")) > 1
    return forged or (message.date is not None and received_at - message.date > _LONGEST_ON_ITS_WAY)


def _before_the_restore(session: Session, received_at: datetime) -> bool:
    restored = stored_facts.get(session, stored_facts.RESTORED)
    return restored is not None and received_at < restored.at


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
        set_apart=_set_apart(message),
    )


def _set_apart(message: InboundMessage) -> str:
    """Give what somebody says of themselves where no letter is looked for: under a signature's dashes, say.

    The rest of a signature is no cry for help: many a department's ends with the number of the Samaritans.
    """
    name = "" if message.originator is None else message.originator.display_name
    lines = "\n".join((name, message.signature, message.hidden_text)).split("\n")
    return "\n".join(one for one in lines if speaks_of_self(one))


def _thread(session: Session | None, house: House, message: InboundMessage, student_id: str | None) -> Thread:
    if session is None:
        return Thread()
    return find_thread(session, house.desk.vault, house.desk.writer.message_domain, message, student_id)


def _from_duty(house: House, message: InboundMessage) -> bool:
    return message.originator is not None and house.desk.duty.named(message.originator.address) is not None


def _alerted_case(session: Session, house: House, reading: Reading) -> KnownCase | None:
    """Find the case whose alert the duty answers: from a configured address, and not by a machine."""
    message, screening = reading.message, reading.screening
    originator = message.originator
    if originator is None or screening.automated or house.desk.duty.named(originator.address) is None:
        return None
    case_id = alerts.case_of(session, [*message.in_reply_to, *message.references])
    case = None if case_id is None else cases.find(session, case_id)
    return None if case is None else KnownCase(case.case_id, case.student_id)
