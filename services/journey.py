"""The steps of the demo: a client that knows only the public surfaces."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from html.parser import HTMLParser
from typing import Any, Self
from urllib.parse import urljoin
from uuid import uuid4

import httpx

PATIENCE = 45.0
POLL = 0.2
LINK = re.compile(r"https?://\S+/r/[A-Za-z0-9_-]+")
PROOF = re.compile(r"https?://\S+/confirm/[A-Za-z0-9_-]+")
REFERENCE = re.compile(r"WZ-\w{4}-\w{4}")
CODE = re.compile(r"\b\w{4}-\w{4}-\w{4}-\w{4}\b")
MOST_STEPS = 30
VISIT_IN_DAYS, WEDNESDAY = 40, 2
"""Schools are closed on Wednesday afternoon; the earliest reminder goes 28 days before the visit."""
NAME = "Familie Voorbeeld"
FACILITY = "nl-pi-lelystad"
QUESTION = (
    "Mijn zoon van negen wil zijn vader bezoeken, maar ik kan zelf niet mee. Wie kan hem brengen, en hoe "
    "bereiden we hem voor?"
)

Step = tuple[str, Callable[[], list[str]]]


class StepFailed(Exception):
    """A step did not happen; the text says what was seen instead."""


@dataclass(frozen=True)
class Sites:
    intake: str
    referral: str
    notify: str


class Form(HTMLParser):
    """The address of the first form that posts (to where `wanted` is in it), and its hidden fields."""

    def __init__(self, wanted: str = "") -> None:
        super().__init__()
        self._wanted = wanted
        self.action: str | None = None
        self.hidden: dict[str, str] = {}
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and self.action is None and self._is_wanted(given):
            self.action, self._inside = given.get("action", ""), True
        if tag == "input" and self._inside and given.get("type") == "hidden":
            self.hidden[given.get("name", "")] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False

    def _is_wanted(self, given: dict[str, str]) -> bool:
        return given.get("method", "").lower() == "post" and self._wanted in given.get("action", "")


@dataclass(frozen=True)
class Asked:
    """A question that was asked by the form: what leads back to it, and what its asker is mailed."""

    reference: str
    code: str
    mails: Callable[[], list[dict[str, Any]]]

    def mail(self, subject: str) -> dict[str, Any] | None:
        """Return the mail that has this in its subject."""
        return next((one for one in self.mails() if subject in str(one["subject"])), None)


class Journey:
    """One family's journey. `steps` yields each step's name and its function; the order matters."""

    def __init__(self, sites: Sites, key: str, today: date) -> None:
        self._sites = sites
        self._today = today
        self._http = httpx.Client(
            headers={"Authorization": f"Bearer {key}", "Accept-Language": "en"}, timeout=10
        )
        self._anyone = httpx.Client(timeout=10)
        # A mobile number in national notation, a new one each time, since ceilings count per number.
        self._phone = f"06 1{random.SystemRandom().randrange(10**7):07d}"
        # So it is with a mailbox: its owner is asked once in thirty days.
        self._mailbox = f"voorbeeld{random.SystemRandom().randrange(10**9)}@familie.example"
        self._request: dict[str, Any] = {}
        self._referral: dict[str, Any] = {}
        self._known_links: set[str] = set()
        self._link = self._page = ""
        self._visit_day = ""
        self._registration = ""
        self.asked = Asked("", "", self._mails)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()
        self._anyone.close()

    def steps(self) -> Iterator[Step]:
        yield "A carer asks a question", self.ask
        yield "It is matched and offered to a partner", self.await_offer
        yield "The match explains itself", self.read_explanation
        yield "The partner gets an e-mail with a link", self.find_link
        yield "Opening the link changes nothing", self.open_link
        yield "The partner says yes", self.accept
        yield "The family hears by SMS", self.await_text
        yield "The prison publishes a visit day", self.publish_visit_day
        yield "The family registers", self.register
        yield "The reminders are planned, and the first one is delivered", self.await_reminders
        yield "Somebody whom nobody knows asks by the form on the site", self.ask_by_form
        yield "One neutral mail asks whose the address is, and no partner hears of it yet", self.find_proof
        yield "Its owner follows the link, and now a partner is asked", self.prove

    def ask(self) -> list[str]:
        self._known_links = set(self._links())
        body = {
            "audience": "carer",
            "needs": ["begeleiding-bezoek", "uitleg"],
            "country": "NL",
            "postcode": "3511 AB",
            "language": "nl",
            "helpFor": ["child"],
            "childAgeBands": ["8-11"],
            "stage": "sentence",
            "question": QUESTION,
            "consent": {"share": "yes", "store": True},
            "contact": {"channel": "sms", "phone": self._phone, "name": NAME},
        }
        self._request = self._post(
            f"{self._sites.intake}/v1/advice-requests", body, 202, {"Idempotency-Key": str(uuid4())}
        )
        return [f"“{QUESTION}”", f"reference {self._request['reference']}"]

    def await_offer(self) -> list[str]:
        self._await_state("offered")
        return ["state: offered"]

    def read_explanation(self) -> list[str]:
        referrals = self._items(f"{self._sites.referral}/v1/referrals", adviceRequestId=self._request["id"])
        if not referrals:
            raise StepFailed("there is no referral of this advice request")
        self._referral = self._get(f"{self._sites.referral}/v1/referrals/{referrals[0]['id']}")
        candidates = self._referral.get("explanation", {}).get("candidates", [])
        if not candidates:
            raise StepFailed("the explanation names no candidate")
        return [_described(candidate) for candidate in candidates[:3]]

    def find_link(self) -> list[str]:
        def fresh() -> str | None:
            return next((link for link in self._links() if link not in self._known_links), None)

        self._link = str(await_(fresh, "no mail with a link is in the postbus"))
        mail = self._links()[self._link]
        return [f"to {mail['to']}: {mail['subject']}"]

    def open_link(self) -> list[str]:
        page = self._anyone.get(self._link)
        if page.status_code != 200:
            raise StepFailed(f"the link responds with {page.status_code}")
        self._page = page.text
        if NAME in self._page:
            raise StepFailed("the page shows the family's name before the partner accepted")
        self._await_state("offered", patience=0)
        return ["the page shows the question without the family's name; the state is still: offered"]

    def accept(self) -> list[str]:
        form = Form()
        form.feed(self._page)
        target = urljoin(self._link, form.action or "")
        answer = self._anyone.post(target, data={**form.hidden, "action": "accept"})
        if answer.status_code not in (200, 303):
            raise StepFailed(f"the form responds with {answer.status_code}")
        self._await_state("accepted")
        if NAME not in self._anyone.get(self._link).text:
            raise StepFailed("the partner's page does not show who to contact")
        return ["state: accepted; the page now shows who to contact, and how"]

    def await_text(self) -> list[str]:
        causes = (self._request["id"], self._referral["id"])
        self._await_message(causes, "accepted")
        return [self._last_text()]

    def publish_visit_day(self) -> list[str]:
        day = self._today + timedelta(days=VISIT_IN_DAYS)
        day += timedelta(days=(WEDNESDAY - day.weekday()) % 7)
        # A start of its own each time: the same date and start would be the day of an earlier journey.
        start = f"14:{random.SystemRandom().randrange(60):02d}"
        body = {
            "facility": FACILITY,
            "date": day.isoformat(),
            "startTime": start,
            "endTime": "16:00",
            "capacity": 20,
            "kind": "child-visit",
        }
        answer = self._http.post(f"{self._sites.notify}/v1/visit-days", json=body)
        self._visit_day = self._json(answer, 200 if answer.status_code == 200 else 201)["id"]
        return [f"{day:%A %d %B %Y}, {start}-16:00, room for 20"]

    def register(self) -> list[str]:
        body = {
            "name": NAME,
            "phone": self._phone,
            "channel": "sms",
            "language": "nl",
            "adults": 1,
            "childAgeBands": ["8-11"],
            "firstVisit": True,
            "numberConfirmed": True,
        }
        url = f"{self._sites.notify}/v1/visit-days/{self._visit_day}/registrations"
        self._registration = self._post(url, body, 201)["id"]
        return ["one adult and one child; it is their first visit"]

    def await_reminders(self) -> list[str]:
        self._await_message((self._registration,), "visit-registered")
        text = self._last_text()
        url = f"{self._sites.notify}/v1/visit-days/{self._visit_day}/reminders"
        planned = [item for item in self._items(url) if item["registrationId"] == self._registration]
        missing = {"registration", "D-28", "D-7", "D-3", "D-1"} - {item["step"] for item in planned}
        if missing:
            raise StepFailed(f"no reminder is planned for {', '.join(sorted(missing))}")
        ordered = sorted(planned, key=lambda item: str(item["dueAt"]))
        return [text, *(f"{item['step']:<12} {item['dueAt']}  {item['state']}" for item in ordered)]

    def ask_by_form(self) -> list[str]:
        self._known_links = set(self._links())
        written = {
            "secret": "no",
            "who": "carer",
            "help_for": ["child"],
            "child_age_bands": ["8-11"],
            "needs": ["begeleiding-bezoek", "uitleg"],
            "question": QUESTION,
            "stage": "sentence",
            "country": "NL",
            "postcode": "3511 AB",
            "language": "nl",
            "remote": "yes",
            "urgency": "normal",
            "channel": "email",
            "name": NAME,
            "email": self._mailbox,
            "share": "yes",
            "store": "yes",
        }
        answer = self._step_by_step(f"{self._sites.intake}/ask?lang=nl", written)
        found, code = REFERENCE.search(answer.text), CODE.search(answer.text)
        if answer.status_code != 200 or not found or not code:
            raise StepFailed(f"the form responds with {answer.status_code} and shows no reference")
        self._request = {"reference": found[0]}
        self.asked = Asked(found[0], code[0], self._mails)
        return [f"reference {found[0]}, to be reached at {self._mailbox}"]

    def _step_by_step(self, address: str, written: dict[str, Any]) -> httpx.Response:
        """Fill in each page of the form, which takes from what is sent what it asks; return the receipt."""
        page = self._anyone.get(address)
        for _ in range(MOST_STEPS):
            form = Form()
            form.feed(page.text)
            target = urljoin(str(page.url), form.action or "")
            answer = self._anyone.post(target, data={**form.hidden, **written})
            if answer.status_code != 303:
                return answer
            page = self._anyone.get(urljoin(target, answer.headers["location"]))
        raise StepFailed(f"the form still asks after {MOST_STEPS} pages")

    def find_proof(self) -> list[str]:
        mail: Any = await_(self._proof_mail, f"no mail with a link is in the postbus for {self._mailbox}")
        if NAME in mail["text"] or self._request["reference"] in mail["text"]:
            raise StepFailed("the mail says who asked, or what about")
        self._link = PROOF.findall(mail["text"])[0]
        self._await_state("received", patience=0)
        if set(self._links()) - self._known_links:
            raise StepFailed("a partner was asked before the address was proven")
        return [f"to {mail['to']}: {mail['subject']}", "state: received"]

    def _proof_mail(self) -> dict[str, Any] | None:
        return next((mail for mail in self._mails() if PROOF.search(str(mail["text"]))), None)

    def _mails(self) -> list[dict[str, Any]]:
        return [item for item in self._postbus() if item["to"] == self._mailbox]

    def prove(self) -> list[str]:
        page = self._anyone.get(self._link)
        self._await_state("received", patience=0)
        form = Form()
        form.feed(page.text)
        answer = self._anyone.post(urljoin(self._link, form.action or ""), data=form.hidden)
        if answer.status_code not in (200, 303):
            raise StepFailed(f"the link responds with {answer.status_code}")
        self._await_state("offered")
        return ["opening the link changed nothing; after the press on its button the state is: offered"]

    def _await_state(self, wanted: str, patience: float = PATIENCE) -> None:
        url = f"{self._sites.intake}/v1/advice-requests/{self._request['reference']}"
        seen: list[str] = []

        def reached() -> bool:
            seen[:] = [str(self._get(url)["state"])]
            return seen == [wanted]

        await_(reached, lambda: f"the advice request is {seen[0]}, not {wanted}", patience)

    def _await_message(self, causes: tuple[str, ...], purpose: str) -> None:
        url = f"{self._sites.notify}/v1/messages"
        seen: list[str] = []

        def delivered() -> bool:
            messages = [item for cause in causes for item in self._items(url, causeId=cause)]
            seen[:] = [f"{item['purpose']} ({item['channel']}) is {item['state']}" for item in messages]
            return any(
                (item["purpose"], item["channel"], item["state"]) == (purpose, "sms", "delivered")
                for item in messages
            )

        await_(delivered, lambda: f"no SMS '{purpose}' was delivered: {', '.join(seen) or 'no message'}")

    def _last_text(self) -> str:
        digits = re.sub(r"\D", "", self._phone).removeprefix("0")
        texts = [item for item in self._postbus() if str(item["to"]).endswith(digits)]
        if not texts:
            raise StepFailed("the postbus shows no text to the family's number")
        return f"SMS: “{max(texts, key=lambda item: str(item['sentAt']))['text']}”"

    def _postbus(self) -> list[dict[str, Any]]:
        return self._items(f"{self._sites.notify}/v1/postbus")

    def _links(self) -> dict[str, dict[str, Any]]:
        mails = [item for item in self._postbus() if item["channel"] == "email"]
        return {link[0]: mail for mail in mails if (link := LINK.search(str(mail["text"])))}

    def _items(self, url: str, **query: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self._get(url, **query)["items"]
        return items

    def _get(self, url: str, **query: str) -> dict[str, Any]:
        return self._json(self._http.get(url, params=query), 200)

    def _post(
        self, url: str, body: dict[str, Any], expected: int, headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        return self._json(self._http.post(url, json=body, headers=headers or {}), expected)

    def _json(self, answer: httpx.Response, expected: int) -> dict[str, Any]:
        if answer.status_code != expected:
            where = f"{answer.request.method} {answer.request.url.path}"
            raise StepFailed(
                f"{where} responds with {answer.status_code}, not {expected}: {answer.text[:500]}"
            )
        body: dict[str, Any] = answer.json()
        return body


def await_(
    condition: Callable[[], object], problem: str | Callable[[], str], patience: float = PATIENCE
) -> object:
    """Return what the condition gives once it is true. Raises StepFailed after `patience` seconds."""
    deadline = time.monotonic() + patience
    while not (outcome := condition()):
        if time.monotonic() >= deadline:
            raise StepFailed(problem if isinstance(problem, str) else problem())
        time.sleep(POLL)
    return outcome


def _described(candidate: dict[str, Any]) -> str:
    name = candidate.get("organisation") or candidate.get("service") or "?"
    sentences = candidate.get("sentences") or []
    return f"{candidate.get('score', '?')} points: {name}. {' '.join(map(str, sentences))}".strip()
