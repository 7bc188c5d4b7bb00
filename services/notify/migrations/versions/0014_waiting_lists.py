"""Waiting lists of full days: a registration's turn in the queue, and the place that it is offered.

The version before knows no registration that waits; while it runs beside this one, it lists and answers the
others as before.
"""

import sqlalchemy as sa
from alembic import op

revision = "notify_0014"
down_revision = "notify_0013"
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
