"""An office: a store of each kind, the real reader and templates, two students, and letters worked by the river."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from intake.clocks import BankHolidays
from intake.compose import Desk
from intake.identifiers import new_id
from intake.officers import CaseFile, Done, Hand, Refusal, read_case
from intake.opening import open_house
from intake.pipeline import House, work
from intake.sealing import Vault, content_hash
from intake.settings import Settings
from intake.store import Store, accounts, arrivals, consent, students
from intake.store.arrivals import NewArrival
from intake.store.cases import Case
from intake.store.deliveries import DeliveryRow
from intake.store.students import Student
from intake.vocabulary import ArrivalState, Purpose, Role, Standing

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
AMINA = Student("23529452", "Amina", "Okafor", None, "ab23xyz@student.herts.example", "amina.okafor@post.example")
BEN = Student("21884410", "Benedict", "Whitlow", "Ben", "bw21abc@student.herts.example")
WITHDRAWAL = (
    "Dear Student Wellbeing,\n\nI withdraw my consent to Student Wellbeing using my information, all of it, as set out "
    "in your policy.\n\nAmina Okafor\n23529452\n"
)
URGENT = "I can't do this any more. I don't want to be alive tomorrow. Sorry for everything.\n"
QUESTION = (
    "Hello,\n\nCould you tell me who can see the notes from my appointments, and how long are they kept?\n\n"
    "Thank you,\nAmina\n"
)


@dataclass(frozen=True, slots=True)
class Place:
    """Everything that an office needs, and how tests look at it."""

    store: Store
    vault: Vault
    settings: Settings
    desk: Desk
    holidays: BankHolidays
    house: House
    ida: str
    ron: str
    lea: str

    def receive(
        self,
        body: str,
        sender: str = "ab23xyz@student.herts.example",
        *,
        received_at: datetime = NOW,
        dmarc: str = "pass",
        head: str = "",
    ) -> CaseFile:
        """Let a letter flow as the worker would; give its case."""
        content, uid = letter(body, sender, dmarc, head), int.from_bytes(new_id("x").encode()[-3:])
        arrival_id, key = new_id("a"), self.vault.new_key()
        with self.store.writing() as session:
            box = arrivals.open_mailbox(session, "imap.herts.example", "studentwellbeing@herts.example", "INBOX")
            sealed = key.seal(content, f"arrivals/{arrival_id}/content")
            new = NewArrival(
                1,
                uid,
                content_hash(content),
                len(content),
                "whole",
                received_at,
                ArrivalState.RECEIVED,
                key.wrapped,
                sealed,
                arrival_id,
            )
            arrivals.add(session, box.mailbox_id, [new], received_at)
            arrival = arrivals.claim(session, "test", received_at, timedelta(minutes=5))
        assert arrival is not None
        recorded = work(self.house, self.store, arrival, "test", received_at)
        assert recorded is not None
        assert recorded.case is not None, recorded.result
        return read_case(self, recorded.case.case_id)

    def hand(self, case: Case, who: str | None = None, *, after: timedelta = timedelta(0), lead: bool = False) -> Hand:
        """The hand of an officer who has just seen `case`."""
        account = who or self.ida
        name = {self.ida: "Ida", self.ron: "Ron", self.lea: "Lea"}[account]
        return Hand(account, name, case.case_id, case.version, NOW + timedelta(hours=1) + after, lead)

    def stands(self, student_id: str, standing: Standing) -> frozenset[Purpose]:
        """Which purposes of a student stand so."""
        with self.store.reading() as session:
            return consent.purposes_standing(session, student_id, standing)

    def written(self, case: Case) -> list[DeliveryRow]:
        """What was written in a case."""
        return list(read_case(self, case.case_id).deliveries)


def letter(body: str, sender: str, dmarc: str, head: str) -> bytes:
    """Write a letter as the university's server would deliver it."""
    domain = sender.rpartition("@")[2]
    return (
        f"Return-Path: <{sender}>\r\nAuthentication-Results: mx.herts.example; dmarc={dmarc} header.from={domain}\r\n"
        f"From: {sender}\r\nTo: studentwellbeing@herts.example\r\nSubject: Hello\r\n{head}"
        f"Date: {format_datetime(NOW)}\r\nMessage-ID: <{new_id('m')}@{domain}>\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    ).encode() + body.replace("\n", "\r\n").encode()


def office_settings(**sections: dict[str, Any]) -> Settings:
    """A whole configuration in assist mode, whose mailbox is never opened."""
    values: dict[str, Any] = {
        "service": {
            "address": "studentwellbeing@herts.example",
            "duty_address": "duty@herts.example",
            "mode": "assist",
        },
        "mailbox": {
            "host": "127.0.0.1",
            "username": "studentwellbeing@herts.example",
            "trusted_authserv_ids": ["mx.herts.example"],
        },
        "smtp": {"host": "127.0.0.1"},
        "encryption": {"key_file": Path("/nowhere/key")},
        "console": {"keep_corrections": True},
        **sections,
    }
    return Settings.model_validate(values)


@pytest.fixture(scope="session")
def house() -> House:
    """The whole house, loaded once."""
    return open_house(office_settings(), Vault(bytes(range(32))))


@pytest.fixture
def place(store: Store, house: House) -> Place:
    """An office with three accounts and two students."""
    return office_over(store, house)


def office_over(store: Store, house: House) -> Place:
    """Make an office over a database."""
    with store.writing() as session:
        students.add(session, [AMINA, BEN], NOW)
        students.note_size(session, NOW)
        ids = [
            accounts.add_local(session, name, role, None, NOW).account_id
            for name, role in (("Ida", Role.OFFICER), ("Ron", Role.OFFICER), ("Lea", Role.LEAD))
        ]
    return Place(store, house.desk.vault, house.settings, house.desk, house.holidays, house, *ids)


def done(found: Done | Refusal) -> Case:
    """The case after what was done."""
    assert isinstance(found, Done), found
    return found.case


def decision(found: Done | Refusal) -> str:
    """The decision that was made."""
    assert isinstance(found, Done), found
    return found.decision_id


def again(hand: Hand, found: Done | Refusal) -> Hand:
    """The same hand, after it saw what it did."""
    return replace(hand, version=done(found).version)
