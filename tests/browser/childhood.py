"""A child at its own door, and whoever answers it."""

from __future__ import annotations

from uuid import uuid4

from sqlmodel import select

from services.intake.children import commands_desk
from services.intake.children.tables import Box
from tests.browser.visiting import SENSITIVE
from tests.browser.working import Working

ANSWER = "Nee. Het is niet jouw schuld. Jij hebt niets fout gedaan. Je mag boos zijn. Kom maar terug."


class Childhood(Working):
    """Who comes to the door, types the words and comes back."""

    def child_door(self) -> None:
        self.go("intake", "/hallo")

    def child_fills_in(self, text: str = SENSITIVE) -> None:
        self.child_door()
        self.page.fill("#text", text)
        self.page.fill("#age", "9")
        self.page.check("input[name=country][value=NL]")

    def child_full_of_mistakes(self) -> None:
        self.child_door()
        self.page.fill("#text", SENSITIVE)
        self.page.fill("#age", "47")
        self.press("#send")

    def child_words(self) -> None:
        self.child_fills_in()
        self.press("#send")

    def child_in_danger(self) -> None:
        self.child_fills_in()
        self.page.check("#danger")
        self.press("#send")

    def child_mistypes(self) -> None:
        self.child_words()
        self.page.fill("#words", "appel peer")
        self.press("#enter")

    def words(self) -> str:
        return " ".join(self.page.locator(".wz-code").all_inner_texts())

    def child_here(self) -> str:
        """Type the words once; returns them."""
        self.child_words()
        return self.child_types()

    def child_types(self) -> str:
        shown = self.words()
        self.page.fill("#words", shown)
        self.press("#enter")
        return shown

    def child_without_words(self) -> None:
        self.child_here()
        self.press("#send")

    def child_not_sure(self) -> None:
        self.child_here()
        self.press("#erase-all")

    def child_with_words_of_nobody(self) -> None:
        self.child_door()
        self.page.fill("#words", "appel peer")
        self.press("#enter")

    def child_answered(self) -> str:
        """Be answered meanwhile, and come back; returns the words."""
        shown = self.child_here()
        self.answer_child()
        self.child_comes_back(shown)
        return shown

    def answer_child(self) -> None:
        with self.session("intake") as session:
            box = session.exec(select(Box.id)).one()
            at = self.runtime_for("intake").clock.now()
            commands_desk.answer(session, box, ANSWER, "the form", staff_id=uuid4(), at=at)

    def child_comes_back(self, words: str) -> None:
        self.child_door()
        self.page.fill("#words", words)
        self.press("#enter")

    def desk_child(self) -> None:
        self.child_here()
        with self.session("intake") as session:
            box = session.exec(select(Box.id)).one()
        self.sign_in()
        self.go("intake", f"/desk/children/{box}")

    def desk_child_hard_to_read(self) -> None:
        self.desk_child()
        self.page.fill("#text", "Ongetwijfeld veronderstel je verantwoordelijkheid hieromtrent. " * 6)
        self.press("button[value=send]")
