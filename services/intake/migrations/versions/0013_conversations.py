"""What asker and centre write to each other, answers that are not sent yet, and texts that they start from"""

import sqlalchemy as sa
from alembic import op

revision = "intake_0013"
down_revision = "intake_0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("advice_requests", sa.Column("unread_answer_since", sa.DateTime(timezone=True)))
    op.add_column("advice_requests", sa.Column("address", sa.LargeBinary()))
    op.add_column("advice_requests", sa.Column("worker", sa.LargeBinary()))
    op.create_table(
        "conversation_messages",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("side", sa.String(), nullable=False),
        sa.Column("staff_id", sa.Uuid()),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_by_asker_at", sa.DateTime(timezone=True)),
        sa.Column("seen_by_centre_at", sa.DateTime(timezone=True)),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.UniqueConstraint("request_id", "number", name="uq_conversation_messages_request_id_number"),
        sa.UniqueConstraint("request_id", "key", name="uq_conversation_messages_request_id_key"),
    )
    op.create_table(
        "answer_drafts",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("request_id", "staff_id", name="uq_answer_drafts_request_id_staff_id"),
    )
    op.create_table(
        "own_words",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.UniqueConstraint("request_id", "key", name="uq_own_words_request_id_key"),
    )
    op.create_table(
        "reply_templates",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("template_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("written_by", sa.Uuid(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("template_id", "version", name="uq_reply_templates_template_id_version"),
    )
