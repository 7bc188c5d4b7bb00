"""Pages of guidance: what the search knows of them, what readers say, what they sought, and what is to be checked"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "intake_0019"
down_revision = "intake_0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "guidance_editions",
        sa.Column("edition", sa.String(), primary_key=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "guidance_pages",
        sa.Column("edition", sa.String(), primary_key=True),
        sa.Column("language", sa.String(), primary_key=True),
        sa.Column("slug", sa.String(), primary_key=True),
        sa.Column("lexemes", TSVECTOR(), nullable=False),
    )
    op.create_index("ix_guidance_pages_lexemes", "guidance_pages", ["lexemes"], postgresql_using="gin")
    op.create_table(
        "guidance_opinions",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("useful", sa.Boolean(), nullable=False),
        sa.Column("words", sa.LargeBinary()),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_guidance_opinions_page", "guidance_opinions", ["slug", "language"])
    op.create_index("ix_guidance_opinions_at", "guidance_opinions", ["at"])
    op.create_table(
        "guidance_sought",
        sa.Column("fingerprint", sa.LargeBinary(), primary_key=True),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("words", sa.String()),
    )
    op.create_table(
        "guidance_reviews",
        sa.Column("language", sa.String(), primary_key=True),
        sa.Column("slug", sa.String(), primary_key=True),
        sa.Column("review_by", sa.Date(), primary_key=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "guidance_watches",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True)),
    )
