"""What can be done with the link by which a planner signs in."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from services.notify.channels.port import ChannelName
from services.notify.messages.commands import Wanted, want
from services.notify.messages.tables import Purpose
from services.notify.planner.tables import PLANNERS
from shared.members import commands as members
from shared.members.rules import LINK_LASTS


def ask_for_link(
    session: Session, email: str, origin: str, *, wanted: str, language: str, at: datetime
) -> None:
    """Mail a link to the planner who has this address; for another address the same is done in vain.

    Raises ContactProblem for what is no address, and TooMany.
    """
    link_id = members.ask(session, PLANNERS, email, origin, wanted=wanted, at=at)
    want(
        session,
        Wanted(
            purpose=Purpose.SIGN_IN,
            cause_id=link_id,
            recipient_id=link_id,
            channel=ChannelName.EMAIL,
            language=language,
            due_at=at,
            not_after=at + LINK_LASTS,
            dedupe_key=f"{Purpose.SIGN_IN}:{link_id}",
            windowed=False,
        ),
        at=at,
    )
    session.commit()
