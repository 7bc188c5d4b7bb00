"""What whoever sent a question is told: its reference and code, whom to call, and what happens now."""

from __future__ import annotations

from typing import Any

from services.intake.guidance.rules import urgent_help
from services.intake.requests.tables import AdviceRequest, WaitsFor
from shared.vocabulary import Audience, ContactChannel, Share


def shown(row: AdviceRequest, code: str, *, number: str | None = None) -> dict[str, Any]:
    """Return what the receipt shows. `number`: the one that was understood, where it could be another."""
    help_now = urgent_help(row.country, row.audience, row.language) if row.hold else []
    return {
        "reference": row.reference,
        "return_code": code,
        "urgent": help_now,
        "next": what_happens_now(row),
        "sharing": None if row.share is Share.YES else f"sharing.{row.share}",
        "number": number,
    }


def is_to_a_child(row: AdviceRequest) -> bool:
    return row.audience is Audience.CHILD


def what_happens_now(row: AdviceRequest) -> list[str]:
    """Return the keys of the texts under `received` that are true of this advice request."""
    channel, share = row.channel, row.share
    proof = [f"prove-{channel}"] if row.waits_for is WaitsFor.PROOF else []
    if share is not Share.YES:
        return [*proof, f"next-{share}-none" if channel is ContactChannel.NONE else f"next-{share}"]
    if row.hold:
        return ["next-held"]
    return [*(proof or ["next-read"]), "next-then", f"told-{channel}"]
