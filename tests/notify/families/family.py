"""A family at its telephone: what it fills in, presses and reads on our pages."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from sqlmodel import select

from services.notify.families.steps import WAY
from services.notify.visits import private_links, queries
from services.notify.visits.tables import Registration
from tests.notify.visits.office import Office

NL = {"Accept-Language": "nl"}
TOKEN = re.compile(r'name="form" value="([^"]+)"')
CHECK = "/days/step/check"
SAYS: dict[str, str] = {
    "name": "Fatima el Amrani",
    "adults": "1",
    "companions": "Oma Zohra",
    "children_4_7": "1",
    "first_visit": "yes",
    "papers_until": "2027-05-31",
    "special_needs": "Rolstoel",
    "escort": "no",
    "channel": "sms",
    "phone": "06-12345678",
    "minor": "no",
    "email": "oma@voorbeeld.nl",
    "address": "Dorpsstraat 1, 1234 AB Ergens",
}


class Family:
    def __init__(self, office: Office) -> None:
        self.office, self.client = office, office.client

    def see(self, path: str, **how: Any) -> Any:
        return self.client.get(path, headers=NL, **how)

    def send(self, path: str, **sent: Any) -> Any:
        return self.client.post(path, data=sent, headers=NL)

    def press(self, path: str, to: str | None = None, **sent: Any) -> Any:
        """Send the form of a page."""
        page = self.see(path)
        assert page.status_code == 200, page.text
        return self.send(to if to is not None else path, form=token_of(page), **sent)

    def fills_in(self, day: str, **said: str) -> str:
        """Go through the steps until the last look; return its token."""
        answer = self.press(f"/days/new/{day}", **(SAYS | said))
        for _ in range(len(WAY.steps)):
            assert answer.status_code == 303, answer.text
            path = answer.headers["location"]
            if path == CHECK:
                break
            answer = self.press(path, **(SAYS | said))
        return token_of(self.see(CHECK))

    def registers(self, day: str, **said: str) -> Any:
        """Register, and return the page that says so."""
        answer = self.send(CHECK, form=self.fills_in(day, **said))
        assert answer.status_code == 303, answer.text
        return self.see(answer.headers["location"])

    def all(self) -> list[Registration]:
        with self.office.runtime.sessions() as session:
            return list(session.exec(select(Registration).order_by("created_at")))

    def page_of(self, registration: str | UUID) -> str:
        """The path of a family's own page, as its text tells it."""
        with self.office.runtime.sessions() as session:
            one, _ = queries.with_visit(session, [UUID(str(registration))])[UUID(str(registration))]
            return private_links.private_link(one, "")

    def feed_of(self, registration: str | UUID) -> str:
        page = self.see(self.page_of(registration)).text
        return re.search(r"(/a/[\w-]+/calendar\.ics)", page)[1]  # type: ignore[index]


def token_of(page: Any) -> str:
    found = TOKEN.search(page.text)
    assert found, page.text
    return found[1]
