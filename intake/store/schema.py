"""The tables. Ids are opaque strings; times are UTC; `BLOB` columns hold sealed text (`intake.sealing`).

In clear: the student register, ids, states, slugs and times. Sealed: everything taken from a message or sent.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcTime(TypeDecorator[datetime]):
    """A moment in UTC, as whole microseconds since 1970: the same bytes, order and index on both databases."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Store an aware moment; a naive one is refused."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone is not a moment")
        delta = value - _EPOCH
        return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give back the aware moment."""
        if value is None:
            return None
        return datetime.fromtimestamp(value // 1_000_000, UTC).replace(microsecond=value % 1_000_000)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

#: One row: proof that this master key opens this database.
vault = Table(
    "vault",
    metadata,
    Column("vault_id", Integer, primary_key=True),
    Column("wrapped_key", LargeBinary, nullable=False),
    Column("proof", LargeBinary, nullable=False),
    Column("created_at", UtcTime, nullable=False),
)

#: A watched folder, and how far the ledger reaches in its current UIDVALIDITY epoch.
mailboxes = Table(
    "mailboxes",
    metadata,
    Column("mailbox_id", String(40), primary_key=True),
    Column("host", Text, nullable=False),
    Column("username", Text, nullable=False),
    Column("folder", Text, nullable=False),
    Column("uidvalidity", BigInteger),
    #: every UID up to here is in the ledger
    Column("last_uid", BigInteger, nullable=False, default=0),
    #: the highest UID that was there when the current epoch was entered
    Column("epoch_uid", BigInteger, nullable=False, default=0),
    #: when, and in which epoch, this folder was seen first: older mail is known, not answered
    Column("baseline_at", UtcTime),
    Column("baseline_uidvalidity", BigInteger),
    Column("polled_at", UtcTime),
    UniqueConstraint("host", "username", "folder"),
)

#: The ledger of messages: one row for each, for ever; erasing destroys `wrapped_key`.
arrivals = Table(
    "arrivals",
    metadata,
    Column("arrival_id", String(40), primary_key=True),
    Column("mailbox_id", String(40), ForeignKey("mailboxes.mailbox_id"), nullable=False),
    Column("uidvalidity", BigInteger, nullable=False),
    Column("uid", BigInteger, nullable=False),
    #: SHA-256 of the raw bytes; null where only the fact of its presence was noted
    Column("sha256", LargeBinary),
    Column("size", BigInteger, nullable=False),
    #: `whole`, `truncated` (oversize: header and first text part), `noted`, `placeholder` (the server gave a stand-in),
    #: `awaited` (it did, and is asked again)
    Column("form", String(16), nullable=False),
    #: INTERNALDATE: when the mailbox received it
    Column("received_at", UtcTime, nullable=False),
    #: when we first saw it
    Column("seen_at", UtcTime, nullable=False),
    Column("processed_at", UtcTime),
    Column("state", String(16), nullable=False),
    Column("disposition", String(16)),
    Column("attempts", Integer, nullable=False, default=0),
    #: slug of what went wrong, with places in the code; never content
    Column("trouble", Text),
    #: true once the message was moved to the handled folder
    Column("moved", Boolean, nullable=False, default=False),
    Column("claimed_by", String(40)),
    Column("claimed_until", UtcTime),
    Column("wrapped_key", LargeBinary),
    #: sealed raw bytes
    Column("content", LargeBinary),
    #: sealed Message-ID
    Column("message_id", LargeBinary),
    #: keyed hash of the originator's address
    Column("originator_hash", LargeBinary),
    #: sealed JSON: the message's result as the contract prints it
    Column("findings", LargeBinary),
    UniqueConstraint("mailbox_id", "uidvalidity", "uid"),
    Index("ix_arrivals_state_received_at", "state", "received_at"),
    Index("ix_arrivals_sha256", "sha256"),
)

#: The same bytes seen at another place: a copy, or a new UIDVALIDITY epoch.
sightings = Table(
    "sightings",
    metadata,
    Column("mailbox_id", String(40), ForeignKey("mailboxes.mailbox_id"), primary_key=True),
    Column("uidvalidity", BigInteger, primary_key=True),
    Column("uid", BigInteger, primary_key=True),
    Column("arrival_id", String(40), ForeignKey("arrivals.arrival_id"), nullable=False),
    Column("seen_at", UtcTime, nullable=False),
    Index("ix_sightings_arrival_id", "arrival_id"),
)

#: What a person or the service must see through; W-… is its reference.
cases = Table(
    "cases",
    metadata,
    Column("case_id", String(40), primary_key=True),
    Column("reference", String(16), nullable=False, unique=True),
    Column("state", String(16), nullable=False),
    Column("disposition", String(16), nullable=False),
    Column("student_id", String(64)),
    Column("originator_hash", LargeBinary),
    Column("urgent", Boolean, nullable=False, default=False),
    Column("intents", JSON, nullable=False),
    Column("reasons", JSON, nullable=False),
    Column("opened_at", UtcTime, nullable=False),
    Column("due_at", UtcTime),
    #: the working of the due date, in one sentence
    Column("due_reason", Text),
    #: which clock runs (`Clock`)
    Column("clock", String(16)),
    #: what automatic mode would have done, where `mode` held it back: {"disposition", "purposes"}
    Column("proposed", JSON(none_as_null=True)),
    Column("merged_into", String(40), ForeignKey("cases.case_id")),
    Column("version", Integer, nullable=False, default=1),
    #: the account that has the case in hand, and until when: a lease
    Column("claimed_by", Text),
    Column("claimed_until", UtcTime),
    #: the account to which it was given
    Column("officer", Text),
    #: what an officer read a withdrawal to be about, where that is not what the reader read: slugs of purposes
    Column("scope", JSON),
    #: when a person first acknowledged an urgent letter
    Column("acknowledged_at", UtcTime),
    #: why it was closed: a slug
    Column("closed_as", String(32)),
    Index("ix_cases_state_due_at", "state", "due_at"),
    #: covers what the queue counts, in the order in which it is shown
    Index("ix_cases_queue", "state", "urgent", "due_at", "case_id", "disposition"),
    Index("ix_cases_student_id", "student_id"),
    Index("ix_cases_merged_into", "merged_into"),
    Index("ix_cases_opened_at", "opened_at"),
)

#: Which messages belong to a case.
case_arrivals = Table(
    "case_arrivals",
    metadata,
    Column("case_id", String(40), ForeignKey("cases.case_id"), primary_key=True),
    Column("arrival_id", String(40), ForeignKey("arrivals.arrival_id"), primary_key=True),
    Index("ix_case_arrivals_arrival_id", "arrival_id"),
)

#: What changed a case's clock: `extended`, `stopped`, `resumed`, `proved` (identity); the due date follows from them.
clock_events = Table(
    "clock_events",
    metadata,
    Column("event_id", String(40), primary_key=True),
    Column("case_id", String(40), ForeignKey("cases.case_id"), nullable=False),
    Column("event", String(16), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("actor", Text, nullable=False),
    Index("ix_clock_events_case_id", "case_id"),
)

#: The alerts of an urgent case, repeated and passed on until a person acknowledges.
alerts = Table(
    "alerts",
    metadata,
    Column("case_id", String(40), ForeignKey("cases.case_id"), primary_key=True),
    Column("arrival_id", String(40), nullable=False),
    #: when the letter was received
    Column("received_at", UtcTime, nullable=False),
    #: how many were written, and when the next is due
    Column("written", Integer, nullable=False),
    Column("next_at", UtcTime, nullable=False),
    Column("acknowledged_at", UtcTime),
    #: the configured address that answered, or the account that acknowledged
    Column("acknowledged_by", Text),
    Index("ix_alerts_next_at", "next_at"),
)

#: The consent ledger: append-only (triggers refuse UPDATE and DELETE on both databases).
consent_events = Table(
    "consent_events",
    metadata,
    Column("event_id", String(40), primary_key=True),
    #: the order in which they were recorded
    Column("sequence", BigInteger, nullable=False),
    Column("student_id", String(64), nullable=False),
    Column("purpose", String(32), nullable=False),
    Column("event", String(16), nullable=False),
    #: when the message was received (effective from then) and when this row was written
    Column("received_at", UtcTime, nullable=False),
    Column("effective_at", UtcTime, nullable=False),
    Column("recorded_at", UtcTime, nullable=False),
    #: `service`, or the officer's account
    Column("actor", Text, nullable=False),
    Column("arrival_id", String(40)),
    Column("case_id", String(40)),
    Column("evidence_sha256", LargeBinary),
    Column("assurance", Integer),
    #: match probability and the slug and weight of each piece of evidence, without values
    Column("match", JSON),
    Column("classifier_version", Text),
    Column("policy_version", Text),
    Column("purposes_version", Text),
    Column("template_version", Text),
    #: the event that this one takes back, as if it had not been
    Column("undoes", String(40)),
    UniqueConstraint("sequence"),
    Index("ix_consent_events_student_id_sequence", "student_id", "sequence"),
)

#: What each version of a purpose said: old consent events keep their wording.
purpose_terms = Table(
    "purpose_terms",
    metadata,
    Column("purpose", String(32), primary_key=True),
    Column("version", String(40), primary_key=True),
    Column("wording", Text, nullable=False),
    Column("lawful_basis", Text, nullable=False),
    Column("since", UtcTime, nullable=False),
)

#: Our questions to registered addresses: did you write this? Each has a token of its own, which counts once.
confirmations = Table(
    "confirmations",
    metadata,
    #: the question itself
    Column("delivery_id", String(40), primary_key=True),
    Column("case_id", String(40), nullable=False),
    Column("student_id", String(64), nullable=False),
    #: the letter that it asks about, and when the mailbox received it: what is confirmed takes effect then
    Column("arrival_id", String(40), nullable=False),
    Column("received_at", UtcTime, nullable=False),
    #: what is withdrawn when it is confirmed
    Column("purposes", JSON, nullable=False),
    #: the token: our Message-ID, and a code for mail programs that do not name what they answer
    Column("message_id", Text, nullable=False, unique=True),
    Column("code", String(16), nullable=False, unique=True),
    Column("recipient_hash", LargeBinary, nullable=False),
    Column("asked_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("state", String(16), nullable=False),
    Column("answered_by", String(40)),
    Column("settled_at", UtcTime),
    Index("ix_confirmations_state_expires_at", "state", "expires_at"),
    Index("ix_confirmations_student_id_state", "student_id", "state"),
)

#: The outbox: every message out, sent or withheld.
deliveries = Table(
    "deliveries",
    metadata,
    Column("delivery_id", String(40), primary_key=True),
    Column("case_id", String(40)),
    Column("arrival_id", String(40)),
    Column("student_id", String(64)),
    Column("template", String(40), nullable=False),
    Column("template_version", Text, nullable=False),
    Column("recipient_kind", String(24), nullable=False),
    #: the configured recipient's name, where it tells of a change (`[[notices]]`)
    Column("notice", String(40)),
    Column("state", String(16), nullable=False),
    #: the guard's verdict in one slug, whether yes or no
    Column("verdict", String(40), nullable=False),
    #: our own Message-ID, deterministic
    Column("message_id", Text, nullable=False, unique=True),
    Column("created_at", UtcTime, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("next_attempt_at", UtcTime),
    Column("claimed_by", String(40)),
    Column("claimed_until", UtcTime),
    Column("settled_at", UtcTime),
    #: when DATA was begun: from then on a failure is uncertain
    Column("data_at", UtcTime),
    #: SMTP reply code or slug of the last failure; never content
    Column("trouble", Text),
    Column("recipient_hash", LargeBinary, nullable=False),
    Column("wrapped_key", LargeBinary),
    #: sealed recipient address, sealed In-Reply-To, sealed RFC 5322 bytes
    Column("recipient", LargeBinary),
    Column("in_reply_to", LargeBinary),
    Column("content", LargeBinary),
    Index("ix_deliveries_state_next_attempt_at", "state", "next_attempt_at"),
    Index("ix_deliveries_recipient_hash_created_at", "recipient_hash", "created_at"),
    Index("ix_deliveries_student_id_created_at", "student_id", "created_at"),
    Index("ix_deliveries_created_at", "created_at"),
    Index("ix_deliveries_case_id", "case_id"),
    Index("ix_deliveries_arrival_id", "arrival_id"),
)

#: The audit trail: a hash chain over every change and every read; append-only.
audit_entries = Table(
    "audit_entries",
    metadata,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("at", UtcTime, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", String(48), nullable=False),
    Column("subject", Text, nullable=False),
    #: ids and slugs only
    Column("detail", Text, nullable=False),
    Column("previous_hash", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Index("ix_audit_entries_subject_sequence", "subject", "sequence"),
    Index("ix_audit_entries_actor_sequence", "actor", "sequence"),
    Index("ix_audit_entries_at", "at"),
)

#: One runner at a time for one piece of work (a mailbox's poll), taken over when its holder dies.
leases = Table(
    "leases",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("holder", String(40), nullable=False),
    Column("until", UtcTime, nullable=False),
    #: grows with each takeover: a holder that slept sees that it lost the lease
    Column("fence", BigInteger, nullable=False, default=1),
)

#: Small facts that must outlive a restart: when an alarm was raised, when the breaker opened.
facts = Table(
    "facts",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("number", Float),
    Column("text", Text),
    Column("at", UtcTime, nullable=False),
)
