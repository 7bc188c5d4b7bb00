"""No fingerprint of an asker's number any more: nothing looked anything up by it.

The column stays for one version, since the version of before names it in every INSERT while it is being
replaced, and may fill it for some minutes more. The version after this one drops it, and those with it.
"""

from alembic import op

revision = "intake_0002"
down_revision = "intake_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The index last: taking it away holds the table until the transaction ends.
    op.execute("UPDATE advice_requests SET phone_index = NULL WHERE phone_index IS NOT NULL")
    op.drop_index("ix_advice_requests_phone_index", "advice_requests")
