"""A child as it goes through the pages, with a browser of its own."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from uuid import UUID

from fastapi.testclient import TestClient

DOOR, HERE, MORE, WIPE, BYE = "/hallo", "/hallo/hier", "/hallo/meer", "/hallo/wissen", "/hallo/dag"
QUESTION = "Mijn papa is er niet. Komt dat door mij?"


def field(page: str, name: str) -> str:
    """Return what stands in a hidden field of a page."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, page
    return unescape(found[1])


class Child:
    def __init__(self, client: TestClient, language: str = "nl") -> None:
        # No two children share a browser, and no redirect is followed unseen.
        self.browser = TestClient(client.app, follow_redirects=False, raise_server_exceptions=False)
        self.browser.headers["Accept-Language"] = language
        self.words = ""

    def door(self) -> str:
        return str(self.browser.get(DOOR).text)

    def sends(self, text: str = QUESTION, page: str = "", **more: str) -> Any:
        """Fill in the door and send it; the five words are those of the answer."""
        page = page or self.door()
        filled = {"text": text, "age": "9", "country": "NL"} | more
        hidden = {"form": field(page, "form"), "offer": field(page, "offer")}
        answer = self.browser.post(DOOR, data=hidden | filled)
        if found := re.findall(r'class="wz-code">([^<]+)<', answer.text):
            self.words = " ".join(map(unescape, found))
        return answer

    def types_on(self, page: str, words: str) -> Any:
        """Type words on the page that shows them."""
        hidden = {name: field(page, name) for name in ("form", "offer", "which", "country")}
        return self.browser.post(HERE, data=hidden | {"words": words})

    def asks(self, text: str = QUESTION, **more: str) -> None:
        """Ask, and type the words once."""
        answer = self.types_on(self.sends(text, **more).text, self.words)
        assert answer.status_code == 303, answer.text

    def comes_back(self, words: str = "") -> Any:
        return self.browser.post(
            HERE, data={"form": field(self.door(), "form"), "words": words or self.words}
        )

    def reads(self) -> str:
        return str(self.browser.get(HERE).text)

    def writes(self, text: str, page: str = "", **more: str) -> Any:
        token = field(page or self.reads(), "form")
        return self.browser.post(MORE, data={"form": token, "text": text} | more)

    def wipes(self, what: UUID | str, **more: str) -> Any:
        return self.browser.post(WIPE, data={"form": field(self.reads(), "form"), "what": str(what)} | more)

    def leaves(self) -> Any:
        return self.browser.get(BYE)


def visible(page: str) -> str:
    """Return the words of a page."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())
