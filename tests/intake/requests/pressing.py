"""Somebody at the desk who presses a button for a whole group."""

from __future__ import annotations

import re
from typing import Any

from fastapi.testclient import TestClient

from shared.desk.items import Group


def press(desk: TestClient, group: Group, action: str, **changed: str) -> Any:
    page = desk.get(f"/desk/groups/{group.key}", headers={"Accept-Language": "en"}).text
    token, until = (re.findall(rf'name="{name}" value="([^"]+)"', page)[-1] for name in ("form", "until"))
    sent = {"form": token, "until": until, "action": action} | changed
    return desk.post(f"/desk/groups/{group.key}", data=sent, headers={"Accept-Language": "en"})
