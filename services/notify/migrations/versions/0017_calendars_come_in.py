"""Previews of calendars that come in, and by what name a calendar knows a day"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "notify_0017"
down_revision = "notify_0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "calendar_entries",
        sa.Column("visit_day_id", sa.Uuid(), nullable=False),
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("occurrence", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("visit_day_id", name=op.f("pk_calendar_entries")),
        sa.ForeignKeyConstraint(
            ["visit_day_id"],
            ["visit_days.id"],
            name=op.f("fk_calendar_entries_visit_day_id_visit_days"),
            ondelete="CASCADE",
        ),
    )
    op.create_table(
        "import_previews",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member", sa.String(), nullable=False),
        sa.Column("facility", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("shown", sa.String(), nullable=False),
        sa.Column("ends_at", moment, nullable=False),
        sa.Column("done_at", moment, nullable=True),
        sa.Column("result", JSONB(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_previews")),
    )
    op.create_index("ix_import_previews_ends_at", "import_previews", ["ends_at"])
