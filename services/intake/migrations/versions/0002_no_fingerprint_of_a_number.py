"""The fingerprint of an asker's telephone number is no longer kept: no query used it.

The column stays for one version: the previous version names it in every INSERT, and may fill it for some
minutes while it is being replaced. The next version drops the column, with the fingerprints still in it.
"""

from alembic import op

revision = "intake_0002"
down_revision = "intake_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The index comes last: dropping it locks the table until the transaction ends.
    op.execute("UPDATE advice_requests SET phone_index = NULL WHERE phone_index IS NOT NULL")
    op.drop_index("ix_advice_requests_phone_index", "advice_requests")
