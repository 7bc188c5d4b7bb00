"""The number by which people call a service"""

import sqlalchemy as sa
from alembic import op

revision = "referral_0005"
down_revision = "referral_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("services", sa.Column("phone", sa.String()))
