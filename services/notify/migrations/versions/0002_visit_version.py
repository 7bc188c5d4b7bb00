"""Which version of a visit a message is about; none for those of before"""

import sqlalchemy as sa
from alembic import op

revision = "notify_0002"
down_revision = "notify_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("messages", sa.Column("visit_version", sa.Integer(), nullable=True))
