"""A family's own page and calendar, and what it says on a page: who comes along, papers, needs, an escort

What the version before writes has no link; this version gives it one soon after.
"""

import sqlalchemy as sa
from alembic import op

revision = "notify_0014"
down_revision = "notify_0013"
branch_labels = None
depends_on = None

ENCRYPTED = ("address", "companions", "special_needs")
HASHES = ("link_index", "feed_index")


def upgrade() -> None:
    for name in (*ENCRYPTED, *HASHES):
        op.add_column("registrations", sa.Column(name, sa.LargeBinary(), nullable=True))
    op.add_column("registrations", sa.Column("papers_until", sa.Date(), nullable=True))
    for name in ("escort_wanted", "from_page"):
        no = sa.text("false")
        op.add_column("registrations", sa.Column(name, sa.Boolean(), server_default=no, nullable=False))
    one = sa.text("1")
    op.add_column(
        "registrations", sa.Column("link_generation", sa.Integer(), server_default=one, nullable=False)
    )
    for name in HASHES:
        op.create_index(f"uq_registrations_{name}", "registrations", [name], unique=True)
    op.create_index(
        "ix_registrations_unlinked",
        "registrations",
        ["id"],
        postgresql_where=sa.text("link_index IS NULL AND erased_at IS NULL"),
    )
    op.create_table(
        "family_drafts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("visit_day_id", sa.Uuid(), nullable=False),
        sa.Column("answers", sa.LargeBinary(), nullable=True),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("registration_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_family_drafts")),
    )
    op.create_index(op.f("ix_family_drafts_token_hash"), "family_drafts", ["token_hash"], unique=True)
    op.create_index(op.f("ix_family_drafts_ends_at"), "family_drafts", ["ends_at"])
