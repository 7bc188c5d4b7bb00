"""Whose a number or address is: asked once, proven by an answer, and remembered. The caller commits.

An address is proven once its owner answered from it, or once a partner's key or the desk sent something in
for it. Anybody may type a stranger's address into the public form: then at most one neutral text in thirty
days asks its owner, and nothing else goes there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select, text, update
from sqlmodel import Session, col

from services.notify.contacts.queries import address_index, mailbox_index
from services.notify.contacts.rules import ASKED_AGAIN_AFTER, QUESTION_KEEPS, TAKEN_AS_PROVEN_A_DAY
from services.notify.contacts.tables import AskerContact
from shared import ceilings
from shared.database.at_once import InsertAtOnce
from shared.events.notify import ContactDenied, ContactProven
from shared.messaging import announce

DAY = 86_400
insert_unless_known = InsertAtOnce(AskerContact.__table__, unless_known="id")  # type: ignore[attr-defined]
ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended(:mailbox, 1))")


@dataclass(frozen=True)
class Given:
    """A number or address that came with an advice request. `asks`: its owner may be asked whose it is."""

    request_id: UUID
    channel: str
    address: str
    asks: bool = False


class Found(StrEnum):
    """What is to be done at an address that nobody vouches for; one that is `known` was proven before."""

    KNOWN = "known"
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

    One whose address was proven before is announced as proven, a few times a day. Idempotent: what is
    remembered already is left alone.
    """
    # In one order everywhere, so that no two transactions wait for each other's mailboxes.
    ordered = sorted(given, key=lambda one: (mailbox_index(one.channel, one.address), one.request_id))
    return {one.request_id: _unproven(session, one, at) for one in ordered}


def _unproven(session: Session, one: Given, at: datetime) -> Found:
    row = _row(one, at)
    session.execute(ONE_AT_A_TIME, {"mailbox": row["mailbox_index"].hex()})
    found = _found(session, one, row, at)
    moments = {Found.KNOWN: {"proven_at": at}, Found.ASK: {"asked_at": at}}.get(found, {})
    if not insert_unless_known(session, [row | moments]):
        return Found.LEAVE
    if found is Found.KNOWN:
        announce(session, ContactProven(request_id=one.request_id), at=at)
    return found


def _found(session: Session, one: Given, row: dict[str, Any], at: datetime) -> Found:
    if not one.asks:
        return Found.LEAVE
    if row["address_index"] in proven_among(session, [row["address_index"]]):
        bucket = f"taken-as-proven:{row['address_index'].hex()}"
        often = ceilings.add(session, bucket, DAY, 1, at) > TAKEN_AS_PROVEN_A_DAY
        return Found.LEAVE if often else Found.KNOWN
    asked = col(AskerContact.asked_at) > at - ASKED_AGAIN_AFTER - QUESTION_KEEPS
    lately = select(col(AskerContact.id)).where(
        col(AskerContact.mailbox_index) == row["mailbox_index"], asked
    )
    return Found.LEAVE if session.execute(lately.limit(1)).first() else Found.ASK


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

    A second yes proves nothing anew, and is an answer all the same.
    """
    waiting = _lock(session, _lately(channel, index, at))
    proven = session.execute(
        update(AskerContact)
        .where(col(AskerContact.id).in_(waiting), col(AskerContact.proven_at).is_(None))
        .values(proven_at=at)
        .returning(col(AskerContact.id))
    ).scalars()
    for request_id in sorted(proven):
        announce(session, ContactProven(request_id=request_id), at=at)
    return bool(waiting)


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
