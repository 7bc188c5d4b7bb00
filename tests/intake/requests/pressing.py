"""Somebody at the desk who presses a button for a whole group."""

from __future__ import annotations

import re
from typing import Any

from fastapi.testclient import TestClient

from shared.desk.items import Group


def press(desk: TestClient, group: Group, action: str, **changed: str) -> Any:
    """Return the page that they then see."""
    page = desk.get(f"/desk/groups/intake/{group.key}", headers={"Accept-Language": "en"}).text
    token, until = (re.findall(rf'name="{name}" value="([^"]+)"', page)[-1] for name in ("form", "until"))
    sent = {"form": token, "until": until, "action": action} | changed
    answer = desk.post(f"/desk/groups/intake/{group.key}", data=sent, headers={"Accept-Language": "en"})
    if not answer.is_redirect:
        return answer
    return desk.get(answer.headers["location"], headers={"Accept-Language": "en"})
