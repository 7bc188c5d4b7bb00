"""Questions for tests, as a partner's form and the steps on the site take them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from fastapi.testclient import TestClient

NL = {"Accept-Language": "nl-BE,nl;q=0.9,fr;q=0.5"}
CHECK, LONGEST = "/ask/check", 25


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


def shown_token(page: str) -> str:
    """Return the token of the form that goes on; that of a form to begin anew stands before it."""
    found = re.search(r'id="ask".*?name="form" value="([^"]+)"', page, re.DOTALL)
    assert found, page
    return found.group(1)


def fields(**changes: Any) -> dict[str, Any]:
    """Return what somebody in Ghent fills in, in all steps together."""
    sent: dict[str, Any] = {
        "secret": "no",
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
    return {"who": sent["audience"]} | sent


def step(client: Any, path: str, sent: Mapping[str, Any], **how: Any) -> Any:
    """Open a step, fill in what it asks, and send it; return what the site answers."""
    page = client.get(path, headers=NL, **how)
    return client.post(path, data={**sent, "form": shown_token(page.text)}, headers=NL, **how)


def walk(client: Any, sent: Mapping[str, Any], path: str = "/ask") -> Any:
    """Go from a step to the last look; return that page, or the page that shows what to correct."""
    for _ in range(LONGEST):
        answer = step(client, path, sent)
        if answer.status_code != 303:
            return answer
        path = answer.headers["location"]
        if path.partition("?")[0] == CHECK:
            return client.get(path, headers=NL)
    raise AssertionError(f"the steps never end: {path}")


def send(client: Any, sent: Mapping[str, Any]) -> Any:
    """Ask in a browser that asked nothing before; return the receipt, or what is to be corrected."""
    client.cookies.clear()
    page = walk(client, sent)
    return press(client, page, sent) if page.status_code == 200 else page


def press(client: Any, page: Any, sent: Mapping[str, Any]) -> Any:
    """Send what the last look shows."""
    return client.post(CHECK, data={**sent, "form": shown_token(page.text)}, headers=NL)


def from_place(client: TestClient, host: str = "203.0.113.7") -> TestClient:
    """Return a client of the same application whose requests come from this address."""
    return TestClient(
        client.app, client=(host, 50_000), raise_server_exceptions=False, follow_redirects=False
    )
