"""The tables of what officers decide, write and correct; they belong to the schema's metadata."""

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from intake.store.schema import UtcTime, metadata

#: What officers decided, one row a decision: how it changed the case, and what it wrote; undone by a later one.
officer_decisions = Table(
    "officer_decisions",
    metadata,
    Column("decision_id", String(40), primary_key=True),
    Column("case_id", String(40), ForeignKey("cases.case_id"), nullable=False),
    #: the case's version that it made
    Column("version", Integer, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", String(32), nullable=False),
    #: ids, slugs and numbers: what was decided
    Column("detail", JSON, nullable=False),
    #: the case's columns as they were, for those that were changed
    Column("before", JSON, nullable=False),
    #: ids of the consent events and deliveries that it wrote
    Column("events", JSON, nullable=False),
    Column("deliveries", JSON, nullable=False),
    Column("undone_at", UtcTime),
    Index("ix_officer_decisions_case_id_version", "case_id", "version"),
    Index("ix_officer_decisions_at", "at"),
)

#: What needs a second pair of eyes, and what became of it.
approvals = Table(
    "approvals",
    metadata,
    Column("approval_id", String(40), primary_key=True),
    Column("case_id", String(40), ForeignKey("cases.case_id"), nullable=False),
    Column("action", String(32), nullable=False),
    Column("detail", JSON, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", UtcTime, nullable=False),
    #: `asked`, `approved`, `refused`, `withdrawn`; what is `asked` expires by itself (`approvals.LASTS`)
    Column("state", String(16), nullable=False),
    Column("settled_by", Text),
    Column("settled_at", UtcTime),
    Index("ix_approvals_state_case_id", "state", "case_id"),
    Index("ix_approvals_case_id", "case_id"),
)

#: Officers' own words on a case, sealed: notes, reasons, calls, emergency disclosures.
notes = Table(
    "notes",
    metadata,
    Column("note_id", String(40), primary_key=True),
    Column("case_id", String(40), ForeignKey("cases.case_id"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("author", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("wrapped_key", LargeBinary),
    #: sealed JSON
    Column("content", LargeBinary),
    Index("ix_notes_case_id_at", "case_id", "at"),
)

#: Decisions in which an officer read a letter otherwise than the reader did: examples for the next training.
corrections = Table(
    "corrections",
    metadata,
    Column("correction_id", String(40), primary_key=True),
    Column("arrival_id", String(40), ForeignKey("arrivals.arrival_id"), nullable=False),
    Column("at", UtcTime, nullable=False),
    #: what differed: `intents`, `scope`, `urgent`, `student`
    Column("differs", JSON, nullable=False),
    Column("wrapped_key", LargeBinary),
    #: sealed JSON: one line of the corpus format
    Column("content", LargeBinary),
    Index("ix_corrections_at", "at"),
    Index("ix_corrections_arrival_id", "arrival_id"),
)
