"""The steps of the demo at the desk: a call that is taken, and an answer that its asker reads."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any, Self
from urllib.parse import urljoin

import httpx

from services.journey import Asked, Form, Sites, Step, StepFailed, await_

NEED, SOUGHT = "bezoek", "exodus"
NOTES = "Oma zorgt voor haar kleinzoon van negen. Hij wil zijn vader zien, en zij weet niet hoe dat gaat."
ANSWER = (
    "Dag! Vertel hem van tevoren wat hij zal zien: een hek, een kastje voor de jassen, een zaal met tafels. "
    "Neem iets mee om samen te doen. Laat je weten wanneer jullie gaan?"
)
NAMED = re.compile(r'value="name:([0-9a-f-]{36})"')
SLOT = re.compile(r'name="back_when" value="([^"]*\d[^"]*)"')
TAKEN = re.compile(r"/desk/calls/([0-9a-f-]{36})")


class AtDesk:
    """A sample adviser in a browser without a screen, and the asker who reads what the adviser wrote.

    `link` makes the address that signs the adviser in; `asked` tells which question is answered.
    """

    def __init__(self, sites: Sites, link: Callable[[], str], asked: Callable[[], Asked]) -> None:
        self._sites, self._link, self._asked = sites, link, asked
        self._adviser = httpx.Client(timeout=10, follow_redirects=True, headers={"Accept-Language": "nl"})
        self._asker = httpx.Client(timeout=10, follow_redirects=True, headers={"Accept-Language": "nl"})
        # A mobile number in national notation, a new one each time: nobody called with it before.
        self._number = f"06 1{random.SystemRandom().randrange(10**7):07d}"
        self._call = self._service = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._adviser.close()
        self._asker.close()

    def steps(self) -> Iterator[Step]:
        yield "An adviser signs in, and a call rings at the desk", self.ring
        yield "The adviser takes it, and names a service", self.take
        yield "A call-back is promised, and the call is finalised", self.finalise
        yield "The adviser answers the question from the form in writing", self.answer
        yield "Its asker hears that there is an answer, reads it and writes back", self.read

    def ring(self) -> list[str]:
        signed = self._press(self._adviser.get(self._link()), "/desk/sample/")
        if "/desk" not in signed.url.path:
            raise StepFailed(f"signing in leads to {signed.url.path}")
        simulator = self._asker.get(f"{self._sites.intake}/simulator/calls")
        self._press(simulator, "/simulator/calls", number=self._number)
        return [f"from {self._number}, which no page at the desk shows"]

    def take(self) -> list[str]:
        calls = self._adviser.get(f"{self._sites.intake}/desk/calls")
        taken = self._press(calls, "/taken")
        self._call = _found(TAKEN, str(taken.url), "the page of the call")
        page = self._press(taken, self._call, do="search", **self._said())
        service = _found(NAMED, page.text, f"a service when “{SOUGHT}” is sought")
        named = self._press(page, self._call, do=f"name:{service}", **self._said())
        self._service = _found(
            re.compile(r"<strong>([^<]+)</strong>"), _after(named.text, 'id="services"'), "it"
        )
        return [f"named: {self._service}"]

    def finalise(self) -> list[str]:
        page = self._adviser.get(self._address())
        slot = _found(SLOT, page.text, "a time to call back")
        before = self._call_backs()
        agreed = {"outcomes": ["referred", "call-back"], "back_when": slot}
        over = self._press(page, self._call, do="finalise", **self._said(), **agreed)
        if 'value="finalise"' in over.text:
            raise StepFailed("the call is not finalised")
        if self._number.replace(" ", "")[1:] in re.sub(r"\D", "", over.text):
            raise StepFailed("the page shows the number of who called")
        if self._call_backs() != before + 1:
            raise StepFailed("nobody is to be called back")
        return ["agreed: referred, to be called back; what was typed was kept on the way"]

    def _call_backs(self) -> int:
        page = self._adviser.get(f"{self._sites.intake}/desk/call-backs")
        return len(re.findall(r'href="/desk/call-backs/[0-9a-f-]{36}', page.text))

    def answer(self) -> list[str]:
        about = f"/desk/requests/{self._asked().reference}/conversation"
        page = self._adviser.get(f"{self._sites.intake}{about}")
        sent = self._press(page, about, do="send", text=ANSWER)
        if "done=answered" not in str(sent.url):
            raise StepFailed("the answer is not sent")
        return [f"“{ANSWER}”"]

    def read(self) -> list[str]:
        asked = self._asked()
        mail: Any = await_(lambda: asked.mail("antwoord"), "no mail says that there is an answer")
        if ANSWER in mail["text"]:
            raise StepFailed("the mail has what only the page may show")
        came = self._asker.get(f"{self._sites.intake}/status")
        known = {"reference": asked.reference, "code": asked.code}
        page = self._press(came, "/status", **known)
        if ANSWER not in unescape(page.text):
            raise StepFailed("the page of the question does not show the answer")
        self._press(page, "/status/messages", text="Woensdag. Dank je wel!")
        self._must_be_read()
        return [f"mail: “{mail['subject']}”", "what was written stands on the page of the question alone"]

    def _must_be_read(self) -> None:
        about = f"/desk/requests/{self._asked().reference}/conversation"
        page = self._adviser.get(f"{self._sites.intake}{about}")
        if "Woensdag. Dank je wel!" not in unescape(page.text):
            raise StepFailed("the adviser does not see what the asker wrote back")

    def _said(self) -> dict[str, Any]:
        return {"about": "another", "audience": "carer", "needs": [NEED], "notes": NOTES, "q": SOUGHT}

    def _address(self) -> str:
        return f"{self._sites.intake}/desk/calls/{self._call}"

    def _press(self, page: httpx.Response, to: str, **filled: Any) -> httpx.Response:
        """Send the form on a page whose address has `to` in it, and return what follows."""
        form = Form(to)
        form.feed(page.text)
        if form.action is None:
            raise StepFailed(f"{page.url.path} has no form for {to} ({page.status_code})")
        who = self._adviser if "/desk/" in str(page.url) else self._asker
        followed = who.post(urljoin(str(page.url), form.action), data={**form.hidden, **filled})
        if followed.status_code >= 400:
            raise StepFailed(f"{followed.url.path} responds with {followed.status_code}")
        return followed


def _found(pattern: re.Pattern[str], text: str, what: str) -> str:
    found = pattern.search(text)
    if not found:
        raise StepFailed(f"the page does not show {what}")
    return unescape(found[1])


def _after(text: str, mark: str) -> str:
    return text.partition(mark)[2]
