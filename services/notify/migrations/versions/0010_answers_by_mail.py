"""How far the mailbox was read, which mails were taken in, and answers that came by mail

What a version before wrote came as a text.
"""

import sqlalchemy as sa
from alembic import op

revision = "notify_0010"
down_revision = "notify_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    sms = sa.text("'sms'")
    op.add_column("inbound_texts", sa.Column("channel", sa.String(), server_default=sms, nullable=False))
    op.add_column("inbound_texts", sa.Column("about_index", sa.LargeBinary(), nullable=True))
    op.create_table(
        "mailbox_state",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("mailbox_index", sa.LargeBinary(), nullable=True),
        sa.Column("validity", sa.BigInteger(), nullable=True),
        sa.Column("last_uid", sa.BigInteger(), nullable=False),
        sa.Column("old_to", sa.BigInteger(), nullable=False),
        sa.Column("only_unread", sa.Boolean(), nullable=False),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("leased_until", moment, nullable=True),
        sa.Column("read_at", moment, nullable=True),
        sa.Column("trouble", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailbox_state")),
    )
    op.create_table(
        "taken_mails",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("taken_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_taken_mails")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_taken_mails_fingerprint")),
    )
    op.create_index(op.f("ix_taken_mails_taken_at"), "taken_mails", ["taken_at"], unique=False)
