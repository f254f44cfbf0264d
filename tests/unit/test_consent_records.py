"""Consent records: each fits the schema that travels with the program, and says what the ledger says."""

import json
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any

import jsonschema
import pytest

from intake.consent_records import consent_records
from intake.errors import ConfigurationRefused
from intake.purposes import Purposes, PurposeTerms, load_purposes
from intake.settings import Service
from intake.store import Store, consent, consent_evidence, purpose_terms
from intake.vocabulary import ConsentEventKind, Purpose

SCHEMA = json.loads(files("intake").joinpath("consent_record.schema.json").read_text(encoding="utf-8"))
SERVICE = Service(
    organisation="University of Hertfordshire", address="wellbeing@herts.example", duty_address="duty@herts.example"
)
NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
STUDENT = "23529452"


def fits(record: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker()).validate(record)


def entered(
    store: Store, *events: tuple[ConsentEventKind, Purpose], version: str = "2026-11", bare: bool = False
) -> None:
    evidence: dict[str, Any] = {
        "arrival_id": "a-1",
        "case_id": "c-1",
        "evidence_sha256": b"\x01" * 32,
        "assurance": 4,
        "match": {"probability": 0.999, "weights": {"address": 12.3}},
        "classifier_version": "m1",
        "policy_version": "p1",
        "template_version": "t1",
    }
    rows = [
        {
            "student_id": STUDENT,
            "purpose": purpose.value,
            "event": kind.value,
            "received_at": NOW + timedelta(hours=at),
            "effective_at": NOW + timedelta(hours=at),
            "recorded_at": NOW + timedelta(hours=at, minutes=1),
            "actor": "jo" if bare else "service",
            "purposes_version": None if bare else version,
            **({} if bare else evidence),
        }
        for at, (kind, purpose) in enumerate(events)
    ]
    with store.writing() as session:
        # One row at a time: the columns differ between bare ones and others.
        for row in rows:
            consent.append(session, [row])


def made(store: Store, told: dict[str, list[dict[str, Any]]] | None = None) -> list[dict[str, Any]]:
    with store.reading() as session:
        return consent_records(
            SERVICE,
            load_purposes(),
            consent_evidence.history(session, STUDENT),
            lambda purpose, version: purpose_terms.wording(session, purpose, version),
            told or {},
        )


def test_a_record_fits_the_schema_and_says_what_was_withdrawn_and_on_what_evidence(store: Store) -> None:
    with store.writing() as session:
        purpose_terms.keep(session, load_purposes(), NOW)
    entered(store, (ConsentEventKind.WITHDRAWN, Purpose.STATISTICS))
    (record,) = made(store)
    fits(record)
    assert record["pii_principal_id"] == STUDENT
    assert record["consent_status"] == "dpv:ConsentWithdrawn"
    (event,) = record["events"]
    assert event["event_state"] == "dpv:ConsentWithdrawn"
    assert event["event_time"] == "2026-11-27T09:00:00Z"
    assert event["entity_id"] == STUDENT
    assert event["evidence"]["sha256"] == "01" * 32
    assert event["purpose"] == load_purposes().terms[Purpose.STATISTICS].wording
    assert made(store)[0]["record_id"] == record["record_id"]


def test_a_hold_a_release_and_a_reinstatement_have_their_states(store: Store) -> None:
    entered(
        store,
        (ConsentEventKind.GIVEN, Purpose.CONTACT),
        (ConsentEventKind.HELD, Purpose.CONTACT),
        (ConsentEventKind.RELEASED, Purpose.CONTACT),
        (ConsentEventKind.WITHDRAWN, Purpose.CONTACT),
        (ConsentEventKind.REINSTATED, Purpose.CONTACT),
    )
    (record,) = made(store)
    fits(record)
    assert [event["event_state"] for event in record["events"]] == [
        "dpv:ConsentGiven",
        "dpv:ConsentStatusInvalidForProcessing",
        "dpv:ConsentGiven",
        "dpv:ConsentWithdrawn",
        "dpv:RenewedConsentGiven",
    ]
    assert [event["entity_id"] for event in record["events"]] == [STUDENT, "controller", "controller", STUDENT, STUDENT]
    assert record["consent_status"] == "dpv:ConsentGiven"


def test_what_an_officer_wrote_down_without_a_letter_fits_too_and_names_no_officer(store: Store) -> None:
    entered(store, (ConsentEventKind.GIVEN, Purpose.SUPERVISION), bare=True)
    (record,) = made(store)
    fits(record)
    (event,) = record["events"]
    assert (event["recorded_by"], event["purpose_version"], event["purpose"]) == ("officer", None, None)
    assert '"jo"' not in json.dumps(record)


def test_each_purpose_has_its_record_and_who_was_told_of_it(store: Store) -> None:
    entered(store, *((ConsentEventKind.WITHDRAWN, purpose) for purpose in (Purpose.STATISTICS, Purpose.CONTACT)))
    told = [{"notice": "extract", "state": "sent", "told_at": "2026-11-27T09:01:00Z", "purposes": ["statistics"]}]
    statistics, contact = made(store, {"c-1": told})
    fits(statistics)
    fits(contact)
    assert statistics["recipients_notified"] == [
        {"notice": "extract", "state": "sent", "told_at": "2026-11-27T09:01:00Z"}
    ]
    assert contact["recipients_notified"] == []
    assert statistics["record_id"] != contact["record_id"]


@pytest.mark.parametrize("missing", ["record_id", "events", "pii_principal_id", "schema_version"])
def test_the_schema_refuses_a_record_without_what_27560_asks_for(store: Store, missing: str) -> None:
    entered(store, (ConsentEventKind.WITHDRAWN, Purpose.STATISTICS))
    (record,) = made(store)
    del record[missing]
    with pytest.raises(jsonschema.ValidationError, match=missing):
        fits(record)


def reworded(**changes: str) -> Purposes:
    terms = dict(load_purposes().terms)
    old = terms[Purpose.CONTACT]
    values = {name: getattr(old, name) for name in PurposeTerms.__slots__}
    terms[Purpose.CONTACT] = PurposeTerms(**{**values, **changes})
    return Purposes(terms)


def test_old_events_keep_their_wording_when_a_purpose_is_worded_anew(store: Store) -> None:
    with store.writing() as session:
        purpose_terms.keep(session, load_purposes(), NOW)
        purpose_terms.keep(session, reworded(version="2027-01", wording="writing to you"), NOW)
    entered(store, (ConsentEventKind.WITHDRAWN, Purpose.CONTACT))
    entered(store, (ConsentEventKind.REINSTATED, Purpose.CONTACT), version="2027-01")
    (record,) = made(store)
    old, new = record["events"]
    assert old["purpose"] == load_purposes().terms[Purpose.CONTACT].wording
    assert (new["purpose_version"], new["purpose"]) == ("2027-01", "writing to you")


@pytest.mark.parametrize("changes", [{"wording": "writing to you"}, {"lawful_basis": "legitimate interests"}])
def test_another_wording_under_the_same_version_is_refused(store: Store, changes: dict[str, str]) -> None:
    with store.writing() as session:
        purpose_terms.keep(session, load_purposes(), NOW)
        purpose_terms.keep(session, load_purposes(), NOW)
    with store.writing() as session, pytest.raises(ConfigurationRefused, match=r"contact: .*raise its version"):
        purpose_terms.keep(session, reworded(**changes), NOW)
    with store.reading() as session:
        purpose_terms.prove(session, load_purposes())
        purpose_terms.prove(session, reworded(version="2027-01", **changes))
