"""doubled student records go on under one number."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the schema."""
    op.add_column("students", sa.Column("merged_into", sa.String(length=64), nullable=True))
