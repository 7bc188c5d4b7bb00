"""Details that services answer each other with, made for tests.

`changes` are named after the members of the detail.
"""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any, TypeVar
from uuid import UUID, uuid4

from shared.events.details import (
    Asker,
    ContactPoint,
    Detail,
    OfferDetail,
    ReferralDetail,
    Requester,
    RequestFacts,
    SafeTime,
)
from shared.vocabulary import Audience, ContactChannel, HelpFor, Share, Urgency

D = TypeVar("D", bound=Detail)


def changed(detail: D, changes: dict[str, Any]) -> D:
    unknown = changes.keys() - type(detail).model_fields.keys()
    assert not unknown, f"{type(detail).__name__} has no {', '.join(sorted(unknown))}"
    return type(detail).model_validate(dict(detail) | changes)


def request_facts(**changes: Any) -> RequestFacts:
    """Return the facts of an advice request by a carer in Tilburg."""
    known = RequestFacts(
        id=uuid4(),
        reference="WZ-2345-6789",
        state="received",
        withdrawn=False,
        audience=Audience.CARER,
        help_for=(HelpFor.CARER,),
        needs=("bezoek",),
        country="NL",
        postcode="5038",
        language="nl",
        share=Share.YES,
        may_contact=True,
        received_at=datetime(2026, 12, 1, 9, tzinfo=UTC),
    )
    return changed(known, changes)


def contact_point(request_id: UUID, **changes: Any) -> ContactPoint:
    """Return Anna, who is written to by SMS."""
    known = ContactPoint(
        id=request_id,
        reference="WZ-ABCD-1234",
        name="Anna",
        channel=ContactChannel.SMS,
        phone="+31612345678",
        email="anna@example.org",
        language="nl",
        country="NL",
        safe_times=(),
        voicemail=False,
        discreet=True,
        minors_own_phone=False,
        share=Share.YES,
        withdrawn=False,
        by_public_form=False,
        status_url="http://intake.test/status",
    )
    return changed(known, changes)


def asker(request_id: UUID, **changes: Any) -> Asker:
    """Return Noor, who wants to be telephoned on two evenings, with her question."""
    known = Asker(
        id=request_id,
        reference="WZ-2345-6789",
        name="Noor de Wit",
        channel=ContactChannel.PHONE,
        phone="+31612345678",
        email=None,
        language="nl",
        country="NL",
        safe_times=(SafeTime(days=("mon", "wed"), from_=time(17), to=time(20)),),
        voicemail=False,
        discreet=True,
        minors_own_phone=False,
        share=Share.YES,
        withdrawn=False,
        question="Hij is bang voor de poort.\nWat kan ik doen?",
        requester=Requester(organisation="De Springplank", name="Juf Els"),
    )
    return changed(known, changes)


def offer_detail(**changes: Any) -> OfferDetail:
    """Return an open offer to a partner that has an e-mail address."""
    known = OfferDetail(
        id=uuid4(),
        referral_id=uuid4(),
        request_id=uuid4(),
        state="open",
        organisation="Huis van Herstel",
        service="Gezinsbegeleiding",
        email="loket@huis.example",
        language="nl",
        country="NL",
        link="http://referral.test/r/token",
        answer_by=datetime(2026, 12, 4, 9, tzinfo=UTC),
        urgency=Urgency.NORMAL,
        sample=True,
        reference="WZ-7QK4-9M2X",
        offered_at=datetime(2026, 12, 1, 9, tzinfo=UTC),
    )
    return changed(known, changes)


def referral_detail(referral_id: UUID, **changes: Any) -> ReferralDetail:
    """Return a referral that a partner accepted."""
    known = ReferralDetail(
        id=referral_id,
        request_id=uuid4(),
        state="accepted",
        organisation="Exodus",
        service="Gezinsbegeleiding",
        website="exodus.example",
        unplaced_reason=None,
        helplines=(),
    )
    return changed(known, changes)
