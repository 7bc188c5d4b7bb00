"""Senders' idempotency keys are kept as a fingerprint, in the same column.

The version before may still run: it goes on writing keys as they were sent, which this version finds as well
and seals soon after. Only this index is new, by which those that are left are found; it is empty soon.
"""

import sqlalchemy as sa
from alembic import op

revision = "intake_0006"
down_revision = "intake_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_advice_requests_unsealed",
        "advice_requests",
        ["id"],
        postgresql_where=sa.text("idempotency_key NOT LIKE 'sealed:%'"),
        if_not_exists=True,
    )
