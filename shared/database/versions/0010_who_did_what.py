"""Who did what to which record, when and why"""

import sqlalchemy as sa
from alembic import op

revision = "common_0010"
down_revision = "common_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("deed", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False, index=True),
        sa.Column("why", sa.String(), nullable=False),
    )
