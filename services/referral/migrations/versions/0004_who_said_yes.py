"""Who said that an advice request may be shared, when and how, where that was said after it came in"""

import sqlalchemy as sa
from alembic import op

revision = "referral_0004"
down_revision = "referral_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("referrals", sa.Column("consent_by", sa.String(), nullable=True))
    op.add_column("referrals", sa.Column("consent_how", sa.String(), nullable=True))
    op.add_column("referrals", sa.Column("consent_on", sa.Date(), nullable=True))
    op.add_column("referrals", sa.Column("consent_noted_by", sa.String(), nullable=True))
