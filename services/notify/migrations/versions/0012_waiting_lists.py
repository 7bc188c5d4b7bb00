"""Waiting lists of full days, and what the desk writes back to a family.

The version before knows no registration that waits; while it runs beside this one, it lists and answers the
others as before.
"""

import sqlalchemy as sa
from alembic import op

revision = "notify_0012"
down_revision = "notify_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("waiting_since", "offered_at", "offered_until", "offer_leased_until"):
        op.add_column("registrations", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "registrations", sa.Column("silences", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    op.create_index(
        "uq_registrations_family_waiting",
        "registrations",
        ["visit_day_id", "contact_index", "name_index"],
        unique=True,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "ix_registrations_offered",
        "registrations",
        ["offered_until"],
        postgresql_where=sa.text("offered_until IS NOT NULL"),
    )
    op.create_table(
        "family_words",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registrations.id"], name=op.f("fk_family_words_registration_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_family_words")),
    )
    op.create_index(op.f("ix_family_words_registration_id"), "family_words", ["registration_id"])
