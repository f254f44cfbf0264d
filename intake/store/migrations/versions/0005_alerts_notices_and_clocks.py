"""alerts until they are acknowledged, who was told of a change, what changed a clock, what a purpose said."""

import sqlalchemy as sa
from alembic import op

from intake.store.schema import UtcTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the schema."""
    op.add_column("cases", sa.Column("clock", sa.String(length=16), nullable=True))
    op.add_column("cases", sa.Column("proposed", sa.JSON(), nullable=True))
    op.add_column("deliveries", sa.Column("notice", sa.String(length=40), nullable=True))
    op.create_table(
        "clock_events",
        sa.Column("event_id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("event", sa.String(length=16), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.case_id"], name=op.f("fk_clock_events_case_id_cases")),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_clock_events")),
    )
    op.create_index("ix_clock_events_case_id", "clock_events", ["case_id"], unique=False)
    op.create_table(
        "purpose_terms",
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("lawful_basis", sa.Text(), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("purpose", "version", name=op.f("pk_purpose_terms")),
    )
    op.create_table(
        "alerts",
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("arrival_id", sa.String(length=40), nullable=False),
        sa.Column("received_at", UtcTime(), nullable=False),
        sa.Column("written", sa.Integer(), nullable=False),
        sa.Column("next_at", UtcTime(), nullable=False),
        sa.Column("acknowledged_at", UtcTime(), nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.case_id"], name=op.f("fk_alerts_case_id_cases")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_alerts")),
    )
    op.create_index("ix_alerts_next_at", "alerts", ["next_at"], unique=False)


def downgrade() -> None:
    """Not offered: restore a backup instead."""
    raise NotImplementedError("restore a backup made before the upgrade")
