from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from sqlmodel import Session

from services.notify.messages import queries
from services.notify.messages.recipients import ByKind
from services.notify.messages.schemas import MessageOut
from services.notify.messages.tables import Message, Purpose
from shared.errors import NotFound, Problem
from shared.peers import PeerUnavailable
from shared.runtime import Runtime
from shared.security.access import requires
from shared.security.keystore import ApiKey
from shared.web.dependencies import RuntimeDep, SessionDep, SliceDep
from shared.web.schemas import ApiList

Reader = Annotated[ApiKey, Depends(requires("messages:read"))]


def router(recipients: ByKind) -> APIRouter:
    """Return the routes. `recipients` know whose each message is."""
    routes = APIRouter()

    @routes.get("/v1/messages")
    def list_messages(
        runtime: RuntimeDep,
        session: SessionDep,
        wanted: SliceDep,
        key: Reader,
        cause_id: Annotated[UUID, Query(alias="causeId")],
    ) -> ApiList[MessageOut]:
        """List the messages about an advice request, referral, registration or offer, in the order due.

        An id that no message is about gives an empty list, and so does one that is not this key's.
        """
        purposes = None if key.is_the_centres else _seen(runtime, session, key, recipients, cause_id)
        shown = MessageOut.of if key.is_the_centres else MessageOut.for_others
        return ApiList.of(queries.about(session, cause_id, wanted, purposes).each(shown))

    @routes.get("/v1/messages/{message_id}")
    def read_message(message_id: UUID, runtime: RuntimeDep, session: SessionDep, key: Reader) -> MessageOut:
        message = queries.one(session, message_id)
        if key.is_the_centres:
            return MessageOut.of(message)
        if not _sees(runtime, session, key, recipients, message):
            raise NotFound(queries.NO_SUCH_MESSAGE)
        return MessageOut.for_others(message)

    return routes


def _seen(
    runtime: Runtime, session: Session, key: ApiKey, recipients: ByKind, cause_id: UUID
) -> set[Purpose]:
    """Return the purposes about this of which the key may see the messages; all of one have one owner."""
    kinds = queries.kinds_about(session, cause_id)
    return {
        purpose for purpose, message in kinds.items() if _sees(runtime, session, key, recipients, message)
    }


def _sees(runtime: Runtime, session: Session, key: ApiKey, recipients: ByKind, message: Message) -> bool:
    session.commit()  # the service that is asked may be slow, and no transaction may wait for it
    try:
        return recipients[message.recipient_kind].seen_by(runtime, key, message)
    except PeerUnavailable:
        raise Problem(
            503,
            "try-again",
            "Not now",
            "Whose message this is cannot be asked at this moment. Try again in a minute.",
            headers={"Retry-After": "60"},
        ) from None
