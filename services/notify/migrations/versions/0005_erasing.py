"""What was erased, and the texts that a provider is still to forget"""

import sqlalchemy as sa
from alembic import op

revision = "notify_0005"
down_revision = "notify_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("messages", "registrations", "inbound_texts"):
        op.add_column(table, sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "kept_by_provider",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=True),
        sa.Column("sid", sa.String(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_by_provider")),
        sa.UniqueConstraint("attempt_id", name=op.f("uq_kept_by_provider_attempt_id")),
    )
    op.create_index(op.f("ix_kept_by_provider_due_at"), "kept_by_provider", ["due_at"], unique=False)
