from sqlalchemy import Column, Integer, String, Table

from shared.database.columns import UtcDateTime
from shared.database.common import COMMON

counters = Table(
    "counters",
    COMMON,
    Column("bucket", String, primary_key=True),
    Column("window_start", UtcDateTime, primary_key=True),
    Column("number", Integer, nullable=False),
)
