"""What a prison's planner sees."""

from __future__ import annotations

from uuid import UUID

from services.notify.planner.access import member
from services.notify.visits import commands
from services.notify.visits.commands import Family, Publisher
from services.notify.visits.schemas import VisitDayIn
from services.notify.visits.tables import Attendance, FamilyChannel
from tests.browser.visiting import Visiting
from tests.kit import planner
from tests.kit.planner import PRISON

LONG_NAME = "Wilhelmina-Alexandra van der Hoeven-Oosterhuis"


class Planning(Visiting):
    """Who publishes days, and stands at the gate with a telephone."""

    def planner(self) -> None:
        with self.session("notify") as session:
            token = planner.begin(session)
        self.page.context.add_cookies(
            [{"name": member.cookie.bare, "value": token, "url": self.site("notify")}]
        )

    def day_of_today(self) -> UUID:
        """A day of today with two families, of which one came."""
        at, by = self.runtime_for("notify").clock.now(), Publisher("operator")
        wanted = {"facility": PRISON, "date": f"{at:%Y-%m-%d}", "startTime": "23:00", "endTime": "23:30"}
        opening = VisitDayIn.model_validate(wanted | {"capacity": 10, "kind": "child-visit"}).opening()
        with self.session("notify") as session:
            day, _ = commands.publish(session, opening, by, at=at)
            for name in (LONG_NAME, "مريم الأحمد"):
                family = Family(name, FamilyChannel.EMAIL, "nl", email="oma@voorbeeld.nl", vouched=True)
                made, _ = commands.register(session, day.id, family, at=at)
            commands.attend(session, day.id, made.id, Attendance.CAME, who="operator", at=at)
            return day.id

    def month(self) -> None:
        self.planner()
        self.day_of_today()
        self.go("notify", f"/planner/facilities/{PRISON}")

    def gate(self) -> None:
        self.planner()
        self.go("notify", f"/planner/days/{self.day_of_today()}/who")

    def move_full_of_mistakes(self) -> None:
        self.planner()
        self.go("notify", f"/planner/days/{self.day_of_today()}/change")
        for field in ("day", "start_time", "end_time", "capacity"):
            self.page.fill(f"#{field}", "")
        self.press("main form button[type=submit]")
