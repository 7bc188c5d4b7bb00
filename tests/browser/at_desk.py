"""An adviser at the desk's list and its items."""

from __future__ import annotations

from services.intake.requests.suspicion import HELD_FROM_ONE_PLACE
from tests.browser.elsewhere import Elsewhere
from tests.browser.visiting import SENSITIVE
from tests.kit.peers import fake


class AtDesk(Elsewhere):
    """An adviser."""

    def desk(self) -> None:
        self.sign_in()
        self.go("intake", "/desk")

    def desk_list(self) -> None:
        self.asked(danger=True)
        self.desk()

    def desk_groups(self) -> None:
        for _ in range(2):
            self.asked(contact={"channel": "none"})
        self.desk()

    def desk_group(self) -> None:
        self.desk_groups()
        self.press("main ul.wz-items a")

    def desk_group_done(self) -> None:
        self.desk_group()
        self.press("main form button")

    def desk_many_in_danger(self) -> None:
        for _ in range(HELD_FROM_ONE_PLACE[0] + 2):
            self.asked(danger=True)
        self.asked(contact={"channel": "none"})
        self.desk()

    def desk_asked_again(self) -> None:
        self.desk_many_in_danger()
        self.press("main section ul.wz-items a")
        self.press("main form button >> nth=0")

    def desk_today(self) -> None:
        self.desk_list()
        self.go("intake", "/desk/today")

    def desk_item(self) -> None:
        self.desk_list()
        self.press(".wz-items a")

    def desk_item_shown(self) -> None:
        self.desk_item()
        self.page.check("#why-call")
        self.press("form:has(#why) button")

    def desk_item_without_reason(self) -> None:
        self.desk_item()
        self.press("form:has(#why) button")

    def desk_noted(self) -> None:
        self.desk_item()
        self.page.fill("#note", SENSITIVE)
        self.press("form:has(#note) button")

    def desk_done(self) -> None:
        self.desk_item()
        self.press("main form:has(input[name=action]) button >> nth=0")

    def desk_taken_by_another(self) -> None:
        self.desk_item()
        self.press("form[action*='/take'] button")
        self.sign_in("Sam")
        self.page.reload()
        self.press("main form:has(input[name=action]) button >> nth=0")

    def desk_with_a_part_away(self) -> None:
        self.asked(danger=True)
        self.sign_in()
        fake(self.runtime_for("intake"), "referral").away = True
        self.go("intake", "/desk")

    def desk_candidates(self) -> None:
        self.offered(auto_offer=False)
        self.desk()
        self.press(".wz-items a")

    def desk_without_choice(self) -> None:
        self.desk_candidates()
        self.press("main form:has(input[name=serviceId]) button")
