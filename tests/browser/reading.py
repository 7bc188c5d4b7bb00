"""Whoever reads pages of guidance, and who keeps them."""

from __future__ import annotations

from pathlib import Path

from services.intake.staff.tables import Role
from tests.browser.working import Working
from tests.kit.guidance import tell

CONTENT = Path(__file__).parent / "content"


class Reading(Working):
    """A child, a carer, an editor."""

    def with_pages(self) -> None:
        runtime = self.runtime_for("intake")
        runtime.settings = runtime.settings.model_copy(update={"content_dir": str(CONTENT)})

    def guidance(self) -> None:
        self.with_pages()
        self.go("intake", "/guidance/bij-de-poort")

    def guidance_on_danger(self) -> None:
        self.with_pages()
        self.go("intake", "/guidance/niet-veilig")

    def guidance_gone(self) -> None:
        self.with_pages()
        self.go("intake", "/guidance/niet-nagekeken")

    def guidance_not_judged(self) -> None:
        self.guidance()
        self.press("main form button")

    def guidance_judged(self) -> None:
        self.guidance()
        self.page.check("input[name=useful][value=yes]")
        self.press("main form button")

    def all_guidance(self) -> None:
        self.with_pages()
        self.go("intake", "/guidance")

    def guidance_sought(self) -> None:
        self.all_guidance()
        tell(self.runtime_for("intake"))
        self.page.fill("#q", {"nl": "poortje", "fr": "portiques", "en": "gates"}[self.language])
        self.press("main form button >> nth=0")

    def guidance_sought_in_vain(self) -> None:
        self.all_guidance()
        tell(self.runtime_for("intake"))
        self.page.fill("#q", "xqzwxqzwxqzw")
        self.press("main form button >> nth=0")

    def guidance_chosen(self) -> None:
        self.all_guidance()
        self.page.click("summary")
        self.page.select_option("#audience", "child")
        self.press("main form button >> nth=1")

    def guidance_kept(self) -> None:
        self.guidance()
        self.page.check("input[name=useful][value=no]")
        self.page.click("summary")
        self.page.fill("#words", "Dit klopt niet.")
        self.press("main form button")
        self.sign_in("Eva", Role.EDITOR)
        self.go("intake", "/desk/guidance")
        assert self.page.locator("h2").count() == 2

    def guidance_opinions(self) -> None:
        self.guidance_kept()
        self.go("intake", f"/desk/guidance/{self.language}/bij-de-poort")
