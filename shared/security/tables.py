from sqlalchemy import Column, LargeBinary, String, Table
from sqlalchemy.dialects.postgresql import JSONB

from shared.database.columns import UtcDateTime
from shared.database.common import COMMON

api_keys = Table(
    "api_keys",
    COMMON,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("scopes", JSONB, nullable=False),
    Column("secret_hash", LargeBinary, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
)

fingerprints = Table(
    "fingerprints",
    COMMON,
    Column("name", String, primary_key=True),
    Column("value", LargeBinary, nullable=False),
)
