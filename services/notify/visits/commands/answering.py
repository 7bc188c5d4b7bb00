"""What JA and NEE do, whether a text or a person brings them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from services.notify.channels.port import ChannelName
from services.notify.contacts.answering import Said
from services.notify.contacts.queries import address_index
from services.notify.contacts.rules import Keyword
from services.notify.messages.rules import JUST_NOW
from services.notify.messages.tables import Purpose
from services.notify.visits import queries, queued, rules
from services.notify.visits.asked import Asked, Party, about, asked_of, is_unasked_no, party, pending
from services.notify.visits.commands import queueing
from services.notify.visits.commands.escorting import ask_for_escort, no_escort
from services.notify.visits.commands.planning import (
    call_owner,
    plan_again,
    void_plan,
    want_text,
)
from services.notify.visits.commands.proving import Waiting, confirm_waiting, waits_for_owner
from services.notify.visits.tables import (
    COMING,
    STANDING,
    Registration,
    RegistrationState,
    VisitDay,
    VisitState,
)
from shared.errors import Conflict, NotFound

Pairs = Sequence[tuple[Registration, VisitDay]]


def answer(
    session: Session,
    number: str,
    keyword: Keyword,
    *,
    at: datetime,
    heard: Said | None = None,
    unasked: bool = True,
) -> bool:
    """Act on a yes or no from this number (E.164). Returns False if it is unclear what it is about.

    A no needs no question: it cancels the only visit ahead; not where it answers something else (`unasked`
    is False). `heard`: what a yes says of who comes. Else it is unclear when we asked nothing, when we
    asked this number both whose it is and whether the family comes, and when two families of one number were
    asked. Idempotent: the same word again changes nothing and is thanked for once. Does not commit.
    """
    index = address_index(ChannelName.SMS, number)
    candidates = of_whom(session, index, at)
    waiting = queries.waiting_for_number(session, index, at)
    asked = as_asked(session, candidates, at)
    if waiting:
        return not pending(asked) and _whose_number(session, waiting, keyword, at)
    return _answer_about(session, candidates, asked, keyword, at, heard, unasked=unasked)


def answer_mail(
    session: Session,
    index: bytes,
    keyword: Keyword,
    *,
    at: datetime,
    registration_id: UUID | None,
    heard: Said | None = None,
) -> bool:
    """As `answer`, for a yes or no by mail from the address of this fingerprint.

    `registration_id`: the registration that the mail was about which is answered, if it was about one.
    """
    candidates = _of_mail(session, index, at, registration_id)
    asked = as_asked(session, candidates, at)
    unasked = registration_id is not None
    return _answer_about(session, candidates, asked, keyword, at, heard, unasked=unasked)


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
    session: Session,
    candidates: Pairs,
    asked: Sequence[Asked],
    keyword: Keyword,
    at: datetime,
    heard: Said | None,
    *,
    unasked: bool,
) -> bool:
    if keyword is Keyword.NO and is_unasked_no(asked):
        return unasked and bool(_call_off(session, candidates, at))
    chosen = about(asked)
    if chosen is None:
        return False
    registration, visit = next(pair for pair in candidates if pair[0].id == chosen.id)
    if heard is not None and heard.counts:
        return _with_whom(session, registration, visit, heard, at)
    return whether_they_come(session, registration, visit, keyword, at)


def _with_whom(
    session: Session, registration: Registration, visit: VisitDay, heard: Said, at: datetime
) -> bool:
    """Act on a yes that says who comes. Returns False where that is unclear, and nothing is recorded then."""
    coming, was = party(registration, heard), registration.state
    if coming is None or not whether_they_come(session, registration, visit, Keyword.YES, at):
        return False
    if registration.state not in COMING:
        return True
    before = Party(registration.adults, len(registration.child_age_bands))
    registration.adults = coming.adults
    if coming.children != before.children:
        registration.child_age_bands = rules.ages_of(registration.child_age_bands, coming.children)
    if was is RegistrationState.CONFIRMED and coming != before:
        # It had said yes already, and hears that this was heard too.
        _thank(session, registration, visit, Keyword.YES, at)
    return True


def of_whom(session: Session, index: bytes, at: datetime) -> list[tuple[Registration, VisitDay]]:
    """Return every registration that a word from this number can be about, the earliest visit first."""
    return _latest(queries.of_number(session, index, at))


def as_asked(session: Session, pairs: Sequence[tuple[Registration, VisitDay]], at: datetime) -> list[Asked]:
    """Return when each of these was last asked whether it comes, in the same order.

    By a reminder, by the offer of a place, or by the text that confirmed a no and named the way back.
    """
    asked_at = queries.asked_at(session, [registration.id for registration, _ in pairs])
    return [asked_of(registration, visit, asked_at.get(registration.id), at) for registration, visit in pairs]


def last_asked(session: Session, number: str, *, at: datetime) -> Asked | None:
    """Return which registration of this number (E.164) was last asked whether it comes, or None."""
    candidates = of_whom(session, address_index(ChannelName.SMS, number), at)
    asked = [one for one in as_asked(session, candidates, at) if one.asked_at]
    return max(asked, key=lambda one: one.asked_at or at, default=None)


def call_off(session: Session, number: str, *, at: datetime) -> bool | None:
    """Act on "cancel" from this number (E.164): the family does not come, or waits no more.

    Returns None if no visit is ahead, and False if it is unclear which one it is about. The same word again
    within the hour is no news, and no wish for silence; where another visit is ahead it may be about that
    one. Does not commit.
    """
    ahead = of_whom(session, address_index(ChannelName.SMS, number), at)
    return _call_off(session, ahead, at)


def call_off_mail(
    session: Session, index: bytes, *, at: datetime, registration_id: UUID | None
) -> bool | None:
    """As `call_off`, for "cancel" by mail from the address of this fingerprint (see `answer_mail`)."""
    return _call_off(session, _of_mail(session, index, at, registration_id), at)


def _call_off(session: Session, ahead: Pairs, at: datetime) -> bool | None:
    standing = [pair for pair in ahead if pair[0].state in STANDING]
    said = [one.answered_at for one, _ in ahead if one.state is RegistrationState.CANCELLED]
    just_now = any(moment and moment > at - JUST_NOW for moment in said)
    if not standing:
        return True if just_now else None
    if len(standing) > 1 or just_now:
        return False
    [(registration, visit)] = standing
    if not rules.may_be_written_to(registration):
        return _whose_number(session, standing, Keyword.NO, at)
    return whether_they_come(session, registration, visit, Keyword.NO, at)


def _latest(pairs: Sequence[tuple[Registration, VisitDay]]) -> list[tuple[Registration, VisitDay]]:
    """Leave out a registration that is over when the same family has registered for that visit again."""
    coming = [(registration, visit.id) for registration, visit in pairs if registration.state in STANDING]
    return [
        (registration, visit)
        for registration, visit in pairs
        if registration.state in STANDING
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
        _can_be_recorded(session, registration, visit, wanted, at)
        _answered(session, registration, visit, wanted, at)


def _can_be_recorded(
    session: Session,
    registration: Registration,
    visit: VisitDay,
    wanted: RegistrationState,
    at: datetime,
) -> None:
    if not rules.still_to_come(visit, at):
        raise Conflict(
            "This visit day was cancelled, has begun or is over, so no answer can be recorded.",
            rules.VISIT_PAST,
        )
    if registration.state is RegistrationState.REFUSED:
        raise Conflict("The owner of this number said that the registration is not theirs.", "number-refused")
    if registration.state is RegistrationState.CANCELLED and not _can_come_back(session, registration, visit):
        raise Conflict("Their place was given to another family; this visit day is full.", "visit-full")
    takes = registration.state is RegistrationState.WAITING and wanted is RegistrationState.CONFIRMED
    if takes and not queued.has_room(session, visit, but=registration.id):
        raise Conflict("No place has come free; this visit day is full.", "visit-full")


def _answered(
    session: Session, registration: Registration, visit: VisitDay, wanted: RegistrationState, at: datetime
) -> None:
    """Do what the family said. One that waits was told by a person: by text, `queueing.answer` does it."""
    if registration.state is RegistrationState.WAITING:
        if wanted is RegistrationState.CANCELLED:
            queueing.leave(session, visit, registration, at)
        else:
            queueing.take_place(session, visit, registration, at, told=True)
            ask_for_escort(session, registration, at)
        return
    if wanted is RegistrationState.CANCELLED:
        void_plan(session, registration, "not-coming", at)
        no_escort(session, registration, "not-coming", at)
    elif registration.state is RegistrationState.CANCELLED:
        plan_again(session, visit, registration, at)
    registration.state, registration.answered_at = wanted, at
    ask_for_escort(session, registration, at)
    if wanted is RegistrationState.CANCELLED:
        queueing.offer_places(session, visit, at)


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
        registration.offered_until = None
        void_plan(session, registration, "number-refused", at)
        call_owner(session, registration, reason="not-theirs", at=at)
    _places_came_free(session, waiting, refused, at)
    return bool(refused)


def _places_came_free(
    session: Session, pairs: Waiting, refused: Sequence[Registration], at: datetime
) -> None:
    for registration, visit in pairs:
        if registration in refused:
            queueing.offer_places(session, visit, at)


def whether_they_come(
    session: Session, registration: Registration, visit: VisitDay, keyword: Keyword, at: datetime
) -> bool:
    """Act on a yes or no of this family. Returns False where that cannot be done any more."""
    if not _still_stands(session, registration, visit):
        return False
    if registration.state is RegistrationState.WAITING:
        return queueing.answer(session, visit, registration, keyword, at)
    wanted = RegistrationState.CONFIRMED if keyword is Keyword.YES else RegistrationState.CANCELLED
    if registration.state is wanted:
        return True
    if registration.state is RegistrationState.CANCELLED and not _can_come_back(session, registration, visit):
        return _waits_again(session, registration, visit, at)
    _answered(session, registration, visit, wanted, at)
    _thank(session, registration, visit, keyword, at)
    return True


def _still_stands(session: Session, registration: Registration, visit: VisitDay) -> bool:
    """Lock the visit, reload the registration, and say whether the same version still takes place."""
    version = visit.version
    queries.locked_visit(session, visit.id)
    session.refresh(registration)
    return visit.state is VisitState.OPEN and visit.version == version


def _waits_again(session: Session, registration: Registration, visit: VisitDay, at: datetime) -> bool:
    """Let a family that was in the queue, and left it or its place, take the last turn in it again."""
    if registration.waiting_since is None or _stands(session, registration, visit):
        return False
    queueing.wait(session, visit, registration, at)
    return True


def _can_come_back(session: Session, registration: Registration, visit: VisitDay) -> bool:
    return not _stands(session, registration, visit) and queued.has_room(session, visit)


def _stands(session: Session, registration: Registration, visit: VisitDay) -> bool:
    """Whether this family has registered for the visit again."""
    families = [*queries.coming(session, visit.id), *queued.line(session, visit.id)]
    return any(rules.is_the_same_family(family, registration) for family in families)


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
