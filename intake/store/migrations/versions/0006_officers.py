"""what officers decide: claims, decisions, approvals, notes, corrections."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from intake.store.schema import UtcTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the schema."""
    op.add_column("cases", sa.Column("officer", sa.Text(), nullable=True))
    op.add_column("cases", sa.Column("scope", sa.JSON(), nullable=True))
    op.add_column("cases", sa.Column("acknowledged_at", UtcTime(), nullable=True))
    op.add_column("cases", sa.Column("closed_as", sa.String(length=32), nullable=True))
    op.create_index("ix_cases_queue", "cases", ["state", "urgent", "due_at", "case_id", "disposition"])
    op.create_index("ix_cases_merged_into", "cases", ["merged_into"])
    op.create_index("ix_cases_opened_at", "cases", ["opened_at"])
    op.add_column("consent_events", sa.Column("undoes", sa.String(length=40), nullable=True))
    op.create_index("ix_audit_entries_subject_sequence", "audit_entries", ["subject", "sequence"])
    op.create_index("ix_audit_entries_actor_sequence", "audit_entries", ["actor", "sequence"])
    op.create_index("ix_audit_entries_at", "audit_entries", ["at"])
    _create_decisions()
    _create_approvals()
    _create_sealed("notes", "note_id", sa.Column("kind", sa.String(length=16), nullable=False), ("case_id", "cases"))
    op.create_index("ix_notes_case_id_at", "notes", ["case_id", "at"])
    differs = sa.Column("differs", sa.JSON(), nullable=False)
    _create_sealed("corrections", "correction_id", differs, ("arrival_id", "arrivals"))
    op.create_index("ix_corrections_at", "corrections", ["at"])
    op.create_index("ix_corrections_arrival_id", "corrections", ["arrival_id"])


def _create_decisions() -> None:
    op.create_table(
        "officer_decisions",
        sa.Column("decision_id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("deliveries", sa.JSON(), nullable=False),
        sa.Column("undone_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.case_id"], name=op.f("fk_officer_decisions_case_id_cases")),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_officer_decisions")),
    )
    op.create_index("ix_officer_decisions_case_id_version", "officer_decisions", ["case_id", "version"])
    op.create_index("ix_officer_decisions_at", "officer_decisions", ["at"])


def _create_approvals() -> None:
    op.create_table(
        "approvals",
        sa.Column("approval_id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", UtcTime(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("settled_by", sa.Text(), nullable=True),
        sa.Column("settled_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.case_id"], name=op.f("fk_approvals_case_id_cases")),
        sa.PrimaryKeyConstraint("approval_id", name=op.f("pk_approvals")),
    )
    op.create_index("ix_approvals_state_case_id", "approvals", ["state", "case_id"])
    op.create_index("ix_approvals_case_id", "approvals", ["case_id"])


def _create_sealed(table: str, key: str, what: sa.Column[Any], owner: tuple[str, str]) -> None:
    column, other = owner
    author = [sa.Column("author", sa.Text(), nullable=False)] if table == "notes" else []
    op.create_table(
        table,
        sa.Column(key, sa.String(length=40), nullable=False),
        sa.Column(column, sa.String(length=40), nullable=False),
        what,
        *author,
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint([column], [f"{other}.{column}"], name=op.f(f"fk_{table}_{column}_{other}")),
        sa.PrimaryKeyConstraint(key, name=op.f(f"pk_{table}")),
    )


def downgrade() -> None:
    """Not offered: restore a backup instead."""
    raise NotImplementedError("restore a backup made before the upgrade")
