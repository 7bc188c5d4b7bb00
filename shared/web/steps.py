"""A form in steps: one thing on a page, and only what this person needs. No I/O.

A step that is `asked` is on the way. One that is `offered` has an answer already, which can be changed where
all answers are looked at once more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from shared.web.forms import Mistake


class Answered(Protocol):
    """What somebody has answered so far; `done` are the steps that were answered."""

    @property
    def done(self) -> list[str]: ...


G = TypeVar("G", bound=Answered)


def always(_: Answered) -> bool:
    return True


def never(_: Answered) -> bool:
    return False


@dataclass(frozen=True)
class Step(Generic[G]):
    code: str
    fields: Callable[[G], tuple[str, ...]]
    asked: Callable[[G], bool] = always
    offered: Callable[[G], bool] = never


@dataclass(frozen=True)
class Way(Generic[G]):
    """The steps of one form. `wrong` returns all that is wrong or missing; `check` is the last look."""

    steps: Sequence[Step[G]]
    wrong: Callable[[G, str], Iterable[Mistake]]
    check: str = "check"

    @property
    def by_code(self) -> Mapping[str, Step[G]]:
        return {step.code: step for step in self.steps}

    def on_the_way(self, given: G) -> list[Step[G]]:
        """Return the steps that this person is asked."""
        return [step for step in self.steps if step.asked(given)]

    def there(self, given: G) -> list[Step[G]]:
        """Return the steps that have something of this person's to show."""
        return [step for step in self.steps if step.asked(given) or step.offered(given)]

    def fields_of(self, given: G) -> list[str]:
        return [name for step in self.there(given) for name in step.fields(given)]

    def mistakes(self, given: G, step: Step[G], language: str) -> list[Mistake]:
        """Return what is wrong with the answers of one step."""
        return [one for one in self.wrong(given, language) if one.field in step.fields(given)]

    def open_steps(self, given: G, language: str) -> list[str]:
        """Return the steps that are still to be answered, in order."""
        fields = {one.field for one in self.wrong(given, language)}
        return [
            step.code
            for step in self.on_the_way(given)
            if step.code not in given.done or fields & {*step.fields(given)}
        ]

    def after(self, given: G, code: str, language: str) -> str:
        """Return the step that follows: the next one, or the last look once everything was answered."""
        way = [step.code for step in self.on_the_way(given)]
        if code not in way or code == way[-1] or not self.open_steps(given, language):
            return self.check
        return way[way.index(code) + 1]

    def leads_to(self, given: G, code: str, language: str) -> str:
        """Return the step to be shown to who asks for this one: itself, or what has to be answered first."""
        way = [step.code for step in self.on_the_way(given)]
        if code not in [step.code for step in self.there(given)]:
            code = self.check
        before = way[: way.index(code)] if code in way else way
        return next((one for one in self.open_steps(given, language) if one in before), code)

    def place(self, given: G, code: str) -> tuple[int, int]:
        """Return which step this is, and of how many; the last look is one of them."""
        way = [step.code for step in self.on_the_way(given)] + [self.check]
        return (way.index(code) if code in way else len(way) - 1) + 1, len(way)
