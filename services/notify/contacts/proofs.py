"""Whose a number or address is: asked once, proven by an answer, and remembered. The caller commits.

An address is proven once its owner answered from it, or once a partner's key or the desk sent something in
for it. Anybody may type a stranger's address into the public form: then a neutral text asks its owner, at
most one in thirty days where nobody proved it, and nothing else of that question goes there before a yes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select, text, update
from sqlmodel import Session, col

from services.notify.contacts.queries import address_index, mailbox_index
from services.notify.contacts.rules import (
    ASKED_A_WEEK,
    ASKED_AGAIN_AFTER,
    ASKED_AGAIN_IF_PROVEN,
    QUESTION_KEEPS,
    TAKEN_AS_PROVEN_A_DAY,
    TAKEN_AS_PROVEN_A_WEEK,
)
from services.notify.contacts.tables import AskerContact
from shared import ceilings
from shared.database.at_once import InsertAtOnce
from shared.events.notify import ContactDenied, ContactProven
from shared.messaging import announce

DAY, WEEK = 86_400, timedelta(days=7)
insert_unless_known = InsertAtOnce(AskerContact.__table__, unless_known="id")  # type: ignore[attr-defined]
ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended(:mailbox, 1))")


@dataclass(frozen=True)
class Given:
    """A number or address that came with an advice request. `asks`: its owner may be asked whose it is.

    `asked_at`: when its owner was last asked that, for whatever it was.
    """

    request_id: UUID
    channel: str
    address: str
    asks: bool = False
    asked_at: datetime | None = None


class Found(StrEnum):
    """What is to be done at an address that nobody vouches for."""

    ASK = "ask"
    LEAVE = "leave"


def vouched(session: Session, given: Sequence[Given], *, at: datetime) -> None:
    """Remember addresses as proven, in one statement. Idempotent."""
    # In one order everywhere, so that no two transactions wait for each other's rows; so it is below.
    ordered = sorted(given, key=lambda one: one.request_id)
    insert_unless_known(session, [_row(one, at) | {"proven_at": at} for one in ordered])


def proven_at_a_visit(
    session: Session, registration_id: UUID, channel: str, address: str, *, at: datetime
) -> None:
    """Remember the address of a registration as proven, in place of the one that it had before. Idempotent.

    It sets nothing free that waits already: what its owner said yes to was the visit.
    """
    forget(session, [registration_id])
    row = _row(Given(registration_id, channel, address), at)
    insert_unless_known(session, [row | {"proven_at": at, "of_visit": True}])


def unproven(session: Session, given: Sequence[Given], *, at: datetime) -> dict[UUID, Found]:
    """Remember addresses that anybody may have typed, and return for each advice request what is found.

    Where an address was proven before, its owner is asked all the same: else whoever types it learns, by what
    becomes of the question, that its owner has been here, and speaks in their name. Idempotent: what is
    remembered already is left alone.
    """
    # In one order everywhere, so that no two transactions wait for each other's mailboxes.
    ordered = sorted(given, key=lambda one: (mailbox_index(one.channel, one.address), one.request_id))
    return {one.request_id: _unproven(session, one, at) for one in ordered}


def _unproven(session: Session, one: Given, at: datetime) -> Found:
    row = _row(one, at)
    session.execute(ONE_AT_A_TIME, {"mailbox": row["mailbox_index"].hex()})
    found = Found.ASK if one.asks and _may_be_asked(session, one, row, at) else Found.LEAVE
    asked = {"asked_at": at} if found is Found.ASK else {}
    return found if insert_unless_known(session, [row | asked]) else Found.LEAVE


def _may_be_asked(session: Session, one: Given, row: dict[str, Any], at: datetime) -> bool:
    """Whether the owner was not asked lately: a few times a week if they were here and never said no."""
    known = row["address_index"] in proven_among(session, [row["address_index"]])
    often = known and not _denied_lately(session, row["address_index"], at)
    if one.asked_at is not None and one.asked_at > at - (
        ASKED_AGAIN_IF_PROVEN if often else ASKED_AGAIN_AFTER
    ):
        return False
    asked = _asked_since(
        session, row["mailbox_index"], at - (WEEK if often else ASKED_AGAIN_AFTER + QUESTION_KEEPS)
    )
    return not asked or (often and len(asked) < ASKED_A_WEEK and max(asked) <= at - ASKED_AGAIN_IF_PROVEN)


def _asked_since(session: Session, mailbox: bytes, since: datetime) -> Sequence[datetime]:
    asked = (col(AskerContact.mailbox_index) == mailbox) & (col(AskerContact.asked_at) > since)
    return session.execute(select(col(AskerContact.asked_at)).where(asked)).scalars().all()


def _denied_lately(session: Session, index: bytes, at: datetime) -> bool:
    denied = (col(AskerContact.address_index) == index) & (
        col(AskerContact.denied_at) > at - ASKED_AGAIN_AFTER
    )
    return session.execute(select(col(AskerContact.id)).where(denied).limit(1)).first() is not None


def not_asked(session: Session, request_id: UUID) -> None:
    """Note that the text that was to ask the owner never went: another advice request may ask. Idempotent."""
    session.execute(_of(request_id).values(asked_at=None))


def prove(session: Session, request_id: UUID, *, at: datetime) -> None:
    """Note that an owner has followed the link in a mail: the address is theirs for all that waits for it.

    What was known to be proven already, by a text or from before, proves nothing else. Idempotent.
    """
    # All rows of the address before its own, which may be the last of them.
    _lock(session, col(AskerContact.address_index).in_(_index_of(request_id)))
    for channel, index in _prove(session, request_id, at):
        answered_yes(session, channel, bytes(index), at=at)


def vouch(session: Session, request_id: UUID, *, at: datetime) -> None:
    """Note that somebody vouches for the address of this advice request. Idempotent."""
    _prove(session, request_id, at)


def _prove(session: Session, request_id: UUID, at: datetime) -> Sequence[Any]:
    """Return channel and fingerprint of what is proven now and was not before."""
    newly = _of(request_id).where(col(AskerContact.proven_at).is_(None)).values(proven_at=at)
    return session.execute(newly.returning(col(AskerContact.channel), col(AskerContact.address_index))).all()


def answered_yes(session: Session, channel: str, index: bytes, *, at: datetime) -> bool:
    """Prove all that waits for this address, and announce each once. Returns False if nothing ever waited.

    Where more waits than is taken as proven, one yes sets none of it free and a person reads all: nobody
    fills a partner with a number of their own, or has one yes stand for what others typed. A second yes
    proves nothing anew, and is an answer all the same.
    """
    waiting = _lock(session, _lately(channel, index, at))
    unproven_ones = col(AskerContact.id).in_(waiting) & col(AskerContact.proven_at).is_(None)
    ids = session.scalars(
        select(col(AskerContact.id)).where(unproven_ones).order_by(col(AskerContact.id))
    ).all()
    if _taken_as_proven(session, index, len(ids), at) < len(ids):
        _too_many(session, ids, at)
        return True
    session.execute(update(AskerContact).where(col(AskerContact.id).in_(ids)).values(proven_at=at))
    for request_id in ids:
        announce(session, ContactProven(request_id=request_id), at=at)
    return bool(waiting)


def waits(session: Session, channel: str, index: bytes, *, at: datetime) -> bool:
    """Whether something waits for the owner of this address to say whose it is."""
    open_ones = _lately(channel, index, at) & col(AskerContact.proven_at).is_(None)
    open_ones &= col(AskerContact.denied_at).is_(None)
    return session.execute(select(col(AskerContact.id)).where(open_ones).limit(1)).first() is not None


def _taken_as_proven(session: Session, index: bytes, number: int, at: datetime) -> int:
    """Count so many more advice requests of this address, and return how many of them are taken as proven."""
    if not number:
        return 0
    room = number
    for window, most in ((DAY, TAKEN_AS_PROVEN_A_DAY), (7 * DAY, TAKEN_AS_PROVEN_A_WEEK)):
        together = ceilings.add(session, _bucket(index, window), window, number, at)
        room = min(room, most - (together - number))
    return max(0, room)


def _bucket(index: bytes, window: int) -> str:
    return f"taken-as-proven-{window}:{index.hex()}"


def _too_many(session: Session, request_ids: Iterable[UUID], at: datetime) -> None:
    """Leave to a person what came for an address beyond what is taken as its owner's."""
    for request_id in request_ids:
        announce(session, ContactDenied(request_id=request_id, too_many=True), at=at)


def answered_no(session: Session, channel: str, index: bytes, *, at: datetime) -> bool:
    """Note that the owner says no to all that waits for this address, and announce each once.

    Returns False if nothing waits.
    """
    waiting = _lock(session, _lately(channel, index, at) & col(AskerContact.proven_at).is_(None))
    denied = session.execute(
        update(AskerContact)
        .where(col(AskerContact.id).in_(waiting), col(AskerContact.denied_at).is_(None))
        .values(denied_at=at)
        .returning(col(AskerContact.id))
    ).scalars()
    for request_id in sorted(denied):
        announce(session, ContactDenied(request_id=request_id), at=at)
    return bool(waiting)


def proven_among(session: Session, indexes: Collection[bytes]) -> set[bytes]:
    """Return those of these fingerprints whose address is proven."""
    rows = session.execute(
        select(col(AskerContact.address_index))
        .where(col(AskerContact.address_index).in_(indexes), col(AskerContact.proven_at).is_not(None))
        .distinct()
    ).scalars()
    return {bytes(index) for index in rows}


def proven_requests(session: Session, request_ids: Collection[UUID]) -> set[UUID]:
    """Return those of these advice requests whose address is proven."""
    chosen = select(col(AskerContact.id)).where(
        col(AskerContact.id).in_(request_ids), col(AskerContact.proven_at).is_not(None)
    )
    return set(session.execute(chosen).scalars())


def asked_at(session: Session, index: bytes, *, at: datetime) -> datetime | None:
    """Return when the owner of this unproven address was last asked for an advice request, or None."""
    asked: datetime | None = session.execute(
        select(func.max(col(AskerContact.asked_at))).where(
            col(AskerContact.address_index) == index, col(AskerContact.asked_at) > at - ASKED_AGAIN_AFTER
        )
    ).scalar_one()
    return None if asked is None or proven_among(session, [index]) else asked


def forget(session: Session, request_ids: Iterable[UUID]) -> None:
    """Forget what is known of the addresses of these advice requests and registrations. Idempotent."""
    forgotten = _lock(session, col(AskerContact.id).in_(list(request_ids)))
    session.execute(delete(AskerContact).where(col(AskerContact.id).in_(forgotten)))


def _lock(session: Session, which: ColumnElement[bool]) -> Sequence[UUID]:
    """Lock these rows in order of their ids, and return those."""
    chosen = select(col(AskerContact.id)).where(which).order_by(col(AskerContact.id))
    return session.execute(chosen.with_for_update()).scalars().all()


def _index_of(request_id: UUID) -> Any:
    return select(col(AskerContact.address_index)).where(col(AskerContact.id) == request_id)


def _of(request_id: UUID) -> Any:
    return update(AskerContact).where(col(AskerContact.id) == request_id)


def _lately(channel: str, index: bytes, at: datetime) -> ColumnElement[bool]:
    return (
        (col(AskerContact.channel) == channel)
        & (col(AskerContact.address_index) == index)
        & (col(AskerContact.since) > at - ASKED_AGAIN_AFTER)
        & ~col(AskerContact.of_visit)
    )


def _row(one: Given, at: datetime) -> dict[str, Any]:
    return {
        "id": one.request_id,
        "channel": one.channel,
        "address_index": address_index(one.channel, one.address),
        "mailbox_index": mailbox_index(one.channel, one.address),
        "since": at,
        "of_visit": False,
    }
