"""What can be done with a work item beside deciding on it: taken, handed over, put off. Each commits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from services.intake.calls.tables import Call, CallBack
from services.intake.desk import commands_alarm, queries, rules
from services.intake.desk.rules import AlreadyTaken
from services.intake.desk.tables import DeskAlarm, DeskCall, DeskLook, DeskMark, DeskNote
from services.intake.requests.tables import AdviceRequest
from services.intake.staff.rules import Signed
from shared import audit
from shared.desk.tables import work_items
from shared.errors import NotFound
from shared.forgetting.batches import delete_some
from shared.ids import new_id

LOOKS_KEEP = timedelta(days=1)


@dataclass(frozen=True)
class Place:
    """The item that is meant: whose it is, its id, what it is about, and whether it is about safety."""

    service: str
    item_id: UUID
    about: UUID | None
    is_loud: bool


def take(session: Session, place: Place, signed: Signed, *, at: datetime, anyway: bool = False) -> None:
    """Make an item somebody's own. Idempotent.

    Raises AlreadyTaken if it is another's, unless it is taken over with that known (`anyway`).
    """
    mark = _locked(session, place, at)
    _not_anothers(session, place, signed.id, anyway=anyway)
    if mark.owner_id != signed.id:
        _own(session, mark, signed.id, at)
        _note_deed(session, signed, "take", place, at)
    session.commit()


def give_back(session: Session, place: Place, signed: Signed, *, at: datetime) -> None:
    """Make an item nobody's again, if it is their own. Idempotent."""
    mark = _locked(session, place, at)
    if mark.owner_id == signed.id:
        _own(session, mark, None, at)
        _note_deed(session, signed, "give-back", place, at)
    session.commit()


def hand_over(
    session: Session, place: Place, signed: Signed, to: UUID, *, at: datetime, anyway: bool = False
) -> None:
    """Make an item a colleague's. Raises AlreadyTaken as `take` does."""
    mark = _locked(session, place, at)
    _not_anothers(session, place, signed.id, anyway=anyway)
    _own(session, mark, to, at)
    _note_deed(session, signed, "hand-over", place, at)
    session.commit()


def put_off(session: Session, place: Place, signed: Signed, until: datetime | None, *, at: datetime) -> None:
    """Let an item wait until a moment, or no longer. Raises CannotWait or InThePast."""
    if until is not None and place.is_loud:
        raise rules.CannotWait
    if until is not None and until <= at:
        raise rules.InThePast
    mark = _locked(session, place, at)
    mark.put_off_until = until
    session.add(mark)
    _note_deed(session, signed, "put-off", place, at)
    session.commit()


def note(session: Session, place: Place, signed: Signed, words: str, *, at: datetime) -> None:
    """Note something beside an item, for colleagues. Raises NotFound if whose it is was erased meanwhile."""
    _still_there(session, place.about)
    session.add(
        DeskNote(
            service=place.service,
            item_id=place.item_id,
            about=place.about,
            author_id=signed.id,
            written_at=at,
            text=words,
        )
    )
    _note_deed(session, signed, "note", place, at)
    session.commit()


def _still_there(session: Session, about: UUID | None) -> None:
    """Raise NotFound if this person was erased; from here on that waits until the transaction ends."""
    for found, erased in (
        (col(AdviceRequest.id), col(AdviceRequest.erased_at).is_not(None)),
        (col(Call.id), col(Call.erased_at).is_not(None)),
        (col(CallBack.id), col(CallBack.number_index).is_(None)),
    ):
        if session.execute(select(erased).where(found == about).with_for_update()).scalar_one_or_none():
            raise NotFound("Nobody is here any more.")


def look(session: Session, item_id: UUID, person_id: UUID, *, at: datetime) -> None:
    """Note that somebody has an item open; after a pause they have it open anew."""
    session.execute(delete(DeskLook).where(col(DeskLook.seen_at) < at - LOOKS_KEEP))
    gone = delete(DeskLook).where(
        col(DeskLook.item_id) == item_id,
        col(DeskLook.person_id) == person_id,
        col(DeskLook.seen_at) <= at - rules.PRESENT_FOR,
    )
    session.execute(gone)
    seen = insert(DeskLook).values(item_id=item_id, person_id=person_id, since=at, seen_at=at)
    session.execute(seen.on_conflict_do_update(index_elements=["item_id", "person_id"], set_={"seen_at": at}))
    session.commit()


def done_with(session: Session, service: str, item_id: UUID, *, at: datetime) -> None:
    """Note that an item was dealt with: it is nobody's any more, and in front of nobody. Idempotent."""
    session.execute(delete(DeskLook).where(col(DeskLook.item_id) == item_id))
    session.execute(
        update(DeskMark)
        .where(col(DeskMark.service) == service, col(DeskMark.item_id) == item_id)
        .values(owner_id=None, owned_at=None, put_off_until=None)
    )
    commands_alarm.over(session, item_id, at=at)
    session.commit()


def of_another(session: Session, service: str, item_id: UUID, me: UUID) -> AlreadyTaken | None:
    """Return whose an item is and since when, if it is somebody else's. Ends what it reads.

    Its service may be slow, and no transaction may wait for it.
    """
    taken = _anothers(session, service, item_id, me)
    session.commit()
    return taken


def _anothers(session: Session, service: str, item_id: UUID, me: UUID) -> AlreadyTaken | None:
    mark = queries.mark_of(session, service, item_id)
    if mark.owner_id and mark.owned_at and mark.owner_id != me:
        return AlreadyTaken(mark.owner_id, mark.owned_at)
    return None


def _not_anothers(session: Session, place: Place, me: UUID, *, anyway: bool) -> None:
    other = None if anyway else _anothers(session, place.service, place.item_id, me)
    if other is not None:
        raise other


def _locked(session: Session, place: Place, at: datetime) -> DeskMark:
    row = insert(DeskMark).values(
        id=new_id(), service=place.service, item_id=place.item_id, about=place.about, changed_at=at
    )
    session.execute(row.on_conflict_do_nothing(index_elements=["service", "item_id"]))
    query = select(DeskMark).where(
        col(DeskMark.service) == place.service, col(DeskMark.item_id) == place.item_id
    )
    mark = session.scalars(query.with_for_update().execution_options(populate_existing=True)).one()
    mark.changed_at = at
    return mark


def _own(session: Session, mark: DeskMark, owner: UUID | None, at: datetime) -> None:
    mark.owner_id, mark.owned_at = owner, at if owner else None
    session.add(mark)


def _note_deed(session: Session, signed: Signed, deed: str, place: Place, at: datetime) -> None:
    audit.record(session, f"staff:{signed.id}", f"work-item.{deed}", f"work-item:{place.item_id}", at=at)


def note_showing(
    session: Session, signed: Signed, request_id: UUID, what: Sequence[str], why: str, *, at: datetime
) -> None:
    """Note that somebody looks at an asker's number, address, name or words, and why."""
    for one in what:
        audit.record(
            session, f"staff:{signed.id}", f"reveal.{one}", f"advice-request:{request_id}", at=at, why=why
        )
    session.commit()


def forget_about(session: Session, subjects: Sequence[UUID]) -> int:
    """Delete what was noted about these advice requests, calls or call-backs. Does not commit. Idempotent."""
    session.execute(delete(DeskMark).where(col(DeskMark.about).in_(subjects)))
    gone = delete(DeskNote).where(col(DeskNote.about).in_(subjects)).returning(col(DeskNote.id))
    return len(session.execute(gone).all())


def old_notes(session: Session, before: datetime, limit: int, at: datetime) -> int:
    """Delete notes from before a moment, and whose items were that nobody touched since."""
    gone = delete_some(session, DeskMark, col(DeskMark.changed_at) < before, limit)
    gone += delete_some(session, DeskNote, col(DeskNote.written_at) < before, limit)
    gone += delete_some(session, DeskCall, col(DeskCall.called_at) < before, limit)
    is_there = select(work_items.c.id).where(work_items.c.id == col(DeskAlarm.item_id)).exists()
    gone += delete_some(session, DeskAlarm, (col(DeskAlarm.service) == "intake") & ~is_there, limit)
    return gone + delete_some(session, DeskAlarm, col(DeskAlarm.over_at) < before, limit)
