"""When a session is over, and when somebody has to prove again that it is they."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.intake.staff.tables import Role, StaffSession
from shared.members.rules import path_below

# OWASP ASVS 5.0, 7.3: an idle and an absolute time-out, written down; the figures are our own choice for a
# desk where a colleague may sit down at a screen that was left.
IDLE = timedelta(minutes=15)
LONGEST = timedelta(hours=12)
STEPPED_UP_FOR = timedelta(minutes=15)
# A session that was seen a moment ago is not written again.
SEEN_EVERY = timedelta(seconds=30)


@dataclass(frozen=True)
class Signed:
    """Somebody who is signed in: who they are, what they may do, and their session's token for forms."""

    id: UUID
    name: str
    roles: frozenset[Role]
    session_id: UUID
    token: str
    is_stepped_up: bool

    def may(self, *roles: Role) -> bool:
        """Whether they have one of these roles."""
        return bool(self.roles.intersection(roles))


def is_over(session: StaffSession, at: datetime) -> bool:
    """Whether this session opens nothing any more."""
    return at >= session.ends_at or at >= session.seen_at + IDLE


def is_stepped_up(session: StaffSession, at: datetime) -> bool:
    """Whether the person proved lately that it is they."""
    return session.stepped_up_at is not None and at < session.stepped_up_at + STEPPED_UP_FOR


def own_path(wanted: str) -> str:
    """Return where somebody wanted to go if that is a page of the desk, else nothing."""
    return path_below(wanted, "/desk")
