"""Hours of the telephone desk, closures by hand, and who is there when"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "intake_0015"
down_revision = "intake_0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "desk_hours",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("opens", sa.Time(), nullable=False),
        sa.Column("closes", sa.Time(), nullable=False),
    )
    op.create_index("ix_desk_hours_country", "desk_hours", ["country"])
    op.create_table(
        "desk_closures",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("country", sa.String()),
        sa.Column("begins", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", JSONB(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
    )
    op.create_index("ix_desk_closures_ends", "desk_closures", ["ends"])
    op.create_table(
        "shifts",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("begins", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked", sa.Uuid()),
        sa.Column("note", sa.LargeBinary()),
    )
    op.create_index("ix_shifts_ends", "shifts", ["ends"])
    op.create_index("ix_shifts_asked", "shifts", ["asked"])
    op.create_index("ix_shifts_staff_id", "shifts", ["staff_id"])
