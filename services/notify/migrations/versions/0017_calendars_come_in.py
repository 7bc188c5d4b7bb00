"""Addresses of prisons' calendars, previews of what comes in, and by what name a calendar knows a day"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "notify_0017"
down_revision = "notify_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "calendar_feeds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("facility", sa.String(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("address_index", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("added_by", sa.String(), nullable=False),
        sa.Column("added_at", moment, nullable=False),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("leased_until", moment, nullable=True),
        sa.Column("etag", sa.String(), nullable=True),
        sa.Column("last_modified", sa.String(), nullable=True),
        sa.Column("found", sa.LargeBinary(), nullable=True),
        sa.Column("looked_at", moment, nullable=True),
        sa.Column("trouble", sa.String(), nullable=True),
        sa.Column("failing_since", moment, nullable=True),
        sa.Column("news", sa.Integer(), nullable=False),
        sa.Column("left", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_feeds")),
        sa.UniqueConstraint("facility", "address_index", name=op.f("uq_calendar_feeds_facility_address_index")),
    )
    op.create_index("ix_calendar_feeds_due_at", "calendar_feeds", ["due_at"])
    op.create_table(
        "calendar_entries",
        sa.Column("visit_day_id", sa.Uuid(), nullable=False),
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("occurrence", sa.String(), nullable=False),
        sa.Column("feed_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("visit_day_id", name=op.f("pk_calendar_entries")),
        sa.ForeignKeyConstraint(
            ["visit_day_id"],
            ["visit_days.id"],
            name=op.f("fk_calendar_entries_visit_day_id_visit_days"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["feed_id"],
            ["calendar_feeds.id"],
            name=op.f("fk_calendar_entries_feed_id_calendar_feeds"),
            ondelete="SET NULL",
        ),
    )
    op.create_index("ix_calendar_entries_feed_id", "calendar_entries", ["feed_id"])
    op.create_table(
        "import_previews",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member", sa.String(), nullable=False),
        sa.Column("facility", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("feed_id", sa.Uuid(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("shown", sa.String(), nullable=False),
        sa.Column("ends_at", moment, nullable=False),
        sa.Column("done_at", moment, nullable=True),
        sa.Column("result", JSONB(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_previews")),
        sa.ForeignKeyConstraint(
            ["feed_id"],
            ["calendar_feeds.id"],
            name=op.f("fk_import_previews_feed_id_calendar_feeds"),
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_import_previews_ends_at", "import_previews", ["ends_at"])
