"""Passwords, authenticators and recovery codes of people who work here; sample people; sessions in a call"""

import sqlalchemy as sa
from alembic import op

revision = "intake_0011"
down_revision = "intake_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "staff_passwords",
        sa.Column("person_id", sa.Uuid(), primary_key=True),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "staff_authenticators",
        sa.Column("person_id", sa.Uuid(), primary_key=True),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True)),
        sa.Column("last_step", sa.BigInteger()),
    )
    op.create_table(
        "staff_recovery_codes",
        sa.Column("fingerprint", sa.LargeBinary(), primary_key=True),
        sa.Column("person_id", sa.Uuid(), nullable=False, index=True),
        sa.Column("used_at", sa.DateTime(timezone=True)),
    )
    op.add_column("staff", sa.Column("sample", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("staff", sa.Column("last_in_at", sa.DateTime(timezone=True)))
    op.add_column(
        "staff_setup_links", sa.Column("signs_in", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("staff_sessions", sa.Column("in_a_call_at", sa.DateTime(timezone=True)))
