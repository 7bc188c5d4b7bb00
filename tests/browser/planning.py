"""A prison's planner, from the link in a mail to the gate."""

from __future__ import annotations

from datetime import timedelta

from services.notify.planner.access import member
from services.notify.visits.commands import Family, Opening, Publisher, close, publish, register
from services.notify.visits.tables import FamilyChannel, VisitKind
from shared.geography import facility
from tests.browser.visiting import SENSITIVE, Visiting
from tests.kit import planner

HERE = f"/planner/facilities/{planner.PRISON}"


class Planning(Visiting):
    def planner_sign_in(self) -> None:
        self.go("notify", "/planner/sign-in")

    def planner_in(self) -> None:
        with self.session("notify") as session:
            token = planner.begin(session)
        self.page.context.add_cookies(
            [{"name": member.cookie.bare, "value": token, "url": self.site("notify")}]
        )

    def planned_day(self, *, days: int = 9) -> str:
        """A day at Vught to which a family comes, and closed days after it."""
        place, now = facility(planner.PRISON), self.runtime_for("notify").clock.now()
        assert place is not None
        day = (now + timedelta(days=days)).date()
        begin, end = now.time().replace(hour=14, minute=0), now.time().replace(hour=15, minute=30)
        opening = Opening(
            place.id, place.country, place.city, place.zone, day, begin, end, 10, VisitKind.CHILD_VISIT
        )
        family = Family(
            name=SENSITIVE[:60],
            channel=FamilyChannel.LANDLINE,
            language="nl",
            phone="+31201234567",
            email=None,
            adults=2,
            child_age_bands=["4-7", "12-15"],
            first_visit=True,
            minors_own_phone=False,
            vouched=True,
        )
        with self.session("notify") as session:
            visit, _ = publish(session, opening, Publisher("key:one"), at=now)
            visit_id = visit.id
            register(session, visit_id, family, at=now, within=None, who="key:one")
            first = day + timedelta(days=3)
            close(session, place.id, first, first + timedelta(days=2), "verbouwing", who="key:one", at=now)
        return str(visit_id)

    def planner_month(self) -> None:
        self.planner_in()
        self.planned_day()
        self.go("notify", HERE)

    def planner_new_day_wrong(self) -> None:
        self.planner_in()
        self.go("notify", f"{HERE}/days/new")
        self.page.fill("#capacity", "veel")
        self.press("main form button")

    def planner_day(self) -> None:
        self.planner_in()
        self.go("notify", f"/planner/days/{self.planned_day()}")

    def planner_gate(self) -> None:
        self.planner_in()
        self.go("notify", f"/planner/days/{self.planned_day(days=0)}/who-comes")

    def planner_closed(self) -> None:
        self.planner_in()
        self.planned_day()
        self.go("notify", f"{HERE}/closed")
