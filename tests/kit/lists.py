"""Going through a list of an API page by page, as another program does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi.testclient import TestClient
from httpx import URL


def page_by_page(client: TestClient, path: str, headers: Mapping[str, str], limit: int = 2) -> Iterator[Any]:
    """Yield every page, from the first to the last."""
    asked: dict[str, Any] = {"limit": limit}
    while True:
        answer = client.get(str(URL(path).copy_merge_params(asked)), headers=headers)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        yield page
        if page["next"] is None:
            return
        asked["cursor"] = page["next"]


def all_of(client: TestClient, path: str, headers: Mapping[str, str], limit: int = 2) -> list[Any]:
    """Return the items of all pages. Each page must give the total, and all but the last must be full."""
    pages = list(page_by_page(client, path, headers, limit))
    items = [item for page in pages for item in page["items"]]
    assert {page["total"] for page in pages} == {len(items)}
    assert all(len(page["items"]) == limit for page in pages[:-1])
    return items
