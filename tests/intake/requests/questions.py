"""Questions for tests, as a partner's form would send them."""

from __future__ import annotations

from typing import Any


def question(**changes: Any) -> dict[str, Any]:
    """A carer in Tilburg asks about a visit; `contact` is merged into it, every other change replaces."""
    body: dict[str, Any] = {
        "audience": "carer",
        "needs": ["bezoek"],
        "country": "NL",
        "postcode": "5038 AB",
        "language": "nl",
        "consent": {"share": "yes", "store": True},
        "contact": {"channel": "sms", "phone": "06-12345678", "name": "Noor"},
    }
    contact = body["contact"] | changes.pop("contact", {})
    return body | changes | {"contact": contact}
