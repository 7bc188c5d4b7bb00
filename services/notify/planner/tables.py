from __future__ import annotations

from sqlalchemy import Column
from sqlmodel import Field

from services.notify.base import Base
from shared.database.encrypted import Encrypted
from shared.members.tables import LinkRow, MemberRow, Members, SessionRow


class Planner(MemberRow, Base, table=True):
    """Somebody at a prison who publishes its visit days. Their `scope` are the ids of its facilities."""

    __tablename__ = "planners"

    name: str = Field(sa_column=Column(Encrypted("planners.name"), nullable=False))
    email: str = Field(sa_column=Column(Encrypted("planners.email"), nullable=False))


class PlannerLink(LinkRow, Base, table=True):
    __tablename__ = "planner_links"


class PlannerSession(SessionRow, Base, table=True):
    __tablename__ = "planner_sessions"


PLANNERS = Members("planner", Planner, PlannerLink, PlannerSession, service="notify", home="/planner")
