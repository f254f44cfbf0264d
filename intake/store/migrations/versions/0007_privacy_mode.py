"""who works where others can see the screen."""

import sqlalchemy as sa
from alembic import op

from intake.store.schema import UtcTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the schema."""
    op.add_column("accounts", sa.Column("private_since", UtcTime(), nullable=True))
