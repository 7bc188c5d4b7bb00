"""Passkeys of people who work here, their organisation's own accounts, and what a browser has yet to answer"""

import sqlalchemy as sa
from alembic import op

revision = "intake_0016"
down_revision = "intake_0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "staff_passkeys",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("person_id", sa.Uuid(), nullable=False, index=True),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("counter", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("backed_up", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True)),
        sa.Column("copied_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("credential_id", name="uq_staff_passkeys_credential_id"),
    )
    op.create_table(
        "staff_accounts",
        sa.Column("person_id", sa.Uuid(), primary_key=True),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("fingerprint", name="uq_staff_accounts_fingerprint"),
    )
    op.create_table(
        "staff_challenges",
        sa.Column("token_hash", sa.LargeBinary(), primary_key=True),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("person_id", sa.Uuid()),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("wanted", sa.String(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False, index=True),
    )
