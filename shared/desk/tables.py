from sqlalchemy import Column, Index, LargeBinary, String, Table, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from shared.database.columns import UtcDateTime
from shared.database.common import COMMON
from shared.database.encrypted import Encrypted

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
    Index("uq_work_items_open", "dedupe_key", unique=True, postgresql_where=text("resolved_at IS NULL")),
    Index("ix_work_items_open", "opened_at", postgresql_where=text("resolved_at IS NULL")),
    Index(
        "ix_work_items_groups",
        "group_key",
        "opened_at",
        postgresql_where=text("resolved_at IS NULL AND group_key IS NOT NULL"),
    ),
)

desk_sessions = Table(
    "desk_sessions",
    COMMON,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("key_id", String, nullable=False),
    Column("name", String, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)
