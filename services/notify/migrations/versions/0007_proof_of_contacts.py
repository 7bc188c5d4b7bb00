"""Which numbers and addresses of askers are proven, by their fingerprints"""

import sqlalchemy as sa
from alembic import op

revision = "notify_0007"
down_revision = "notify_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "asker_contacts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("address_index", sa.LargeBinary(), nullable=False),
        sa.Column("mailbox_index", sa.LargeBinary(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("proven_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("denied_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asker_contacts")),
    )
    op.create_index(op.f("ix_asker_contacts_address_index"), "asker_contacts", ["address_index"])
    op.create_index(
        "ix_asker_contacts_asked",
        "asker_contacts",
        ["mailbox_index", "asked_at"],
        postgresql_where=sa.text("asked_at IS NOT NULL"),
    )
