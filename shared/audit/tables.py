from sqlalchemy import Column, String, Table, Uuid

from shared.database.columns import UtcDateTime
from shared.database.common import COMMON

audit_entries = Table(
    "audit_entries",
    COMMON,
    Column("id", Uuid, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    # `staff:<id>`, `key:<id>`, `partner:<id>`, `system`: never a name.
    Column("who", String, nullable=False),
    # A verb and what it is done to: `reveal.phone`, `work-item.resolve`, `staff.disable`.
    Column("deed", String, nullable=False),
    # `advice-request:<id>`, `call:<id>`: the kind of record and its id.
    Column("about", String, nullable=False, index=True),
    Column("why", String, nullable=False),
)
