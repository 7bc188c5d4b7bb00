"""Addresses that are asked first, a yes or no of which it was asked back whom it is for, and proof at a visit

False for versions that do not write it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "notify_0009"
down_revision = "notify_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    no = sa.text("false")
    op.add_column(
        "registrations", sa.Column("address_unproven", sa.Boolean(), server_default=no, nullable=False)
    )
    op.add_column("asker_contacts", sa.Column("of_visit", sa.Boolean(), server_default=no, nullable=False))
    op.create_table(
        "choices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contact_index", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("registration_ids", postgresql.JSONB(), nullable=False),
        sa.Column("lapses_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_choices")),
    )
    op.create_index(
        "ix_choices_open", "choices", ["lapses_at"], postgresql_where=sa.text("settled_at IS NULL")
    )
    op.create_index("ix_choices_contact_index", "choices", ["contact_index"])
