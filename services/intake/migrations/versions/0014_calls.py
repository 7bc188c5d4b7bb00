"""Calls, callers and who is called back"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "intake_0014"
down_revision = "intake_0012"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "calls",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("call_id", sa.String()),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("answered_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.Column("duration", sa.Integer()),
        sa.Column("cause", sa.String()),
        sa.Column("exchange_user", sa.String()),
        sa.Column("line", sa.String()),
        sa.Column("number", sa.LargeBinary()),
        sa.Column("number_index", sa.LargeBinary()),
        sa.Column("anonymous", sa.Boolean(), nullable=False),
        sa.Column("adviser", sa.Uuid()),
        sa.Column("draft", sa.LargeBinary()),
        sa.Column("draft_version", sa.Integer(), nullable=False),
        sa.Column("form_version", sa.Integer(), nullable=False),
        sa.Column("finalised_at", MOMENT),
        sa.Column("no_talk", sa.String()),
        sa.Column("audience", sa.String()),
        sa.Column("about", sa.String()),
        sa.Column("needs", JSONB(), nullable=False),
        sa.Column("ages", JSONB(), nullable=False),
        sa.Column("stage", sa.String()),
        sa.Column("country", sa.String()),
        sa.Column("province", sa.String()),
        sa.Column("language", sa.String()),
        sa.Column("danger", sa.Boolean(), nullable=False),
        sa.Column("outcomes", JSONB(), nullable=False),
        sa.Column("services", JSONB(), nullable=False),
        sa.Column("notes", sa.LargeBinary()),
        sa.Column("call_back_id", sa.Uuid()),
        sa.Column("request_id", sa.Uuid()),
        sa.Column("erased_at", MOMENT),
        sa.UniqueConstraint("call_id", name="uq_calls_call_id"),
    )
    op.create_index("ix_calls_number_index_at", "calls", ["number_index", "at"])
    op.create_index("ix_calls_at", "calls", ["at"])
    op.create_index(
        "ix_calls_open", "calls", ["at"], postgresql_where=sa.text("state IN ('ringing', 'answered')")
    )
    op.create_table(
        "call_notes",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("call_id", sa.Uuid(), nullable=False, index=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "call_backs",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("of_call", sa.Uuid()),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("window_from", MOMENT),
        sa.Column("window_to", MOMENT),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("number", sa.LargeBinary()),
        sa.Column("number_index", sa.LargeBinary()),
        sa.Column("say", sa.LargeBinary()),
        sa.Column("voicemail", sa.Boolean(), nullable=False),
        sa.Column("may_text", sa.Boolean(), nullable=False),
        sa.Column("audience", sa.String()),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("safe_times", JSONB(), nullable=False),
        sa.Column("owner", sa.Uuid()),
        sa.Column("ended", sa.String()),
        sa.Column("ended_at", MOMENT),
        sa.UniqueConstraint("of_call", name="uq_call_backs_of_call"),
    )
    op.create_index("ix_call_backs_open", "call_backs", ["due_at"], postgresql_where=sa.text("ended IS NULL"))
    op.create_index("ix_call_backs_number_index", "call_backs", ["number_index"])
    op.create_table(
        "call_back_attempts",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("call_back_id", sa.Uuid(), nullable=False, index=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("result", sa.String(), nullable=False),
    )
    op.create_table(
        "callers",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("number_index", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.LargeBinary()),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("changed_by", sa.Uuid()),
        sa.UniqueConstraint("number_index", name="uq_callers_number_index"),
    )
    op.create_table(
        "caller_flags",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("caller_id", sa.Uuid(), nullable=False, index=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("why", sa.LargeBinary(), nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("agreed_at", MOMENT),
        sa.Column("agreed_by", sa.Uuid()),
    )
    op.create_table(
        "call_sendings",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("call_id", sa.Uuid(), index=True),
        sa.Column("call_back_id", sa.Uuid(), index=True),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("phone", sa.LargeBinary()),
        sa.Column("email", sa.LargeBinary()),
        sa.Column("to_index", sa.LargeBinary(), nullable=False, index=True),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("service_phone", sa.String(), nullable=False),
        sa.Column("safe_times", JSONB(), nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("minor", sa.Boolean(), nullable=False),
    )
