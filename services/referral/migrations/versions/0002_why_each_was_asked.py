"""Why each partner was asked, kept with its offer when the advice request is matched again"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "referral_0002"
down_revision = "referral_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("offers", sa.Column("explanation", postgresql.JSONB(), nullable=True))
