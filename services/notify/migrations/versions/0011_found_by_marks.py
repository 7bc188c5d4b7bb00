"""By what a person is found: keyed fingerprints, in their own row.

The version before may still run: what it writes has none, and this version fills them in soon after.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "notify_0011"
down_revision = "notify_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("registrations", sa.Column("marks", ARRAY(sa.BigInteger()), nullable=True))
    op.create_index(
        "ix_registrations_marks",
        "registrations",
        ["marks"],
        postgresql_using="gin",
        postgresql_with={"gin_pending_list_limit": 256},
    )
    op.create_index(
        "ix_registrations_unmarked",
        "registrations",
        ["id"],
        postgresql_where=sa.text("marks IS NULL AND erased_at IS NULL"),
    )
