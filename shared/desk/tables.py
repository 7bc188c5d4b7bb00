from sqlalchemy import Column, Index, String, Table, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from shared.database.columns import UtcDateTime
from shared.database.common import COMMON
from shared.database.encrypted import Encrypted

# Reasons that are about somebody's safety.
DANGER_NOW, ABOUT_SAFETY = "danger-now", "about-safety"
LOUD_ONES = f"resolved_at IS NULL AND reason IN ('{DANGER_NOW}', '{ABOUT_SAFETY}')"

work_items = Table(
    "work_items",
    COMMON,
    Column("id", Uuid, primary_key=True),
    Column("kind", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("subject_id", Uuid, nullable=False, index=True),
    Column("details", JSONB, nullable=False),
    # Words of a person, such as a reply that no rule understood.
    Column("text", Encrypted("work_items.text")),
    Column("dedupe_key", String, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("resolved_at", UtcDateTime),
    Column("resolution", String),
    Column("resolved_by", String),
    # Items with the same key are one line on the list, below the others.
    Column("group_key", String),
    # By when it should be done, where whoever put it on the list knows.
    Column("due_at", UtcDateTime),
    Index("uq_work_items_open", "dedupe_key", unique=True, postgresql_where=text("resolved_at IS NULL")),
    Index("ix_work_items_opened_at", "opened_at"),
    Index("ix_work_items_open", "opened_at", postgresql_where=text("resolved_at IS NULL")),
    Index(
        "ix_work_items_groups",
        "group_key",
        "opened_at",
        postgresql_where=text("resolved_at IS NULL AND group_key IS NOT NULL"),
    ),
    # Those for which somebody is called where nobody takes them, see `shared.desk.items.LOUD`.
    Index("ix_work_items_loud", "opened_at", postgresql_where=text(LOUD_ONES)),
)
