"""The audit is found by who did something, and by the record that it was done to"""

import sqlalchemy as sa
from alembic import op

revision = "common_0012"
down_revision = "common_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_audit_entries_who_at", "audit_entries", ["who", "at"])
    op.create_index("ix_audit_entries_record", "audit_entries", [sa.text("split_part(about, ':', 2)")])
