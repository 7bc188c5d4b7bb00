"""A partner's link ends, and what names a person goes from a referral"""

import sqlalchemy as sa
from alembic import op

revision = "referral_0003"
down_revision = "referral_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("referrals", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "offers", sa.Column("link_epoch", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column("offers", sa.Column("link_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("offers", sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "former_links",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["offers.id"], name=op.f("fk_former_links_offer_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_former_links")),
    )
    op.create_index(op.f("ix_former_links_offer_id"), "former_links", ["offer_id"], unique=False)
