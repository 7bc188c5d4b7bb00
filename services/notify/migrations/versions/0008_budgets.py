"""What a text is paid from and what it costs, texts that the desk sends, and tries in which we were refused

Empty or false for versions that do not write them. The index of the day's texts takes the place of one that held
less of them.
"""

import sqlalchemy as sa
from alembic import op

revision = "notify_0008"
down_revision = "notify_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    no = sa.text("false")
    op.add_column("messages", sa.Column("by_desk", sa.Boolean(), server_default=no, nullable=False))
    op.add_column("attempts", sa.Column("budget", sa.String(), nullable=True))
    op.add_column("attempts", sa.Column("cost", sa.Integer(), nullable=True))
    op.add_column("attempts", sa.Column("ours", sa.Boolean(), server_default=no, nullable=False))
    op.create_index(
        "ix_attempts_of_the_day", "attempts", ["channel", "started_at"], postgresql_include=["budget", "cost"]
    )
    op.drop_index("ix_attempts_channel_started_at", "attempts")
