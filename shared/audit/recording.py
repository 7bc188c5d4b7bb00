from __future__ import annotations

import re
from datetime import datetime

from sqlalchemy import insert
from sqlmodel import Session

from shared.audit.tables import audit_entries
from shared.ids import new_id

WHO = re.compile(r"(staff|key|partner|member):[\w-]+|system|operator|family", re.ASCII)
DEED = re.compile(r"[a-z-]+(\.[\w-]+)*", re.ASCII)
ABOUT = re.compile(r"[a-z-]+(:[\w-]+)?", re.ASCII)
# What looks like a number or an address is no reason.
NO_REASON = re.compile(r"@|\d[\d /.()-]{6,}\d")
# An id may be among the reasons, and often has digits enough in a row to look like a number.
AN_ID = re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.ASCII)
LONGEST_REASON = 200


def record(session: Session, who: str, deed: str, about: str, *, at: datetime, why: str = "") -> None:
    """Note that somebody did something to a record, in the transaction of what they did.

    Does not commit. `who` is `staff:<id>`, `key:<id>`, `partner:<id>` (an organisation), `member:<id>` (such
    as a prison's planner), `family` (on its own page, by the link to it), `operator` (on the command line) or
    `system`; `deed` such as `reveal.phone`; `about` such as `call:<id>`; `why` a code or a few words of the
    person who did it, never content of the record. Raises ValueError for what is none of these: what is noted
    here cannot be taken away again.
    """
    if not (WHO.fullmatch(who) and DEED.fullmatch(deed) and ABOUT.fullmatch(about)):
        raise ValueError("the audit holds codes and ids, and this is something else")
    if len(why) > LONGEST_REASON or NO_REASON.search(AN_ID.sub("", why)):
        raise ValueError("the audit holds no content, and this reason looks like some")
    session.execute(
        insert(audit_entries).values(id=new_id(), at=at, who=who, deed=deed, about=about, why=why)
    )
