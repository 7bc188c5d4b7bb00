"""Two families on one number, visit days published once, and changes that wait for a second person

While the version before runs, the lock on the visit day alone keeps a family from registering twice.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "notify_0006"
down_revision = "notify_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("registrations", sa.Column("name_index", sa.LargeBinary(), nullable=True))
    op.create_index(
        "uq_registrations_family_coming",
        "registrations",
        ["visit_day_id", "contact_index", "name_index"],
        unique=True,
        postgresql_where=sa.text("state IN ('registered', 'confirmed')"),
    )
    op.drop_index("uq_registrations_coming", "registrations")
    op.add_column("visit_days", sa.Column("client", sa.String(), nullable=True))
    op.add_column("visit_days", sa.Column("idempotency_index", sa.LargeBinary(), nullable=True))
    op.add_column("visit_days", sa.Column("fingerprint", sa.LargeBinary(), nullable=True))
    op.create_unique_constraint(
        op.f("uq_visit_days_client_idempotency_index"), "visit_days", ["client", "idempotency_index"]
    )
    op.create_table(
        "waiting_changes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_day_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("change", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("key_name", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lapses_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["visit_day_id"], ["visit_days.id"], name=op.f("fk_waiting_changes_visit_day_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiting_changes")),
        sa.UniqueConstraint("visit_day_id", name=op.f("uq_waiting_changes_visit_day_id")),
    )
    op.create_index(op.f("ix_waiting_changes_lapses_at"), "waiting_changes", ["lapses_at"], unique=False)
