"""Whose a work item is, notes beside it, who has it open, and whom to call where nobody takes it"""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "intake_0012"
down_revision = "intake_0011"
branch_labels = None
depends_on = None


def _moment(name: str, *, nullable: bool = True) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "desk_marks",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False, index=True),
        sa.Column("about", sa.Uuid(), index=True),
        sa.Column("owner_id", sa.Uuid()),
        _moment("owned_at"),
        _moment("put_off_until"),
        _moment("changed_at", nullable=False),
        sa.UniqueConstraint("service", "item_id", name="uq_desk_marks_service_item_id"),
    )
    op.create_table(
        "desk_notes",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False, index=True),
        sa.Column("about", sa.Uuid(), index=True),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        _moment("written_at", nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "desk_looks",
        sa.Column("item_id", sa.Uuid(), primary_key=True),
        sa.Column("person_id", sa.Uuid(), primary_key=True),
        _moment("since", nullable=False),
        _moment("seen_at", nullable=False),
    )
    op.create_index("ix_desk_looks_seen_at", "desk_looks", ["seen_at"])
    op.create_table(
        "desk_alarms",
        sa.Column("item_id", sa.Uuid(), primary_key=True),
        sa.Column("step", sa.Integer(), nullable=False),
        _moment("next_at"),
        _moment("leased_until"),
    )
    op.create_index(
        "ix_desk_alarms_next_at",
        "desk_alarms",
        ["next_at"],
        postgresql_where=sa.text("next_at IS NOT NULL"),
    )
    op.create_table(
        "desk_calls",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("item_id", sa.Uuid(), nullable=False, index=True),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        _moment("called_at", nullable=False),
        sa.UniqueConstraint("item_id", "step", "person_id", name="uq_desk_calls_item_id_step_person_id"),
    )
