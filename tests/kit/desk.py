"""The one desk, with the other services behind it as they are."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

from fastapi.testclient import TestClient

from services.intake.desk import asking
from shared.peers import Peer
from shared.runtime import Runtime
from tests.kit.peers import fake


def one_desk(
    runtime_for: Callable[[str], Runtime], client_for: Callable[[str], TestClient], *others: str
) -> TestClient:
    """Return intake's client, whose desk asks the real other services (or those that are named)."""
    # On a busy machine a test waits for as long as it takes.
    asking.PATIENCE = 600.0
    intake = runtime_for("intake")
    for name in others or ("referral", "notify"):
        fake(intake, name).desk = Peer("intake", name, client_for(name))
    return client_for("intake")


def token_in(page: str) -> str:
    """Return the token of the page's forms."""
    found = re.search(r'name="form" value="([^"]+)"', page)
    assert found, page
    return found.group(1)


def press(client: TestClient, path: str, page: str = "", **fields: Any) -> Any:
    """Send a form of a page of the desk, by default of the list."""
    page = page or client.get("/desk").text
    sent = {"form": token_in(page)} | fields
    return client.post(path, data=sent, headers={"Accept-Language": "en"})


def paths_in(page: str) -> list[str]:
    """Return the addresses of the items on a page, in order."""
    return [unescape(one) for one in re.findall(r'href="(/desk/items/[^"?]+)', page)]


def shown(client: TestClient, path: str, why: str = "call", language: str = "en") -> str:
    """Return an item's page after pressing on Show, if there is such a button."""
    headers = {"Accept-Language": language}
    page = client.get(path, headers=headers).text
    if f"{path}/show" not in page:
        return str(page)
    answer = press(client, f"{path}/show", page, why=why)
    assert answer.status_code == 303, answer.text
    return str(client.get(answer.headers["location"], headers=headers).text)
