"""Work items say by when they should be done, and those about somebody's safety are found at once"""

import sqlalchemy as sa
from alembic import op

revision = "common_0011"
down_revision = "common_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("work_items", sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_work_items_opened_at", "work_items", ["opened_at"])
    op.create_index(
        "ix_work_items_loud",
        "work_items",
        ["opened_at"],
        postgresql_where=sa.text("resolved_at IS NULL AND reason IN ('danger-now', 'about-safety')"),
    )
