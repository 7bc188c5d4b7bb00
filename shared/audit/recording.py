from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert
from sqlmodel import Session

from shared.audit.tables import audit_entries
from shared.ids import new_id


def record(session: Session, who: str, deed: str, about: str, *, at: datetime, why: str = "") -> None:
    """Note that somebody did something to a record, in the transaction of what they did.

    Does not commit. `who` is `staff:<id>`, `key:<id>` or `system`; `deed` such as `reveal.phone`; `about`
    such as `call:<id>`; `why` a code or a few words of the person who did it, never content of the record.
    """
    session.execute(
        insert(audit_entries).values(id=new_id(), at=at, who=who, deed=deed, about=about, why=why)
    )
