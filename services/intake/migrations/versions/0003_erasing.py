"""What is left of an advice request that was erased, and that a person was"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "intake_0003"
down_revision = "intake_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("advice_requests", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("advice_requests", sa.Column("province", sa.String(), nullable=True))
    op.create_table(
        "erasures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        sa.Column("counts", postgresql.JSONB(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
        sa.UniqueConstraint("subject", name=op.f("uq_erasures_subject")),
    )
    op.create_index(op.f("ix_erasures_last_at"), "erasures", ["last_at"], unique=False)
