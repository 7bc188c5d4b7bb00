"""The read side of choices: what a number was asked back about."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from services.notify.visits import queries, rules
from services.notify.visits.numbering import Pairs
from services.notify.visits.tables import Choice


def open_choice(session: Session, contact_index: bytes, at: datetime) -> Choice | None:
    """Return the latest choice that this number was offered, while it may still choose; or None."""
    return session.exec(
        select(Choice)
        .where(Choice.contact_index == contact_index, col(Choice.lapses_at) > at)
        .order_by(col(Choice.lapses_at).desc())
        .limit(1)
        .execution_options(populate_existing=True)
    ).first()


def offered(session: Session, choice_ids: Collection[UUID], at: datetime) -> dict[UUID, Pairs]:
    """Return, by choice, the registrations that it numbers, in order; not where one of them is over."""
    choices = session.exec(select(Choice).where(col(Choice.id).in_(choice_ids)))
    numbered = {one.id: [UUID(text) for text in one.registration_ids] for one in choices}
    known = queries.with_visit(session, {each for ids in numbered.values() for each in ids})
    return {
        choice_id: [known[each] for each in ids]
        for choice_id, ids in numbered.items()
        if all(each in known and rules.still_to_come(known[each][1], at) for each in ids)
    }
