from sqlalchemy import BigInteger, Column, LargeBinary, String, Table, Uuid

from shared.database.columns import UtcDateTime
from shared.database.common import COMMON

# What was erased, as keyed fingerprints of random ids: enough to erase it again after a restore.
erased = Table(
    "erased",
    COMMON,
    Column("fingerprint", LargeBinary, primary_key=True),
    Column("kind", String, nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
)

# When each period was last kept, and how much has gone under it. `leased_until` is machine time.
periods = Table(
    "periods",
    COMMON,
    Column("name", String, primary_key=True),
    Column("id", Uuid, nullable=False, unique=True),
    Column("due_at", UtcDateTime, nullable=False),
    Column("leased_until", UtcDateTime),
    Column("kept_at", UtcDateTime),
    Column("forgotten", BigInteger, nullable=False, server_default="0"),
)
