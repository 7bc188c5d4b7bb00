"""People who work here, on the pages around the desk's list: each by the role that opens them."""

from __future__ import annotations

from datetime import timedelta

from services.intake.conversations import commands_templates
from services.intake.requests import commands as questions
from services.intake.staff.tables import Role
from tests.browser.at_desk import AtDesk
from tests.browser.visiting import SENSITIVE

KEPT_TEXT = "Over {reference}: {service} helpt je. Bel ons {hours}."


class Working(AtDesk):
    """Who answers, edits, searches, erases, audits and sets the hours."""

    # Written answers

    def desk_conversation(self) -> None:
        reference, code = self.answered()
        self.comes_back(reference, code)
        self.page.fill("#text", SENSITIVE)
        self.press("form[action*='/status/messages'] button")
        self.sign_in()
        self.go("intake", f"/desk/requests/{reference}/conversation")

    def desk_answered(self) -> None:
        self.desk_conversation()
        self.page.fill("#text", SENSITIVE)
        self.press("button[value=send]")

    def desk_answer_without_words(self) -> None:
        self.desk_conversation()
        self.press("button[value=send]")

    def desk_answer_begun(self) -> None:
        with self.session("intake") as session:
            at, by = self.runtime_for("intake").clock.now(), self.sign_in("Eva").id
            commands_templates.keep(session, None, "Wie helpt", "nl", KEPT_TEXT, by=by, at=at)
        self.desk_conversation()
        self.page.select_option("#template", label="Wie helpt (nl)")
        self.press("button[value=insert]")

    def desk_answer_too_late(self) -> None:
        """What was not sent stays to be read, though nobody can be answered any more."""
        self.desk_conversation()
        self.page.fill("#text", SENSITIVE)
        self.press("button[value=keep]")
        reference = self.page.url.split("/requests/")[1].split("/")[0]
        with self.session("intake") as session:
            at = self.runtime_for("intake").clock.now()
            questions.withdraw(session, self.row(reference).id, at=at)
        self.go("intake", f"/desk/requests/{reference}/conversation")

    def own_words(self) -> None:
        """To somebody who proved that the number is theirs."""
        reference, _ = self.asked()
        with self.session("intake") as session:
            row = session.merge(self.row(reference))
            row.proven_at = self.runtime_for("intake").clock.now()
            session.commit()
        self.sign_in()
        self.go("intake", f"/desk/requests/{reference}/own-words")

    def own_words_refused(self) -> None:
        self.own_words()
        self.page.fill("#text", "Je bezoek in de gevangenis " + "x" * 150)
        self.press("main form button")

    def own_words_to_nobody(self) -> None:
        reference, _ = self.asked(contact={"channel": "none", "phone": None})
        self.sign_in()
        self.go("intake", f"/desk/requests/{reference}/own-words")

    def letter(self) -> None:
        given = {"channel": "letter", "phone": None, "name": "Jan", "address": "Lange Weg 1\n5038 AB Tilburg"}
        reference, _ = self.asked(contact=given)
        self.sign_in()
        self.go("intake", f"/desk/letters/{self.row(reference).id}")

    # Texts that answers start from

    def templates(self) -> None:
        self.sign_in("Eva", Role.EDITOR)
        self.go("intake", "/desk/reply-templates")

    def template_new(self) -> None:
        self.templates()
        self.press("main a[href*='/new']")

    def template_wrong(self) -> None:
        self.template_new()
        self.page.fill("#text", "Dag {naam}")
        self.press("button[value=keep]")

    def template(self) -> None:
        self.template_new()
        self.page.fill("#name", "Wie helpt")
        self.page.fill("#text", KEPT_TEXT)
        self.press("button[value=keep]")
        self.press("main li a")

    # Searching

    def search(self) -> None:
        self.sign_in()
        self.go("intake", "/desk/search")

    def seek(self, words: str) -> None:
        self.page.fill("#q", words)
        self.press("main form button")

    def search_found(self) -> None:
        self.answered()
        self.search()
        self.seek("06 12 34 56 78")

    def search_nobody(self) -> None:
        self.search()
        self.seek("Fatima")

    def search_nothing_typed(self) -> None:
        self.search()
        self.press("main form button")

    def story(self) -> None:
        self.search_found()
        self.press(".wz-items a")

    def story_shown(self) -> None:
        self.story()
        self.page.check("#why-call")
        self.press("form:has(#why) button")

    # Erasing

    def erase(self) -> None:
        self.answered()
        self.sign_in("Sam", Role.SENIOR)
        self.go("intake", "/desk/erase")

    def erase_nobody(self) -> None:
        self.erase()
        self.page.fill("#who", "WZ-2222-2222")
        self.press("main form button")

    def erase_preview(self) -> None:
        self.erase()
        self.page.fill("#who", "06 12 34 56 78")
        self.press("main form button")

    def erase_not_sure(self) -> None:
        self.erase_preview()
        self.press("main form button")

    def erased(self) -> None:
        self.erase_preview()
        self.page.check("#sure")
        self.press("main form button")

    # Looking back

    def audit(self) -> None:
        self.story_shown()
        self.sign_in("Ada", Role.AUDITOR)
        self.go("intake", "/desk/audit")

    def audit_wrong(self) -> None:
        self.audit()
        self.page.fill("#record", "niets")
        self.press("main form button")

    def figures(self) -> None:
        self.answered()
        self.sign_in("Lies", Role.SUPERVISOR)
        self.go("intake", "/desk/figures")

    # Hours

    def day(self, ahead: int) -> str:
        return (self.runtime_for("intake").clock.now() + timedelta(days=ahead)).date().isoformat()

    def hours(self) -> None:
        self.sign_in("Lies", Role.SUPERVISOR)
        self.go("intake", "/desk/hours")

    def hours_wrong(self) -> None:
        self.hours()
        self.page.fill("#NL-0", "negen tot vijf")
        self.press("form[action*='/desk/hours/NL'] button")

    def hours_closed(self) -> None:
        self.hours()
        for name in ("from", "until"):
            self.page.fill(f"#{name}_day", self.day(3))
        self.page.fill("#from_time", "09:00")
        self.page.fill("#until_time", "17:00")
        self.page.fill("#why-nl", "Studiedag")
        self.press("form[action$='/closures'] button, form[action*='/closures?'] button")

    def shifts(self) -> None:
        self.sign_in()
        self.go("intake", "/desk/shifts")

    def shift_taken(self) -> None:
        self.sign_in("Sam")
        self.shifts()
        self.page.fill("#day", self.day(1))
        self.press("section[aria-labelledby=sign-up] button")

    def shift_wrong(self) -> None:
        self.shifts()
        self.press("section[aria-labelledby=sign-up] button")

    # What is not theirs

    def not_their_role(self) -> None:
        self.sign_in("Lies", Role.SUPERVISOR)
        self.go("intake", "/desk/people")

    def not_there_at_the_desk(self) -> None:
        self.sign_in()
        self.go("intake", "/desk/requests/WZ-2222-2222/conversation")
