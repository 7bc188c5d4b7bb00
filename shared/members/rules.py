"""How long a link and a session are good for, and where a member may be sent on to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from shared.members.tables import SessionRow

LINK_LASTS = timedelta(minutes=10)
# For whoever tries the system out: the link is on a terminal, and not in a mail.
SAMPLE_LASTS = timedelta(hours=24)
# A telephone at the gate is looked at now and then for as long as a visit takes. The page that it shows is no
# secret to who stands there, and what it changes can be undone.
IDLE = timedelta(hours=2)
LONGEST = timedelta(hours=12)
# A session that was seen a moment ago is not written again.
SEEN_EVERY = timedelta(seconds=30)
HOUR, DAY = 3600, 86_400
# So many links in so many seconds: to one address, and asked for from one place, known or not.
TO_ONE_ADDRESS = {HOUR: 4, DAY: 12}
FROM_ONE_PLACE = {HOUR: 20, DAY: 60}
OWN_PATH = re.compile(r"(/[\w.-]+)+(\?[\w.=&%+-]*)?", re.ASCII)


@dataclass(frozen=True)
class Signed:
    """A member who is signed in: who they are, what is theirs, and their session for forms."""

    id: UUID
    name: str
    scope: frozenset[str]
    session_id: UUID
    token: str

    @property
    def who(self) -> str:
        """How the audit calls them."""
        return f"member:{self.id}"


def is_over(session: SessionRow, at: datetime) -> bool:
    """Whether this session opens nothing any more."""
    return at >= session.ends_at or at >= session.seen_at + IDLE


def path_below(wanted: str, home: str) -> str:
    """Return where somebody wanted to go if that is a page below `home`, else nothing.

    Whatever a browser could take for another site is none: `//`, a backslash, a line break.
    """
    below = wanted == home or wanted.startswith((f"{home}/", f"{home}?"))
    return wanted if below and OWN_PATH.fullmatch(wanted) and "/.." not in wanted else ""
