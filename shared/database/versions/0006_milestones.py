"""What an installation has left behind, which the version before must not meet

Where nothing has ever run, there is no version before.
"""

import sqlalchemy as sa
from alembic import op

revision = "common_0006"
down_revision = "common_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "milestones",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_milestones")),
    )
    op.execute(
        "INSERT INTO milestones (name, since)"
        " SELECT 'values-bound', now() WHERE NOT EXISTS (SELECT FROM fingerprints)"
    )
