from sqlalchemy import Column, Date, Integer, LargeBinary, String, Table
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
    # Whose it is: an organisation, and for visits the facilities. Null: the centre's own.
    Column("organisation", String),
    Column("facilities", JSONB(none_as_null=True)),
    # The last day on which it opens anything.
    Column("until", Date),
    # Null: the ceilings that every key has.
    Column("per_hour", Integer),
    Column("per_day", Integer),
    Column("last_used_at", UtcDateTime),
)

fingerprints = Table(
    "fingerprints",
    COMMON,
    Column("name", String, primary_key=True),
    Column("value", LargeBinary, nullable=False),
)
