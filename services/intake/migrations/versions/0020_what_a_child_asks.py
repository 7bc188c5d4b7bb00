"""What a child asks without saying who it is, each message with a key of its own"""

import sqlalchemy as sa
from alembic import op

revision = "intake_0020"
down_revision = "intake_0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "child_boxes",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("form_hash", sa.LargeBinary(), nullable=False),
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("age", sa.Integer(), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True)),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("visit_hash", sa.LargeBinary()),
        sa.Column("visit_ends_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("form_hash", name="uq_child_boxes_form_hash"),
        sa.UniqueConstraint("mark", name="uq_child_boxes_mark"),
        sa.UniqueConstraint("visit_hash", name="uq_child_boxes_visit_hash"),
    )
    op.create_index("ix_child_boxes_last_at", "child_boxes", ["last_at"])
    op.create_table(
        "child_messages",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("box_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("side", sa.String(), nullable=False),
        sa.Column("staff_id", sa.Uuid()),
        sa.Column("locked", sa.LargeBinary(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_by_child_at", sa.DateTime(timezone=True)),
        sa.Column("seen_by_centre_at", sa.DateTime(timezone=True)),
        sa.Column("form_hash", sa.LargeBinary(), nullable=False),
        sa.UniqueConstraint("box_id", "number", name="uq_child_messages_box_id_number"),
        sa.UniqueConstraint("box_id", "form_hash", name="uq_child_messages_box_id_form_hash"),
    )
    op.create_table(
        "child_keys",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("box_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
    )
    op.create_index("ix_child_keys_box_id", "child_keys", ["box_id"])
