"""Questions for tests, as a partner's form and the steps on the site take them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from fastapi.testclient import TestClient

from services.intake.asking import commands, queries
from services.intake.asking.answers import Answers
from services.intake.asking.browser import COOKIE
from services.intake.asking.steps import BY_CODE
from shared.clock import FixedClock
from shared.web import forms

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


def walk(client: Any, sent: Mapping[str, Any], language: str = "") -> Any:
    """Begin, and go on until the last look; return that page, or the one that shows what to correct.

    Each step is sent all there is to fill in, and takes what it asks.
    """
    path, token = "/ask", ""
    how: Any = {"headers": NL, "params": {"lang": language} if language else None}
    for _ in range(LONGEST):
        begun = path != "/ask"
        token = token if begun and token else shown_token(client.get(path, **how).text)
        answer = client.post(path, data={**sent, "form": token}, **how)
        if answer.status_code != 303:
            return answer
        token = token if begun else ""
        path = answer.headers["location"].partition("?")[0]
        if path == CHECK:
            return client.get(path, **how)
    raise AssertionError(f"the steps never end: {path}")


def send(client: Any, sent: Mapping[str, Any], language: str = "") -> Any:
    """Ask in a browser that asked nothing before; return the receipt, or what is to be corrected."""
    forget(client)
    page = walk(client, sent, language)
    return press(client, page, sent, language) if page.status_code == 200 else page


def forget(client: Any) -> None:
    """Let the browser forget what was asked in it; whoever is signed in stays so."""
    for one in [one for one in client.cookies.jar if one.name == COOKIE]:
        client.cookies.jar.clear(one.domain, one.path, one.name)


def send_at_once(client: TestClient, sent: Mapping[str, Any]) -> Any:
    """Ask like `send`, where many ask: all steps were taken before, and only the last button is pressed."""
    app: Any = client.app
    runtime = app.state.runtime
    answers = Answers(**sent, done=list(BY_CODE))
    with runtime.sessions() as session:
        token = commands.begin(session, answers, at=runtime.clock.now())
        draft = queries.of_browser(session, token, at=runtime.clock.now())
        assert draft is not None
        form = forms.new_token("asking", str(draft.id))
    cookie = {"Cookie": f"{COOKIE}={token}"}
    return client.post(CHECK, data={"form": form, "store": sent["store"]}, headers=NL | cookie)


def kept_open(client: TestClient, sent: Mapping[str, Any], clock: FixedClock, hours: int) -> Any:
    """Begin to ask, answer something every hour, and only then go on; return the receipt."""
    walk(client, sent)
    for _ in range(hours):
        clock.advance(timedelta(hours=1))
        form = shown_token(client.get("/ask/words", headers=NL).text)
        client.post("/ask/words", data={**sent, "form": form}, headers=NL)
    return press(client, client.get(CHECK, headers=NL), sent)


def press(client: Any, page: Any, sent: Mapping[str, Any], language: str = "") -> Any:
    """Send what the last look shows."""
    shown = {"lang": language} if language else None
    filled = {"form": shown_token(page.text), "store": sent["store"]}
    return client.post(CHECK, data=filled, headers=NL, params=shown)


def from_place(client: TestClient, host: str = "203.0.113.7") -> TestClient:
    """Return a client of the same application whose requests come from this address."""
    return TestClient(
        client.app, client=(host, 50_000), raise_server_exceptions=False, follow_redirects=False
    )
