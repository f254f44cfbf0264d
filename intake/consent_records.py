"""Consent records: one student's consent for one purpose, in the shape of ISO/IEC TS 27560:2023.

The fields have that document's names, their values terms of the W3C Data Privacy Vocabulary (DPV 2), as its guide to
27560 pairs them; `consent_record.schema.json` says exactly what a record holds.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from intake.purposes import Purposes, PurposeTerms
from intake.settings import Service
from intake.store.consent import ConsentEvent, standings
from intake.store.consent_evidence import Evidence
from intake.vocabulary import ConsentEventKind, Purpose, Standing

SCHEMA_VERSION = "https://w3id.org/dpv/schema/dpv-27560#record"
#: record ids are made from the first event's id, so that a record keeps its id
_RECORDS = uuid.UUID("5e0a1d5c-3f6a-5f0e-9d4b-2f6f0a7c2756")
_NOT_STATED = "not stated"

#: gives what a purpose said in a version: wording and lawful basis; None where that was not kept
Said = Callable[[Purpose, str], tuple[str, str] | None]


def consent_records(
    service: Service,
    purposes: Purposes,
    history: Sequence[tuple[ConsentEvent, Evidence]],
    said: Said,
    told: Mapping[str, Sequence[dict[str, Any]]],
) -> list[dict[str, Any]]:
    """Give a record for each purpose of which one student's `history` tells, oldest event first.

    `told`: by case, who was told of its changes: {"notice", "state", "told_at", "purposes"}.
    """
    records = []
    for purpose, terms in purposes.terms.items():
        events = [(event, evidence) for event, evidence in history if event.purpose is purpose]
        if events:
            records.append(_record(service, purpose, terms, events, said, told))
    return records


def _record(
    service: Service,
    purpose: Purpose,
    terms: PurposeTerms,
    events: Sequence[tuple[ConsentEvent, Evidence]],
    said: Said,
    told: Mapping[str, Sequence[dict[str, Any]]],
) -> dict[str, Any]:
    first, cases = events[0][0], dict.fromkeys(evidence.case_id for _, evidence in events if evidence.case_id)
    alone = [event for event, _ in events]
    return {
        "@context": _CONTEXT,
        "@type": "dpv:ConsentRecord",
        "schema_version": SCHEMA_VERSION,
        "record_id": str(uuid.uuid5(_RECORDS, first.event_id)),
        "pii_principal_id": first.student_id,
        "pii_processing": {
            "privacy_notice": service.policy_url or f"{service.organisation}: {service.name}, privacy policy",
            "language": "en",
            "purposes": [_purpose(service, purpose, terms)],
        },
        "party_identification": _parties(service),
        "consent_status": _STATES[_standing(alone, purpose)],
        "events": [
            _event(event, evidence, terms, alone[: at + 1], said) for at, (event, evidence) in enumerate(events)
        ],
        "recipients_notified": [
            {name: one[name] for name in ("notice", "state", "told_at")}
            for case in cases
            for one in told.get(case, ())
            if purpose.value in one["purposes"]
        ],
    }


def _purpose(service: Service, purpose: Purpose, terms: PurposeTerms) -> dict[str, Any]:
    return {
        "purpose_id": purpose.value,
        "purpose": terms.wording,
        "purpose_version": terms.version,
        "purpose_type": terms.purpose_type,
        "lawful_basis": terms.basis_type,
        "lawful_basis_text": terms.lawful_basis,
        "pii_information": [
            {"pii_type": "pd:MentalHealth", "special_pii_category": True},
            {"pii_type": "pd:Contact", "special_pii_category": False},
        ],
        "pii_controllers": ["controller"],
        "collection_method": "dpv:DataSubject",
        "processing_method": list(terms.processing),
        "storage_locations": ["University servers"],
        "retention_period": service.retention or _NOT_STATED,
        "jurisdiction": "GB",
        "recipient_third_parties": [_RECIPIENTS[purpose]],
        "withdrawal_method": f"mailto:{service.address}",
        "privacy_rights": list(_RIGHTS),
        "authority_party": "authority",
    }


def _parties(service: Service) -> list[dict[str, Any]]:
    controller = {
        "party_id": "controller",
        "party_name": service.organisation,
        "party_role": "dpv:DataController",
        "party_type": "dpv:DataController",
        "party_address": service.postal_address or _NOT_STATED,
        "party_contact": service.complaints_address or service.address,
        "party_email": service.address,
    }
    authority = {
        "party_id": "authority",
        "party_name": "Information Commissioner's Office",
        "party_role": "dpv:Authority",
        "party_type": "dpv:DataProtectionAuthority",
        "party_address": "https://ico.org.uk",
        "party_contact": "https://ico.org.uk/make-a-complaint",
    }
    return [controller, authority]


def _event(
    event: ConsentEvent, evidence: Evidence, terms: PurposeTerms, so_far: Sequence[ConsentEvent], said: Said
) -> dict[str, Any]:
    version = evidence.purposes_version
    wording = None if version is None else said(event.purpose, version)
    return {
        "event_id": event.event_id,
        "event_time": _moment(event.effective_at),
        "received_at": _moment(event.received_at),
        "recorded_at": _moment(event.recorded_at),
        # Until the student changes it: consent has no term here.
        "validity_duration": None,
        # What is held or released is the controller's act; the rest is the student's, whoever wrote it down.
        "entity_id": "controller" if event.event in _OURS else event.student_id,
        "recorded_by": "service" if event.actor == "service" else "officer",
        "event_type": terms.basis_type,
        "event_state": _state(event, so_far),
        "ledger_event": event.event.value,
        "purpose_version": version,
        "purpose": None if wording is None else wording[0],
        "evidence": {
            "arrival_id": event.arrival_id,
            "sha256": None if evidence.evidence_sha256 is None else evidence.evidence_sha256.hex(),
            "assurance": evidence.assurance,
            "match": evidence.match,
            "classifier_version": evidence.classifier_version,
            "policy_version": evidence.policy_version,
            "template_version": evidence.template_version,
        },
    }


def _state(event: ConsentEvent, so_far: Sequence[ConsentEvent]) -> str:
    if event.event is ConsentEventKind.REINSTATED:
        return "dpv:RenewedConsentGiven"
    return _STATES[_standing(so_far, event.purpose)]


def _standing(events: Sequence[ConsentEvent], purpose: Purpose) -> Standing:
    return next(one.standing for one in standings(events, ()) if one.purpose is purpose)


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


_OURS = (ConsentEventKind.HELD, ConsentEventKind.RELEASED)
#: a hold has no state of its own in DPV: nothing may be processed under it
_STATES = {
    Standing.UNKNOWN: "dpv:ConsentUnknown",
    Standing.GIVEN: "dpv:ConsentGiven",
    Standing.WITHDRAWN: "dpv:ConsentWithdrawn",
    Standing.RESTRICTED: "dpv:ConsentStatusInvalidForProcessing",
}
#: UK GDPR Articles 7(3), 15 to 18, 20 and 77
_RIGHTS = ("A7-3", "A15", "A16", "A17", "A18", "A20", "A77")
_RECIPIENTS = {
    Purpose.INTERNAL_SHARING: "colleagues in the service and the Dean of Students' office, as they need to know",
    Purpose.THIRD_PARTY_SHARING: "the wider University, and others outside it",
    Purpose.SUPERVISION: "a professional supervisor, who learns no name",
    Purpose.STATISTICS: "nobody: the figures are anonymous",
    Purpose.CONTACT: "nobody: the student alone is written to",
    Purpose.STATUTORY_RETURNS: "the Higher Education Statistics Agency and the Office for Students, anonymously",
    Purpose.SERIOUS_RISK_DISCLOSURE: "whoever must act to keep somebody safe",
}
_CONTEXT = {
    "dpv": "https://w3id.org/dpv#",
    "pd": "https://w3id.org/dpv/pd#",
    "dct": "http://purl.org/dc/terms/",
    "schema_version": "dct:conformsTo",
    "record_id": "dct:identifier",
    "pii_principal_id": "dpv:hasDataSubject",
    "pii_processing": "dpv:hasProcess",
    "privacy_notice": "dpv:hasNotice",
    "language": "dct:language",
    "purposes": "dpv:hasPurpose",
    "purpose_type": {"@id": "dpv:isSubTypeOf", "@type": "@id"},
    "lawful_basis": {"@id": "dpv:hasLegalBasis", "@type": "@id"},
    "pii_information": "dpv:hasPersonalData",
    "pii_type": {"@id": "dpv:isSubTypeOf", "@type": "@id"},
    "processing_method": {"@id": "dpv:hasProcessing", "@type": "@id"},
    "jurisdiction": "dpv:hasJurisdiction",
    "recipient_third_parties": "dpv:hasRecipient",
    "withdrawal_method": "dpv:hasConsentControl",
    "consent_status": {"@id": "dpv:hasConsentStatus", "@type": "@id"},
    "event_time": "dct:date",
    "event_state": {"@id": "dpv:hasConsentStatus", "@type": "@id"},
}
