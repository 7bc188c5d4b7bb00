"""Whether a family is reached at a minor's own telephone; false for versions that do not write it"""

import sqlalchemy as sa
from alembic import op

revision = "notify_0004"
down_revision = "notify_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    no = sa.text("false")
    op.add_column(
        "registrations", sa.Column("minors_own_phone", sa.Boolean(), server_default=no, nullable=False)
    )
