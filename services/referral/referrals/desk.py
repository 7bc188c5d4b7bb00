"""What the desk can do about a referral that waits for a person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from services.referral.desk import desk
from services.referral.directory.queries import services_by_id
from services.referral.matching.explaining import explain
from services.referral.referrals import commands, placing, queries
from services.referral.referrals.tables import Referral
from shared.desk import asker
from shared.desk.actions import SETTLED_BY_TELEPHONE, Act, Choice, Fact, View, note_only
from shared.desk.items import WorkItem
from shared.errors import FieldError, Invalid
from shared.vocabulary import need_name

CONFIRM, CHOOSE, SEEN = "confirm", "choose", "seen"
SERVICE = "serviceId"


def confirm(session: Session, item: WorkItem, params: Mapping[str, str], *, at: datetime, by: str) -> None:
    """Offer to the first candidate, matched anew: the world may have changed since the item was opened."""
    referral = queries.locked_referral(session, item.subject_id)
    if referral is None:
        return
    found = placing.find(session, referral, at=at)
    if not found.candidates:
        raise Invalid([FieldError("/action", "action", "no-candidate", "There is nobody left to ask.")])
    commands.choose(session, referral.id, found.candidates[0].service.id, at=at)


def choose(session: Session, item: WorkItem, params: Mapping[str, str], *, at: datetime, by: str) -> None:
    service_id = _service_id(params[SERVICE])
    row = services_by_id(session, [service_id]).get(service_id)
    if row is None or row[0].email is None or not row[0].active:
        raise Invalid(
            [FieldError(f"/{SERVICE}", SERVICE, "unknown-service", "Choose a service that takes referrals.")]
        )
    commands.choose(session, item.subject_id, service_id, at=at)


def settle(session: Session, item: WorkItem, params: Mapping[str, str], *, at: datetime, by: str) -> None:
    commands.settle_by_telephone(session, item.subject_id, at=at)


def after_consent(act: Act) -> Act:
    """The desk asked, and the asker said yes: kept, together with what follows from it."""

    def asked(session: Session, item: WorkItem, params: Mapping[str, str], *, at: datetime, by: str) -> None:
        commands.agree(session, item.subject_id, at=at)
        act(session, item, params, at=at, by=by)

    return asked


def describe(session: Session, item: WorkItem, language: str) -> View:
    """What was asked, who fits and why, and whom to call."""
    referral = session.get(Referral, item.subject_id)
    if referral is None:
        return View()
    told = explain(referral.explanation, language)
    candidates = [
        Choice(one["serviceId"], f"{one['organisation']} ({one['score']:.0f})", one["sentences"])
        for one in told["candidates"]
    ]
    near = [Choice(one["serviceId"], one["organisation"], one["sentences"]) for one in told["nearMisses"]]
    return View(
        _facts(referral, language),
        {CHOOSE: [*candidates, *near]},
        asker.asked_of_intake(referral.request_id, language),
    )


def _facts(referral: Referral, language: str) -> list[Fact]:
    profile = referral.profile
    return [
        Fact("needs", ", ".join(need_name(code, language) for code in profile["needs"])),
        Fact("audience", profile["audience"]),
        Fact("place", f"{profile['postcode']} ({profile['country']})"),
        Fact("language", profile["language"]),
        Fact("share", profile["share"]),
        Fact("urgency", referral.urgency.value),
        Fact("state", referral.status.value),
    ]


def _service_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Invalid(
            [FieldError(f"/{SERVICE}", SERVICE, "not-an-id", "Choose one of the services on the page.")]
        ) from None


for kind in (placing.CONFIRM, placing.UNPLACED, placing.UNDELIVERABLE):
    desk.register(
        kind,
        actions={CONFIRM: confirm, CHOOSE: choose, SETTLED_BY_TELEPHONE: settle},
        describe=describe,
        parameter={CHOOSE: SERVICE},
    )
desk.register(
    placing.CONSENT,
    actions={
        CONFIRM: after_consent(confirm),
        CHOOSE: after_consent(choose),
        SETTLED_BY_TELEPHONE: settle,
    },
    describe=describe,
    parameter={CHOOSE: SERVICE},
)
desk.register(
    placing.SENIOR,
    actions={SEEN: note_only, CHOOSE: choose, SETTLED_BY_TELEPHONE: settle},
    describe=describe,
    parameter={CHOOSE: SERVICE},
)
