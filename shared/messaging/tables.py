from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    String,
    Table,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from shared.database.columns import UtcDateTime
from shared.database.common import COMMON

outbox = Table(
    "outbox",
    COMMON,
    Column("id", Uuid, primary_key=True),
    Column("sequence", BigInteger, Identity(), nullable=False, unique=True),
    Column("type", String, nullable=False),
    Column("subject", Uuid, nullable=False),
    Column("data", JSONB, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("correlation_id", String),
    Column("causation_id", Uuid),
)

# One row for each subscriber of an event. Its times are those of the machine, not of the business clock.
deliveries = Table(
    "deliveries",
    COMMON,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("event_id", Uuid, ForeignKey("outbox.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("subscriber", String, nullable=False),
    Column("state", String, nullable=False, server_default="due"),
    Column("due_at", UtcDateTime, nullable=False, server_default=func.clock_timestamp()),
    Column("fence", Integer, nullable=False, server_default="0"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("last_error", String),
    Column("settled_at", UtcDateTime),
    Index("ix_deliveries_open", "due_at", postgresql_where=text("state = 'due'")),
    Index("ix_deliveries_dead", "id", postgresql_where=text("state = 'dead'")),
)

inbox = Table(
    "inbox",
    COMMON,
    Column("event_id", Uuid, primary_key=True),
    Column("type", String, nullable=False),
    Column("received_at", UtcDateTime, nullable=False, server_default=func.clock_timestamp()),
)

heartbeats = Table(
    "heartbeats",
    COMMON,
    Column("name", String, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)
