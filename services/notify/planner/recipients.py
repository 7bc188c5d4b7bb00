"""Planners who asked for a link, as the mail with it is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlmodel import Session

from services.notify.channels.port import ChannelName
from services.notify.messages.moments import Rhythm
from services.notify.messages.recipients import Nobody, Recipient
from services.notify.messages.tables import Message
from services.notify.planner.tables import PLANNERS, Planner, PlannerLink
from shared.countries import DEFAULT
from shared.crypto import issued, sign_tokens
from shared.desk.actions import View
from shared.languages import page_language
from shared.members.commands import label
from shared.runtime import Runtime
from shared.security.keystore import ApiKey


class LinkedMembers:
    """Whoever asked for a link to sign in: the recipient's id is that of the link."""

    def resolve(self, runtime: Runtime, messages: Sequence[Message]) -> Mapping[UUID, Recipient | Nobody]:
        page = f"{runtime.settings.public_url('notify')}{PLANNERS.sign_in}"
        with runtime.sessions() as session:
            return {message.id: self._one(session, message, page) for message in messages}

    def _one(self, session: Session, message: Message, page: str) -> Recipient | Nobody:
        link = session.get(PlannerLink, message.recipient_id)
        member = session.get(Planner, link.person_id) if link and link.person_id else None
        if link is None or member is None or member.disabled_at is not None:
            return Nobody("recipient-gone")
        token = issued(sign_tokens(label(PLANNERS), link.id), link.token_hash)
        if link.used_at is not None or link.ends_at <= datetime.now(UTC) or token is None:
            return Nobody("no-longer-so")
        return Recipient(
            ChannelName.EMAIL,
            member.email,
            page_language(message.language),
            Rhythm(DEFAULT.zone),
            values={"url": f"{page}/{token}"},
        )

    def view(self, session: Session, message: Message, language: str) -> View:
        return View()

    def seen_by(self, runtime: Runtime, key: ApiKey, message: Message) -> bool:
        return False

    def objection(self, session: Session, message: Message, now: datetime) -> str | None:
        """A link that was not sent is asked for again by who wants it, and by nobody else."""
        return "no-longer-so"
