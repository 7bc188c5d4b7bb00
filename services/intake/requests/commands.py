"""What can be done with an advice request.

Each command is one transaction and commits at its end, except those for news of other services and for the
desk, which do not commit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from services.intake.requests import figures, queries, rules, suspicion
from services.intake.requests.arrivals import Arrival as Arrival
from services.intake.requests.arrivals import Receipt as Receipt
from services.intake.requests.arrivals import SentForm as SentForm
from services.intake.requests.arrivals import Submission as Submission
from services.intake.requests.references import return_code, return_codes
from services.intake.requests.tables import PUBLIC_FORM, AdviceRequest, ClosedAs, Doubt, State
from shared import audit, ceilings
from shared.crypto import blind_index, equal, hash_secret, issued
from shared.database.at_once import InsertAtOnce
from shared.desk.items import DANGER_NOW, open_item, resolve_all, whose
from shared.errors import Conflict, NotFound
from shared.events.intake import RequestChange, RequestReceived, RequestUpdated, RequestWithdrawn
from shared.ids import new_id
from shared.messaging import Announcement, announce, announce_all
from shared.security import idempotency
from shared.vocabulary import ContactChannel, Share
from shared.web.origin import UNKNOWN

HOLD = "safeguarding-hold"
UNPROVEN = "unproven-request"
HOUR, WRONG_CODES_PER_ORIGIN = 3_600, 20
# Into the table itself: the rows are not needed as objects, and the unit of work would take as long again.
insert_requests = InsertAtOnce(AdviceRequest.__table__)  # type: ignore[attr-defined]


def submit(session: Session, examined: rules.Examined, sent: SentForm, *, at: datetime) -> Receipt:
    """Take in an advice request from the public form, whoever sends it and however often.

    A second press of the button is the same advice request; other content from the same page is another one.
    """
    first = Submission(PUBLIC_FORM, sent.token, page_language=sent.language)
    corrected = replace(first, idempotency_key=f"{sent.token}:{rules.fingerprint(examined.body).hex()[:32]}")
    try:
        return _submit_form(session, Arrival(examined, first, at), sent)
    except Conflict:
        session.rollback()
        return _submit_form(session, Arrival(examined, corrected, at), sent, twice=True)


def _submit_form(session: Session, arrival: Arrival, sent: SentForm, *, twice: bool = False) -> Receipt:
    known = _known(session, arrival)
    if known is not None:
        return known
    body, held = arrival.examined.body, rules.is_held(arrival.examined.body)
    counts = suspicion.count(session, sent.origin, _written_to(arrival), arrival.at, held=held)
    if held:
        waits = rules.standing(body, None, at=arrival.at)
        crowd = suspicion.crowd_of_held(counts)
    else:
        why = suspicion.doubt_about(counts, made_at=sent.made_at, twice=twice, at=arrival.at)
        waits = rules.standing(body, why, at=arrival.at)
        crowd = waits.doubt
    group = suspicion.together_with(crowd, sent.origin) if crowd else None
    return submit_all(session, [replace(arrival, waits=waits, group=group)])[0]


def _written_to(arrival: Arrival) -> str | None:
    by_mail = arrival.examined.body.contact.channel is ContactChannel.EMAIL
    return arrival.examined.reach.email if by_mail else None


def submit_all(session: Session, arrivals: Sequence[Arrival]) -> list[Receipt]:
    """Take in complete advice requests in one transaction; when this returns they are on disk.

    The same key and body again, even at the same moment, returns the same receipt; another body under the
    same key raises Conflict. That holds for a single arrival: among several, a key that is known already
    raises IntegrityError and nothing is stored, and the caller can try them one by one.
    """
    # Until keys are sealed, both versions write them alike, and the table's constraint knows them all.
    some_unsealed = idempotency.is_sealing() and queries.some_unsealed(session)
    if some_unsealed and (found := _as_the_version_before_kept(session, arrivals)):
        return found
    codes = {id: return_code(id) for id in (new_id() for _ in arrivals)}
    rows = [_row(*new) for new in zip(arrivals, codes.items(), strict=True)]
    try:
        # In one order everywhere, so that no two transactions wait for each other's keys.
        insert_requests(session, sorted(rows, key=_insert_order))
        _tell(session, arrivals, rows)
        session.commit()
    except IntegrityError:
        session.rollback()
        known = _known(session, arrivals[0]) if len(arrivals) == 1 else None
        if known is None:
            raise
        return [known]
    for row in rows:
        figures.count(by_form=row["client"] == PUBLIC_FORM, held=row["hold"])
    return [
        Receipt(row["id"], row["reference"], row["state"], codes[row["id"]], row["waits_for"]) for row in rows
    ]


def withdraw(session: Session, request_id: UUID, *, at: datetime, who: str = "") -> AdviceRequest:
    """Withdraw the advice request for its asker. Idempotent. Raises NotFound or AlreadyOver.

    `who` decided on it, for the audit, where it was not the asker.
    """
    request = _locked(session, request_id)
    if rules.withdraw(request, at=at):
        resolve_all(session, request.id, "withdrawn", at=at)
        announce(session, RequestWithdrawn(request_id=request.id), at=at)
        if who:
            audit.record(session, who, "advice-request.withdraw", f"advice-request:{request.id}", at=at)
    session.commit()
    return request


def give_consent(session: Session, request_id: UUID, *, at: datetime) -> AdviceRequest:
    """Let a partner be told, as the asker now says who wanted to be asked first. Idempotent.

    Raises NotFound, AlreadyOver or NotAsked.
    """
    request = _locked(session, request_id)
    if rules.give_consent(request):
        change = RequestUpdated(request_id=request.id, change=RequestChange.CONSENT_GIVEN)
        announce(session, change, at=at)
    session.commit()
    return request


def consent_in_writing(session: Session, request_id: UUID, written_on: date, *, at: datetime) -> None:
    """Let a partner be told, as the asker wrote that day of themselves. Idempotent. Does not commit.

    Raises NotFound or AlreadyOver.
    """
    request = _locked(session, request_id)
    if rules.give_consent(request, of_themselves=True):
        given = RequestChange.CONSENT_GIVEN
        change = RequestUpdated(request_id=request.id, change=given, written_on=written_on)
        announce(session, change, at=at)


def lift_hold(session: Session, request_id: UUID, *, at: datetime) -> None:
    """Let the advice request be referred, as a person decided. Idempotent. Does not commit.

    Raises NotFound or AlreadyOver.
    """
    request = _locked(session, request_id)
    if rules.lift_hold(request, at=at):
        _say_changed(session, request, RequestChange.HOLD_LIFTED, at)


def confirm(session: Session, request_id: UUID, *, at: datetime) -> None:
    """Let an unproven advice request be referred, as a person decided. Idempotent. Does not commit.

    Raises NotFound or AlreadyOver.
    """
    request = _locked(session, request_id)
    if rules.confirm(request, at=at):
        _say_changed(session, request, RequestChange.CONFIRMED, at)


def prove(session: Session, request_id: UUID, *, at: datetime) -> None:
    """Let an advice request be referred whose asker answered. Idempotent. Does not commit."""
    request = queries.locked(session, request_id)
    if request is not None and rules.prove(request, at=at):
        resolve_all(session, request.id, RequestChange.PROVEN, at=at, kinds=[UNPROVEN])
        _say_changed(session, request, RequestChange.PROVEN, at)


def prove_by_link(session: Session, request_id: UUID, *, at: datetime) -> bool:
    """Like `prove`, for whoever opened the link in the mail. Returns False where it is over. Commits."""
    request = queries.locked(session, request_id)
    works = request is not None and request.state not in rules.FINAL and rules.link_works(request, at=at)
    if works:
        prove(session, request_id, at=at)
    session.commit()
    return works


def deny(session: Session, request_id: UUID, why: Doubt = Doubt.DENIED, *, at: datetime) -> None:
    """Leave an advice request to a person: its contact counts as unproven. Idempotent. Does not commit."""
    _leave_to_a_person(session, request_id, why, at)


def doubt(session: Session, request_id: UUID, *, at: datetime) -> None:
    """Leave an advice request to a person that nobody has proven in time. Idempotent. Commits."""
    _leave_to_a_person(session, request_id, Doubt.NOT_PROVEN, at)
    session.commit()


def close(session: Session, request_id: UUID, why: ClosedAs | None = None, *, at: datetime) -> None:
    """Close an advice request whose asker was helped by the desk itself, or that needs no help.

    Idempotent. Does not commit. Raises NotFound.
    """
    request = _locked(session, request_id)
    if rules.close(request, why, at=at):
        announce(session, RequestWithdrawn(request_id=request.id), at=at)


def _say_changed(session: Session, request: AdviceRequest, change: RequestChange, at: datetime) -> None:
    announce(session, RequestUpdated(request_id=request.id, change=change), at=at)


def _leave_to_a_person(session: Session, request_id: UUID, why: Doubt, at: datetime) -> None:
    request = queries.locked(session, request_id)
    if request is not None and rules.doubt(request, why, at=at):
        _ask_a_person(session, request.id, request.reference, why, str(why), _whose(vars(request)), at)


def _ask_a_person(
    session: Session,
    request_id: UUID,
    reference: str,
    why: Doubt,
    group: str,
    about: Mapping[str, str],
    at: datetime,
) -> None:
    open_item(
        session,
        kind=UNPROVEN,
        reason=why,
        subject_id=request_id,
        details={"reference": reference} | dict(about),
        dedupe_key=f"{UNPROVEN}:{request_id}",
        group=f"{UNPROVEN}.{group}",
        at=at,
    )


@dataclass(frozen=True)
class News:
    """What became of an advice request in the referral service, and when."""

    request_id: UUID
    state: State
    referral_id: UUID
    at: datetime


def hear_all(session: Session, news: Sequence[News]) -> None:
    """Follow news of referrals, in the order in which it came. Does not commit.

    An advice request on hold stays as it is, whatever the news.
    """
    requests = queries.locked_for_news(session, {one.request_id for one in news})
    for one in news:
        request = requests.get(one.request_id)
        if request is not None and not request.hold:
            rules.hear(request, one.state, one.referral_id, at=one.at)


def seal_keys(session: Session, limit: int) -> None:
    """Seal some idempotency keys that the version before kept as they were sent. Does not commit.

    Seals none while that version may run: it would take a request that is sent again for a new one.
    """
    for request in queries.unsealed(session, limit) if idempotency.is_sealing() else ():
        request.idempotency_key = idempotency.sealed(request.client, request.idempotency_key or "")


def agree(session: Session, request_id: UUID) -> None:
    """Note that the asker told a person that a partner may be informed. Idempotent. Does not commit."""
    request = queries.locked(session, request_id)
    if request is not None:
        request.share = Share.YES


def find_with_code(
    session: Session, reference: str, code: str, *, origin: str, at: datetime
) -> AdviceRequest:
    """Return the advice request with this reference and return code.

    A right code always passes, whatever was tried before and by whom. Raises NotFound, alike for an unknown
    reference and for a wrong code; after many wrong ones from one origin in an hour TooMany. No reference has
    a ceiling of its own, by which a stranger could shut its owner out: a code is one of 27^16 (76 bits), and
    at a thousand guesses a second, from however many origins, finding one takes a million million years.
    """
    request = queries.by_reference(session, reference)
    stored = request.return_code_hash if request else bytes(32)
    right = equal(stored, hash_secret(code))
    if request is not None and right:
        return request
    _count_wrong_code(session, origin, at=at)
    raise NotFound("There is no advice request with this reference and code.")


def _count_wrong_code(session: Session, origin: str, *, at: datetime) -> None:
    """Count a wrong code for this origin; an unknown origin is nobody's. Commits. Raises TooMany."""
    if origin != UNKNOWN:
        bucket = f"return-code-origin:{blind_index('origin', origin).hex()}"
        ceilings.count(session, bucket, HOUR, WRONG_CODES_PER_ORIGIN, at)
        session.commit()


def _row(arrival: Arrival, new: tuple[UUID, str]) -> dict[str, Any]:
    (id, code), by, at = new, arrival.by, arrival.at
    kept = rules.kept(
        arrival.examined,
        id=id,
        code=code,
        client=by.client,
        idempotency_key=_kept(by),
        at=at,
        waits=arrival.waits,
    )
    return kept | {"organisation": by.organisation, "page_language": by.page_language}


def _kept(by: Submission) -> str | None:
    return None if by.idempotency_key is None else idempotency.kept(by.client, by.idempotency_key)


def _as_the_version_before_kept(session: Session, arrivals: Sequence[Arrival]) -> list[Receipt]:
    """Return the receipt of a single arrival whose key the version before kept as it was sent, or nothing.

    No constraint of the table knows such a key. Raises IntegrityError for one among several.
    """
    found = [known for known in (_known(session, one) for one in arrivals) if known]
    if found and len(arrivals) > 1:
        raise IntegrityError("a key that is known already", {}, KeyError())
    return found


def _insert_order(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["client"], row["idempotency_key"] or ""


def _known(session: Session, arrival: Arrival) -> Receipt | None:
    if arrival.by.idempotency_key is None:
        return None
    request = queries.by_idempotency_key(session, arrival.by.client, arrival.by.idempotency_key)
    if request is None:
        return None
    if not equal(request.fingerprint, rules.fingerprint(arrival.examined.body)):
        raise Conflict(
            "This Idempotency-Key was used for another advice request. Send a new key with a new one.",
            slug="idempotency-key-reused",
        )
    code = issued(return_codes(request.id), request.return_code_hash)
    if code is None:
        raise Conflict(
            "This advice request was taken in before, and its return code cannot be given again.",
            slug="idempotency-key-reused",
        )
    return Receipt(request.id, request.reference, request.state, code, request.waits_for)


def _tell(session: Session, arrivals: Sequence[Arrival], rows: Sequence[dict[str, Any]]) -> None:
    for one, row in zip(arrivals, rows, strict=True):
        if row["doubt"]:
            group = one.group or str(row["doubt"])
            whom = row["id"], row["reference"], row["doubt"], group, _whose(row)
            _ask_a_person(session, *whom, row["received_at"])
        if row["hold"]:
            reason = DANGER_NOW if row["danger"] else "about-safety"
            open_item(
                session,
                kind=HOLD,
                reason=reason,
                subject_id=row["id"],
                details={"reference": row["reference"]} | _whose(row),
                dedupe_key=f"{HOLD}:{row['id']}",
                group=f"{HOLD}.{reason}.{one.group}" if one.group else None,
                at=row["received_at"],
            )
    announce_all(
        session,
        [
            Announcement(RequestReceived(request_id=row["id"]), at=one.at, correlation_id=one.correlation_id)
            for one, row in zip(arrivals, rows, strict=True)
        ],
    )


def _whose(request: Mapping[str, Any]) -> dict[str, str]:
    """Return what the desk's list says of whom an advice request is about."""
    return whose(
        audience=request["audience"],
        ages=request["child_age_bands"],
        language=request["language"],
        urgency=request["urgency"],
    )


def _locked(session: Session, request_id: UUID) -> AdviceRequest:
    request = queries.locked(session, request_id)
    if request is None:
        raise NotFound("There is no such advice request.")
    return request
