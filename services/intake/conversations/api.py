from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from sqlmodel import Session, col, select

from services.intake.conversations import commands, queries
from services.intake.conversations.access import Speaker, speaking
from services.intake.conversations.commands import Words
from services.intake.conversations.rules import NotFinished, TakenBack
from services.intake.conversations.schemas import MessageIn, MessageOut
from services.intake.conversations.tables import OwnWords, Written
from services.intake.requests.api import IdempotencyKey
from shared.errors import Conflict, FieldError, Invalid, NotFound
from shared.events.details import DeskWords
from shared.ids import new_id
from shared.runtime import Runtime
from shared.web.dependencies import Now, SessionDep, SliceDep
from shared.web.details import answer_details
from shared.web.schemas import ApiList

router = APIRouter()
PATH = "/v1/advice-requests/{reference}/messages"
SpeakerDep = Annotated[Speaker, Depends(speaking)]


@router.get(PATH)
def list_messages(
    reference: str, session: SessionDep, now: Now, speaker: SpeakerDep, wanted: SliceDep
) -> ApiList[MessageOut]:
    """List the conversation, the oldest first; needs the return code or a key for the desk.

    With the return code, answers count as read from then on.
    """
    page = queries.a_page(session, speaker.request_id, wanted).each(MessageOut.of)
    _note_reading(session, speaker, now)
    return ApiList.of(page)


@router.get(f"{PATH}/{{message_id}}")
def read_message(
    reference: str, message_id: UUID, session: SessionDep, now: Now, speaker: SpeakerDep
) -> MessageOut:
    """Return one message of the conversation."""
    found = queries.one(session, speaker.request_id, message_id)
    if found is None:
        raise NotFound("There is no such message in this conversation.")
    message = MessageOut.of(found)
    _note_reading(session, speaker, now)
    return message


@router.post(PATH, status_code=201)
def write_message(
    reference: str,
    body: MessageIn,
    session: SessionDep,
    now: Now,
    speaker: SpeakerDep,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> MessageOut:
    """Write in the conversation: as the asker with the return code, as the centre with a key for the desk.

    Send an `Idempotency-Key` of your own making: then what is sent again is not written twice.
    """
    made = _write(session, body, Words(body.text, idempotency_key or str(new_id())), speaker, now)
    response.headers["Location"] = f"/v1/advice-requests/{reference}/messages/{made.id}"
    return MessageOut.of(made)


def _write(session: Session, body: MessageIn, words: Words, speaker: Speaker, now: Now) -> Written:
    try:
        if speaker.key is None:
            return commands.ask_back(session, speaker.request_id, words, danger=body.danger, at=now)
        return commands.answer(session, speaker.request_id, words, at=now, who=speaker.who)
    except TakenBack as over:
        raise Conflict(str(over), slug="withdrawn") from None
    except NotFinished as wrong:
        raise Invalid([FieldError("/text", "text", wrong.code)]) from None


def _own_words(session: Session, runtime: Runtime, ids: Sequence[UUID]) -> Iterator[DeskWords]:
    found = session.exec(select(OwnWords).where(col(OwnWords.id).in_(list(ids))))
    return (DeskWords(id=one.id, request_id=one.request_id, text=one.text) for one in found)


answer_details(router, DeskWords, _own_words)


def _note_reading(session: Session, speaker: Speaker, now: Now) -> None:
    if speaker.key is None:
        commands.read_by_asker(session, speaker.request_id, at=now)
    else:
        commands.read_by_centre(session, speaker.request_id, who=speaker.who, at=now)
