"""What JA and NEE do, whether a text or a person brings them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from services.notify.channels.port import ChannelName
from services.notify.contacts.queries import address_index
from services.notify.contacts.rules import Keyword
from services.notify.messages.rules import JUST_NOW
from services.notify.messages.tables import Purpose
from services.notify.visits import queries, rules
from services.notify.visits.commands.escorting import ask_for_escort, no_escort
from services.notify.visits.commands.planning import (
    call_owner,
    revive_plan,
    void_plan,
    want_text,
)
from services.notify.visits.commands.proving import Waiting, confirm_waiting, waits_for_owner
from services.notify.visits.tables import COMING, Registration, RegistrationState, VisitDay, VisitState
from shared.errors import Conflict, NotFound

Pairs = Sequence[tuple[Registration, VisitDay]]


def answer(session: Session, number: str, keyword: Keyword, *, at: datetime) -> bool:
    """Act on a yes or no from this number (E.164). Returns False if it is unclear what it is about.

    It is unclear when we asked nothing, when we asked this number both whose it is and whether the family
    comes, and when two families of one number were asked. Idempotent: the same word again changes nothing and
    is thanked for once. Does not commit.
    """
    index = address_index(ChannelName.SMS, number)
    candidates = of_whom(session, index, at)
    waiting = queries.waiting_for_number(session, index, at)
    asked = as_asked(session, candidates)
    if waiting:
        return not rules.pending(asked) and _whose_number(session, waiting, keyword, at)
    return _answer_about(session, candidates, asked, keyword, at)


def answer_mail(
    session: Session, index: bytes, keyword: Keyword, *, at: datetime, registration_id: UUID | None
) -> bool:
    """As `answer`, for a yes or no by mail from the address of this fingerprint.

    `registration_id`: the registration that the mail was about which is answered, if it was about one.
    """
    candidates = _of_mail(session, index, at, registration_id)
    return _answer_about(session, candidates, as_asked(session, candidates), keyword, at)


def whose_mail(session: Session, index: bytes, keyword: Keyword, *, at: datetime) -> bool:
    """Act on a yes or no by mail to whose address this is. Returns False if that is asked no more.

    Idempotent. Does not commit.
    """
    waiting = queries.waiting_for_number(session, index, at)
    return bool(waiting) and _whose_number(session, waiting, keyword, at)


def _of_mail(session: Session, index: bytes, at: datetime, registration_id: UUID | None) -> Pairs:
    found = of_whom(session, index, at)
    return [pair for pair in found if registration_id in (None, pair[0].id)]


def _answer_about(
    session: Session, candidates: Pairs, asked: Sequence[rules.Asked], keyword: Keyword, at: datetime
) -> bool:
    chosen = rules.about(asked)
    if chosen is None:
        return False
    registration, visit = next(pair for pair in candidates if pair[0].id == chosen.id)
    return whether_they_come(session, registration, visit, keyword, at)


def of_whom(session: Session, index: bytes, at: datetime) -> list[tuple[Registration, VisitDay]]:
    """Return every registration that a word from this number can be about, the earliest visit first."""
    return _latest(queries.of_number(session, index, at))


def as_asked(session: Session, pairs: Sequence[tuple[Registration, VisitDay]]) -> list[rules.Asked]:
    """Return when each of these was asked whether it comes, in the same order."""
    asked_at = queries.asked_at(session, [registration.id for registration, _ in pairs])
    return [
        rules.Asked(registration.id, registration.state, asked_at.get(registration.id), visit.id)
        for registration, visit in pairs
    ]


def last_asked(session: Session, number: str, *, at: datetime) -> rules.Asked | None:
    """Return which registration of this number (E.164) was last asked whether it comes, or None."""
    candidates = of_whom(session, address_index(ChannelName.SMS, number), at)
    asked = [one for one in as_asked(session, candidates) if one.asked_at]
    return max(asked, key=lambda one: one.asked_at or at, default=None)


def call_off(session: Session, number: str, *, at: datetime) -> bool | None:
    """Act on "cancel" from this number (E.164): the family does not come.

    Returns None if no visit is ahead, and False if it is unclear which one it is about. The same word again
    within the hour is no news, and no wish for silence. Does not commit.
    """
    ahead = of_whom(session, address_index(ChannelName.SMS, number), at)
    return _call_off(session, ahead, at)


def call_off_mail(
    session: Session, index: bytes, *, at: datetime, registration_id: UUID | None
) -> bool | None:
    """As `call_off`, for "cancel" by mail from the address of this fingerprint (see `answer_mail`)."""
    return _call_off(session, _of_mail(session, index, at, registration_id), at)


def _call_off(session: Session, ahead: Pairs, at: datetime) -> bool | None:
    coming = [pair for pair in ahead if pair[0].state in COMING]
    if not coming:
        said = [registration.answered_at for registration, _ in ahead if registration.answered_at]
        return True if any(moment > at - JUST_NOW for moment in said) else None
    if len(coming) > 1:
        return False
    [(registration, visit)] = coming
    if not rules.may_be_written_to(registration):
        return _whose_number(session, coming, Keyword.NO, at)
    return whether_they_come(session, registration, visit, Keyword.NO, at)


def _latest(pairs: Sequence[tuple[Registration, VisitDay]]) -> list[tuple[Registration, VisitDay]]:
    """Leave out a registration that is over when the same family has registered for that visit again."""
    coming = [(registration, visit.id) for registration, visit in pairs if registration.state in COMING]
    return [
        (registration, visit)
        for registration, visit in pairs
        if registration.state in COMING
        or not any(
            there == visit.id and rules.is_the_same_family(registration, other) for other, there in coming
        )
    ]


def record(
    session: Session, visit_id: UUID, registration_id: UUID, wanted: RegistrationState, *, at: datetime
) -> Registration:
    """Record what a family told a person by telephone or mail: `wanted` is confirmed or cancelled.

    Reminders follow the answer; no thank-you text goes out. Idempotent. Does not commit. Raises NotFound, and
    Conflict for a visit that is over, cancelled or full, or a registration that the owner of the number
    refused.
    """
    visit = queries.locked_visit(session, visit_id)
    registration = queries.registration(session, visit_id, registration_id)
    session.refresh(registration)
    recorded(session, registration, visit, wanted, at)
    return registration


def read_in_a_reply(
    session: Session,
    registration_id: UUID,
    wanted: RegistrationState,
    *,
    children: int | None = None,
    at: datetime,
) -> None:
    """Record what a person read in a text that no rule understood, and confirm it by text in the window.

    `children`: with how many of them the family comes; None leaves that as it is. Does not commit. Raises as
    `record`.
    """
    pair = queries.with_visit(session, [registration_id]).get(registration_id)
    if pair is None:
        raise NotFound("There is no such registration.")
    registration = record(session, pair[1].id, registration_id, wanted, at=at)
    visit = queries.visit_day(session, pair[1].id)
    if not rules.still_to_come(visit, at):
        raise Conflict("This visit day was cancelled, has begun or is over.", rules.VISIT_PAST)
    if children is not None:
        registration.child_age_bands = rules.ages_of(registration.child_age_bands, children)
    keyword = Keyword.YES if wanted is RegistrationState.CONFIRMED else Keyword.NO
    _thank(session, registration, visit, keyword, at, windowed=True)


def recorded(
    session: Session, registration: Registration, visit: VisitDay, wanted: RegistrationState, at: datetime
) -> None:
    """As `record`, for a registration that was read after its visit was locked."""
    if registration.state is not wanted:
        _can_be_recorded(session, registration, visit, at)
        _answered(session, registration, visit, wanted, at)


def _can_be_recorded(session: Session, registration: Registration, visit: VisitDay, at: datetime) -> None:
    if not rules.still_to_come(visit, at):
        raise Conflict(
            "This visit day was cancelled, has begun or is over, so no answer can be recorded.",
            rules.VISIT_PAST,
        )
    if registration.state is RegistrationState.REFUSED:
        raise Conflict("The owner of this number said that the registration is not theirs.", "number-refused")
    if registration.state is RegistrationState.CANCELLED and not _can_come_back(session, registration, visit):
        raise Conflict("Their place was given to another family; this visit day is full.", "visit-full")


def _answered(
    session: Session, registration: Registration, visit: VisitDay, wanted: RegistrationState, at: datetime
) -> None:
    if wanted is RegistrationState.CANCELLED:
        void_plan(session, registration, "not-coming", at)
        no_escort(session, registration, "not-coming", at)
    elif registration.state is RegistrationState.CANCELLED:
        revive_plan(session, visit, registration, at)
    registration.state, registration.answered_at = wanted, at
    ask_for_escort(session, registration, at)


def _whose_number(session: Session, waiting: Waiting, keyword: Keyword, at: datetime) -> bool:
    queries.lock_visits(session, {visit.id for _, visit in waiting})
    if keyword is Keyword.YES:
        return confirm_waiting(session, waiting, at)
    if rules.several_names([registration for registration, _ in waiting]):
        return False
    refused = [
        registration for registration, visit in waiting if waits_for_owner(session, registration, visit)
    ]
    for registration in refused:
        registration.state, registration.answered_at = RegistrationState.REFUSED, at
        void_plan(session, registration, "number-refused", at)
        call_owner(session, registration, reason="not-theirs", at=at)
    return bool(refused)


def whether_they_come(
    session: Session, registration: Registration, visit: VisitDay, keyword: Keyword, at: datetime
) -> bool:
    """Act on a yes or no of this family. Returns False where that cannot be done any more."""
    if not _still_stands(session, registration, visit):
        return False
    wanted = RegistrationState.CONFIRMED if keyword is Keyword.YES else RegistrationState.CANCELLED
    if registration.state is wanted:
        return True
    if registration.state is RegistrationState.CANCELLED and not _can_come_back(session, registration, visit):
        return False
    _answered(session, registration, visit, wanted, at)
    _thank(session, registration, visit, keyword, at)
    return True


def _still_stands(session: Session, registration: Registration, visit: VisitDay) -> bool:
    """Lock the visit, reload the registration, and say whether the same version still takes place."""
    version = visit.version
    queries.locked_visit(session, visit.id)
    session.refresh(registration)
    return visit.state is VisitState.OPEN and visit.version == version


def _can_come_back(session: Session, registration: Registration, visit: VisitDay) -> bool:
    families = queries.coming(session, visit.id)
    taken = any(rules.is_the_same_family(family, registration) for family in families)
    return not taken and rules.has_room(visit.capacity, len(families))


def _thank(
    session: Session,
    registration: Registration,
    visit: VisitDay,
    keyword: Keyword,
    at: datetime,
    *,
    windowed: bool = False,
) -> None:
    yes = keyword is Keyword.YES
    purpose = Purpose.ANSWER_YES if yes else Purpose.ANSWER_NO
    key = f"visit:{registration.id}:{visit.version}:{purpose}:{at.isoformat()}"
    want_text(session, visit, registration, purpose, key, at, windowed=windowed)
