"""Erasing a person everywhere. `carry_out` commits; what the eraser does is committed by whoever calls it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from services.intake.calls import erasing as calls
from services.intake.children import erasing as children
from services.intake.conversations import commands as conversations
from services.intake.desk import commands as desk
from services.intake.desk import commands_forgetting as notes
from services.intake.erasures import rules
from services.intake.erasures.rules import Known
from services.intake.erasures.tables import Erasure
from services.intake.requests import queries
from services.intake.requests import rules as requests
from services.intake.requests.queries import Bearing
from services.intake.requests.tables import AdviceRequest
from shared import audit
from shared.crypto import blind_index
from shared.desk.items import forget_about
from shared.errors import NotFound
from shared.events.erasure import Whom
from shared.events.intake import PersonErased
from shared.forgetting import Counts, Eraser, Things
from shared.forgetting.batches import delete_some, empty_rows, some_ids
from shared.forgetting.erasing import erase
from shared.ids import new_id
from shared.messaging import announce
from shared.messaging.deliveries import DEAD_LETTER

REQUESTS, NOTES, WRITTEN = "adviceRequests", "deskNotes", "conversationMessages"
# Has the person erased at the other services, and returns how many of what, by service.
Elsewhere = Callable[[Whom], Mapping[str, Counts]]


def carry_out(
    session: Session,
    known: Known,
    elsewhere: Elsewhere,
    *,
    at: datetime,
    by: str,
    who: str,
    dry_run: bool = False,
) -> Erasure:
    """Erase a person here and elsewhere, and return what went. Again is harmless, and answered alike.

    The others go first: if one is away, what leads to the person is still here when it is tried again.
    A dry run changes nothing anywhere, and is noted: it says whether somebody is known. `by` stays with the
    erasure, and `who` with the audit. Raises NotFound, and what `elsewhere` raises.
    """
    before = _known_already(session, known)
    whom = _whom(session, known, before)
    # No transaction stays open while others are asked.
    session.commit()
    others = elsewhere(whom.model_copy(update={"dry_run": dry_run})) if _leads_anywhere(whom) else {}
    own = erase(session, HERE, whom, at=at)
    counts = rules.together(own, *others.values())
    if dry_run:
        session.rollback()
        audit.record(session, who, "erase.dry-run", "erasure", at=at, why=known.kind)
        session.commit()
        return Erasure(subject=b"", counts=counts, asked_by=by, asked_at=at, last_at=at)
    kept = _keep(session, _subject(known), counts, at, by)
    notes.look_again(session, at=at)
    audit.record(session, who, "erase", f"erasure:{kept.id}", at=at, why=known.kind)
    session.commit()
    return kept


def _leads_anywhere(whom: Whom) -> bool:
    return bool(whom.request_ids) or whom.has_contact


def _whom(session: Session, known: Known, before: Erasure | None) -> Whom:
    """Return the person: what they are known by, and what their advice requests say of them besides."""
    if known.kind != "reference":
        whom = rules.of(known)
        found = queries.bearing(session, whom)
    else:
        whom, found = Whom(), _named(session, known, before)
    whom = rules.behind(whom, found)
    return rules.behind(whom, [*found, *queries.bearing(session, whom)]) if whom.has_contact else whom


def _named(session: Session, known: Known, before: Erasure | None) -> list[Bearing]:
    """Raises NotFound for a reference that nobody has, and that nobody was erased by."""
    one = queries.by_reference(session, known.value)
    if one is None and before is None:
        raise NotFound("There is no advice request with this reference.")
    return [Bearing.of(one)] if one else []


def _subject(known: Known) -> bytes:
    return blind_index(f"erasure-{known.kind}", known.value)


def _known_already(session: Session, known: Known) -> Erasure | None:
    return session.exec(select(Erasure).where(Erasure.subject == _subject(known))).one_or_none()


def _keep(session: Session, subject: bytes, counts: Counts, at: datetime, by: str) -> Erasure:
    row = insert(Erasure).values(
        id=new_id(), subject=subject, counts={}, asked_by=by, asked_at=at, last_at=at
    )
    session.execute(row.on_conflict_do_nothing(index_elements=["subject"]))
    kept = session.exec(select(Erasure).where(Erasure.subject == subject).with_for_update()).one()
    kept.counts, kept.last_at = rules.together(kept.counts, counts), at
    session.add(kept)
    session.flush()
    session.refresh(kept)
    return kept


def find(session: Session, whom: Whom) -> Things:
    given = session.exec(
        select(AdviceRequest.id).where(
            col(AdviceRequest.id).in_(whom.request_ids), col(AdviceRequest.erased_at).is_(None)
        )
    ).all()
    others = queries.bearing(session, whom) if whom.has_contact else []
    found = list(dict.fromkeys((*given, *(one.id for one in others))))
    return {REQUESTS: found, **calls.find(session, whom)}


def find_named(session: Session, whom: Whom) -> Things:
    """Like `find`, where every advice request that is meant is named already: no other row is read."""
    named = Whom(request_ids=whom.request_ids)
    return {**find(session, named), **calls.find(session, whom)}


def strip(session: Session, things: Things, at: datetime) -> Counts:
    """Strip these advice requests and calls to codes, take them off the desk, and tell the other services."""
    requests = _strip_all(session, things.get(REQUESTS, ()), at, asked=True)
    noted = desk.forget_about(session, [*things.get(calls.CALLS, ()), *things.get(calls.BACKS, ())])
    called = calls.erase(session, things, at)
    noted += notes.forget_own(session)
    # Nobody is found by what a child wrote: it comes here from the journal alone, after a restore.
    of_children = children.erase(session, things, at)
    return rules.together(requests, called, of_children, {NOTES: noted} if noted else {})


def _strip_all(session: Session, requests: Sequence[UUID], at: datetime, *, asked: bool) -> Counts:
    ids = sorted(requests)
    stripped = [one for one in ids if _strip(session, one, at, asked)]
    items = forget_about(session, ids, at=at, but=[DEAD_LETTER])
    notes = desk.forget_about(session, ids)
    written = conversations.forget_about(session, ids)
    gone = {NOTES: notes, WRITTEN: written}
    return {REQUESTS: len(stripped), "workItems": items, **{kind: n for kind, n in gone.items() if n}}


def _strip(session: Session, request_id: UUID, at: datetime, asked: bool) -> bool:
    request = queries.locked_unread(session, request_id)
    if request is None or not rules.strip(request, asked=asked, at=at):
        return False
    session.flush()
    empty_rows(session, AdviceRequest, [request_id], {"marks": None})
    announce(session, PersonErased(request_id=request_id, asked=asked), at=at)
    return True


def every_request(session: Session) -> Sequence[UUID]:
    return session.exec(select(AdviceRequest.id).where(col(AdviceRequest.erased_at).is_(None))).all()


ERASER = Eraser(find, strip, {REQUESTS: every_request, **calls.IDS, **children.IDS})
HERE = Eraser(find_named, strip, ERASER.ids)


def over(session: Session, before: datetime, limit: int, at: datetime) -> int:
    """Strip advice requests that were withdrawn or closed before this moment."""
    is_over = col(AdviceRequest.state).in_(requests.FINAL)
    return _strip_old(session, is_over, before, limit, at)


def left_open(session: Session, before: datetime, limit: int, at: datetime) -> int:
    """Strip advice requests of which there has been no news since this moment, though they never ended."""
    return _strip_old(session, col(AdviceRequest.state).not_in(requests.FINAL), before, limit, at)


def _strip_old(session: Session, which: object, before: datetime, limit: int, at: datetime) -> int:
    old = col(AdviceRequest.erased_at).is_(None) & (col(AdviceRequest.state_time) < before) & which
    ids = some_ids(session, AdviceRequest, old, limit)
    return _strip_all(session, ids, at, asked=False)[REQUESTS]


def old_figures(session: Session, before: datetime, limit: int, at: datetime) -> int:
    return delete_some(session, AdviceRequest, col(AdviceRequest.erased_at) < before, limit)


def old_erasures(session: Session, before: datetime, limit: int, at: datetime) -> int:
    return delete_some(session, Erasure, col(Erasure.last_at) < before, limit)
