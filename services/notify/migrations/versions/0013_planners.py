"""Planners of prisons with the links and sessions by which they are in, closed days, and who came"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "notify_0013"
down_revision = "notify_0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "planners",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email_index", sa.LargeBinary(), nullable=False),
        sa.Column("scope", ARRAY(sa.String()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sample", sa.Boolean(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("email", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_planners")),
        sa.UniqueConstraint("email_index", name=op.f("uq_planners_email_index")),
    )
    op.create_table(
        "planner_links",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("wanted", sa.String(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_planner_links")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_planner_links_token_hash")),
    )
    op.create_index(op.f("ix_planner_links_person_id"), "planner_links", ["person_id"])
    op.create_index(op.f("ix_planner_links_ends_at"), "planner_links", ["ends_at"])
    op.create_table(
        "planner_sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("browser", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_planner_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_planner_sessions_token_hash")),
    )
    op.create_index(op.f("ix_planner_sessions_person_id"), "planner_sessions", ["person_id"])
    op.create_table(
        "closed_days",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("facility", sa.String(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closed_days")),
        sa.CheckConstraint("last_day >= first_day", name=op.f("ck_closed_days_last_after_first")),
    )
    op.create_index("ix_closed_days_facility_last_day", "closed_days", ["facility", "last_day"])
    op.create_table(
        "facility_notes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("facility", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("checked_on", sa.Date(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_facility_notes")),
        sa.UniqueConstraint("facility", "language", name=op.f("uq_facility_notes_facility_language")),
    )
    op.add_column("registrations", sa.Column("attendance", sa.String(), nullable=True))
    op.add_column("registrations", sa.Column("attended_at", sa.DateTime(timezone=True), nullable=True))
