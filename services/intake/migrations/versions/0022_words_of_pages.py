"""The search of guidance knows on which pages each stem stands, and needs not look into every page

The version before finds pages by `guidance_editions` and `guidance_pages`, which it goes on writing while it is
replaced. Nothing of this version reads or writes them; the next version drops both.
"""

import sqlalchemy as sa
from alembic import op

revision = "intake_0022"
down_revision = "intake_0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "guidance_word_lists",
        sa.Column("language", sa.String(), primary_key=True),
        sa.Column("edition", sa.String(), primary_key=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("known", sa.JSON(), nullable=False),
    )
    op.create_table(
        "guidance_stems",
        sa.Column("language", sa.String(), primary_key=True),
        sa.Column("edition", sa.String(), primary_key=True),
        sa.Column("stem", sa.String(), primary_key=True),
        sa.Column("places", sa.LargeBinary(), nullable=False),
    )
