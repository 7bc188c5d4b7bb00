from sqlalchemy import BigInteger, Column, Index, LargeBinary, String, Table, Uuid, text

from shared.database.columns import UtcDateTime
from shared.database.common import COMMON

audit_entries = Table(
    "audit_entries",
    COMMON,
    Column("id", Uuid, primary_key=True),
    Column("at", UtcDateTime, nullable=False, index=True),
    # `staff:<id>`, `key:<id>`, `partner:<id>`, `operator`, `family`, `system`: never a name.
    Column("who", String, nullable=False),
    # What was done: `reveal.phone`, `work-item.resolve`, `staff.disable`.
    Column("deed", String, nullable=False),
    # The record that it was done to: its kind and its id, `advice-request:<id>` or `call:<id>`.
    Column("about", String, nullable=False, index=True),
    Column("why", String, nullable=False),
    # What somebody did, the newest first, and what was done to a record whatever kind it is of.
    Index("ix_audit_entries_who_at", "who", "at"),
    Index("ix_audit_entries_record", text("split_part(about, ':', 2)")),
)

# Written by the database itself at each commit (see `chain.py`); a service's role only reads it.
audit_chain = Table(
    "audit_chain",
    COMMON,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("entry_id", Uuid, nullable=False, unique=True),
    # The hash of the link before, and of that together with this entry.
    Column("previous", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)
