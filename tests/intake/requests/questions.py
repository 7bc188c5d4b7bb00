"""Questions for tests, as a partner's form and the form on the site send them."""

from __future__ import annotations

import re
from typing import Any

from fastapi.testclient import TestClient

NL = {"Accept-Language": "nl-BE,nl;q=0.9,fr;q=0.5"}


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


def token(client: TestClient) -> str:
    return shown_token(client.get("/", headers=NL).text)


def shown_token(page: str) -> str:
    found = re.search(r'name="form" value="([^"]+)"', page)
    assert found
    return found.group(1)


def fields(client: TestClient, **changes: Any) -> dict[str, Any]:
    return filled(changes.pop("form", None) or token(client), **changes)


def filled(form: str, /, **changes: Any) -> dict[str, Any]:
    """Return the form as somebody in Ghent fills it in; `form` is its token."""
    return {
        "form": form,
        "audience": "carer",
        "needs": ["bezoek", "uitleg"],
        "country": "BE",
        "postcode": "9000",
        "language": "nl",
        "remote": "yes",
        "urgency": "normal",
        "channel": "sms",
        "name": "Noor",
        "phone": "0470 12 34 56",
        "email": "",
        "share": "yes",
        "store": "yes",
    } | changes


def send(client: TestClient, sent: dict[str, Any]) -> Any:
    return client.post("/", data=sent, headers=NL)


def from_place(client: TestClient, host: str = "203.0.113.7") -> TestClient:
    """Return a client of the same application whose requests come from this address."""
    return TestClient(
        client.app, client=(host, 50_000), raise_server_exceptions=False, follow_redirects=False
    )
