"""A question as others are told of it: without a person in it, with whom it came from, with their words."""

from __future__ import annotations

import json
from typing import Any

from services.intake.requests import rules
from services.intake.requests.commands import PUBLIC_FORM
from services.intake.requests.tables import AdviceRequest, State


def facts(request: AdviceRequest) -> dict[str, Any]:
    return {
        "id": str(request.id),
        "reference": request.reference,
        "state": request.state.value,
        "withdrawn": request.state in rules.FINAL,
        "hold": request.hold,
        "audience": request.audience.value,
        "helpFor": request.help_for,
        "needs": request.needs,
        "stage": request.stage.value if request.stage else None,
        "childAgeBands": request.child_age_bands,
        "country": request.country,
        "postcode": request.postcode,
        "language": request.language,
        "facility": request.facility,
        "share": request.share.value,
        "urgency": request.urgency.value,
        "remote": request.remote.value,
        "receivedAt": request.received_at.isoformat(),
    }


def asker(request: AdviceRequest) -> dict[str, Any]:
    """Whom it came from, and how they can safely be reached."""
    return {
        "id": str(request.id),
        "reference": request.reference,
        "name": request.name,
        "channel": request.channel.value,
        "phone": request.phone,
        "email": request.email,
        "language": request.language,
        "country": request.country,
        "safeTimes": request.safe_times,
        "voicemail": request.voicemail,
        "discreet": request.discreet,
        "minorsOwnPhone": request.minors_own_phone,
        "share": request.share.value,
        "withdrawn": request.state is State.WITHDRAWN,
    }


def contact(request: AdviceRequest, status_url: str) -> dict[str, Any]:
    """As `asker`, with what decides on messages to them."""
    return asker(request) | {
        # Anybody can type a stranger's number into the public form; a partner answers for what it sends.
        "byPublicForm": request.client == PUBLIC_FORM,
        "statusUrl": status_url,
    }


def words(request: AdviceRequest) -> dict[str, Any]:
    requester = json.loads(request.requester) if request.requester else None
    return {"question": request.question, "requester": requester}
