"""The organisation whose key sent an advice request; null for those that exist"""

import sqlalchemy as sa
from alembic import op

revision = "intake_0004"
down_revision = "intake_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    organisation = sa.Column("organisation", sa.String(), nullable=True)
    op.add_column("advice_requests", organisation, if_not_exists=True)
