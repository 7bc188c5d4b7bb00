"""A question can be asked in steps: what was answered so far, for one browser and for two hours"""

import sqlalchemy as sa
from alembic import op

revision = "intake_0021"
down_revision = "intake_0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "asking_drafts",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("answers", sa.LargeBinary()),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("request_id", sa.Uuid()),
    )
    op.create_index("ix_asking_drafts_ends_at", "asking_drafts", ["ends_at"])
    op.create_index("ix_asking_drafts_token_hash", "asking_drafts", ["token_hash"], unique=True)
