"""Every event type, with its producer and its subscribers."""

from __future__ import annotations

import json
from typing import Any

from shared.events import intake, notify, referral
from shared.events.envelope import Envelope
from shared.events.payloads import Payload

PAYLOADS: tuple[type[Payload], ...] = (
    intake.RequestReceived,
    intake.RequestUpdated,
    intake.RequestWithdrawn,
    intake.PersonErased,
    intake.CallTextWanted,
    intake.DeskItemWaits,
    referral.ReferralProposed,
    referral.ReferralConsented,
    referral.ReferralOffered,
    referral.ReferralNudged,
    referral.ReferralAccepted,
    referral.ReferralExpired,
    referral.ReferralRecalled,
    referral.ReferralLinkRenewed,
    referral.ReferralUnplaced,
    referral.ReferralClosed,
    notify.ContactProven,
    notify.ContactDenied,
    notify.MessageFailed,
)
CATALOGUE: dict[str, type[Payload]] = {payload.event_type(): payload for payload in PAYLOADS}


class UnknownEvent(ValueError):
    """The type or version is not in the catalogue of this version of the software."""


def parse(raw: str | bytes | dict[str, Any]) -> Envelope[Any]:
    """Read an event. Raises UnknownEvent, or ValueError if it does not have the form of its type."""
    data = raw if isinstance(raw, dict) else json.loads(raw)
    kind = CATALOGUE.get(str(data.get("type")))
    if kind is None:
        raise UnknownEvent(str(data.get("type")))
    return Envelope[kind].model_validate(data)  # type: ignore[valid-type]
