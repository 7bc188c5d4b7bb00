"""The language of the page on which an advice request was asked: theirs, where we write no other of the asker's"""

import sqlalchemy as sa
from alembic import op

revision = "intake_0007"
down_revision = "intake_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("advice_requests", sa.Column("page_language", sa.String(), nullable=True))
