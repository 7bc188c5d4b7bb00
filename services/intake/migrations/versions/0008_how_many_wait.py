"""How many advice requests of the last hour nobody has proven is counted without reading all of them"""

import sqlalchemy as sa
from alembic import op

revision = "intake_0008"
down_revision = "intake_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_advice_requests_waiting",
        "advice_requests",
        ["received_at"],
        postgresql_where=sa.text("waits_for IS NOT NULL"),
        if_not_exists=True,
    )
