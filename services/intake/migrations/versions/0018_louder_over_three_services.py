"""What is about somebody's safety in other services grows louder too, and a number by which who has duty is called

The version before may still run: alarms that it sets are of its own items.
"""

import sqlalchemy as sa
from alembic import op

revision = "intake_0018"
down_revision = "intake_0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("desk_alarms", sa.Column("service", sa.String(), nullable=False, server_default="intake"))
    op.add_column("desk_alarms", sa.Column("over_at", sa.DateTime(timezone=True)))
    op.create_table(
        "desk_watches",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("notes_due_at", sa.DateTime(timezone=True)),
        sa.Column("leased_until", sa.DateTime(timezone=True)),
    )
    op.add_column("staff", sa.Column("telephone", sa.LargeBinary()))
