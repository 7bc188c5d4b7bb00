"""What the desk asks of the directory while somebody is on the line: one model for both sides."""

from __future__ import annotations

from uuid import UUID

from shared.events.details import Answer

PATH = "/internal/desk/services"
CALLERS = ("intake",)
AT_MOST = 20


class ServiceFound(Answer):
    """A service of the directory, as it can be named to a caller. `sample`: it is not a real one."""

    id: UUID
    name: str
    organisation: str
    what: str
    phone: str | None = None
    website: str | None = None
    country: str = ""
    takes_referrals: bool = False
    sample: bool = False
