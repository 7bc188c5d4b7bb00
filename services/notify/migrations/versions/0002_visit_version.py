"""The version of the visit that a message is about; null for messages that exist already"""

import sqlalchemy as sa
from alembic import op

revision = "notify_0002"
down_revision = "notify_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("messages", sa.Column("visit_version", sa.Integer(), nullable=True))
