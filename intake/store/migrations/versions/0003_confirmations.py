"""questions to registered addresses."""

import sqlalchemy as sa
from alembic import op

from intake.store.schema import UtcTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the schema."""
    op.create_table(
        "confirmations",
        sa.Column("delivery_id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("student_id", sa.String(length=64), nullable=False),
        sa.Column("arrival_id", sa.String(length=40), nullable=False),
        sa.Column("received_at", UtcTime(), nullable=False),
        sa.Column("purposes", sa.JSON(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("recipient_hash", sa.LargeBinary(), nullable=False),
        sa.Column("asked_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("answered_by", sa.String(length=40), nullable=True),
        sa.Column("settled_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_confirmations")),
        sa.UniqueConstraint("message_id", name=op.f("uq_confirmations_message_id")),
        sa.UniqueConstraint("code", name=op.f("uq_confirmations_code")),
    )
    op.create_index("ix_confirmations_state_expires_at", "confirmations", ["state", "expires_at"], unique=False)
    op.create_index("ix_confirmations_student_id_state", "confirmations", ["student_id", "state"], unique=False)


def downgrade() -> None:
    """Not offered: restore a backup instead."""
    raise NotImplementedError("restore a backup made before the upgrade")
