"""Work items that belong together are one line on the list"""

import sqlalchemy as sa
from alembic import op

revision = "common_0005"
down_revision = "common_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("work_items", sa.Column("group_key", sa.String(), nullable=True))
    op.create_index(
        "ix_work_items_groups",
        "work_items",
        ["group_key", "opened_at"],
        postgresql_where=sa.text("resolved_at IS NULL AND group_key IS NOT NULL"),
    )
