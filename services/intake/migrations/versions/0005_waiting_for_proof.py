"""What came by the public form waits for proof of its contact, or for a person.

The version before writes none of these columns: what it takes in meanwhile waits for nothing, as before.
"""

import sqlalchemy as sa
from alembic import op

revision = "intake_0005"
down_revision = "intake_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("waits_for", "doubt", "closed_as"):
        op.add_column("advice_requests", sa.Column(name, sa.String(), nullable=True))
    for name in ("proven_at", "doubted_at", "leased_until"):
        op.add_column("advice_requests", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_advice_requests_doubted_at",
        "advice_requests",
        ["doubted_at"],
        postgresql_where=sa.text("doubted_at IS NOT NULL"),
    )
