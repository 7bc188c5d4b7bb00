"""As whom a family whose visit was called off is offered a new day

Null where it was offered none yet, which is so for all of the version before.
"""

import sqlalchemy as sa
from alembic import op

revision = "notify_0016"
down_revision = "notify_0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("kept_places", sa.Column("offered_as", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_kept_places_offered_as_registrations"),
        "kept_places",
        "registrations",
        ["offered_as"],
        ["id"],
        ondelete="SET NULL",
    )
    op.create_index("ix_kept_places_offered_as", "kept_places", ["offered_as"])
