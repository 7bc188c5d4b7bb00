"""What the one desk asks of each service about its work items, and what it is answered.

Members may be added with a default, and are never renamed or removed while a version that reads them runs.
What tells of a person is in an answer only where it was asked for, in the name of whoever looks: see
`shared.security.service_tokens.Acting`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from pydantic import Field

from shared.events.details import Answer

CALLERS = ("intake",)
# As many items of one service as stand on the list at most; the total says how many there are.
AT_MOST = 1000
# What of an item stands on the list, in the order in which `Lines.table` has it. `opened` and `due` are
# microseconds since 1970; what comes after them is of its details.
COLUMNS = (
    *("id", "kind", "reason", "subjectId", "opened", "due"),
    *("audience", "ages", "language", "urgency", "reference", "purpose"),
)


class Ask(Answer):
    """Something that is asked at `path`."""

    path: ClassVar[str]


class Line(Answer):
    """An item as it stands on the list: codes and ids, never a name, a number or words."""

    id: UUID
    kind: str
    reason: str
    subject_id: UUID
    details: Mapping[str, Any] = Field(default_factory=dict)
    opened_at: datetime
    due_at: datetime | None = None


class Bundle(Answer):
    """Items that belong together, and are one line. `since`: how many came since the moment asked for.

    `details`: those of the item, where it is alone.
    """

    key: str
    kind: str
    reason: str
    number: int
    oldest: datetime
    newest: datetime
    since: int = 0
    details: Mapping[str, Any] = Field(default_factory=dict)


class Lines(Answer):
    """What waits in one service. `reasons` are patterns of reasons with a code in them, with their texts.

    `came`: how many were opened since the moment that was asked for. `for_many`: what can be done
    with a whole group at once. `table`: the items as JSON, a list of `COLUMNS` each, in place of `lines`
    where that was asked for: of thousands only those that somebody sees are made into more.
    """

    lines: tuple[Line, ...] = ()
    table: str | None = None
    total: int = 0
    bundles: tuple[Bundle, ...] = ()
    came: int = 0
    reasons: Mapping[str, str] = Field(default_factory=dict)
    for_many: tuple[str, ...] = ()


class AskLines(Ask):
    """`group`: only the items of that group; without one, those of no group, and the groups as bundles."""

    path: ClassVar[str] = "/internal/desk/lines"

    since: datetime | None = None
    group: str | None = None
    in_table: bool = False


class LoudItem(Answer):
    """An item about somebody's safety, and since when it waits."""

    id: UUID
    opened_at: datetime


class Loud(Answer):
    """The open items about somebody's safety, the oldest first. `is_all`: there are no others."""

    items: tuple[LoudItem, ...] = ()
    is_all: bool = False


class AskLoud(Ask):
    """Ask what of the items here people are called to where nobody takes it."""

    path: ClassVar[str] = "/internal/desk/loud"


class Erased(Answer):
    """Those items whose person was erased."""

    ids: tuple[UUID, ...] = ()


class AskErased(Ask):
    """Ask of which of these items the person was erased, so that what was noted beside them goes too."""

    path: ClassVar[str] = "/internal/desk/erased"

    ids: tuple[UUID, ...] = Field(default=(), max_length=AT_MOST)


class Told(Answer):
    """One line of facts. `value` is None where it is shown only to somebody who says why."""

    label: str
    value: str | None


class Option(Answer):
    value: str
    label: str
    sentences: tuple[str, ...] = ()


class Asked(Answer):
    name: str
    label: str
    choices: tuple[str, ...] = ()
    words: bool = False


class Item(Line):
    """An item in full. `asker`: the advice request whose asker it is about, who is intake's to show."""

    group: str | None = None
    resolved_at: datetime | None = None
    resolution: str | None = None
    resolved_by: str | None = None
    text: str | None = None
    has_text: bool = False
    facts: tuple[Told, ...] = ()
    asker: UUID | None = None
    choices: Mapping[str, tuple[Option, ...]] = Field(default_factory=dict)
    actions: tuple[str, ...] = ()
    needs: Mapping[str, str] = Field(default_factory=dict)
    asks: Mapping[str, tuple[Asked, ...]] = Field(default_factory=dict)
    reasons: Mapping[str, str] = Field(default_factory=dict)


class Found(Answer):
    """The items that were asked for and are there."""

    items: tuple[Item, ...] = ()


class AskItem(Ask):
    """`shown`: with what tells of a person, which `AskShow` has noted before.

    `read`: a program reads it, words included, which is noted at once.
    """

    path: ClassVar[str] = "/internal/desk/items"

    id: UUID | None = None
    language: str = "nl"
    shown: bool = False
    read: bool = False


class AskShow(Ask):
    """Note that somebody looks at what an item tells of a person, and why."""

    path: ClassVar[str] = "/internal/desk/showings"

    id: UUID | None = None
    why: str = ""


class Position(Answer):
    """A place in the order of the list: after this item."""

    calm: bool
    below: bool
    opened_at: datetime
    id: UUID


class AskPage(Ask):
    """Items in full, words included, in the order of the list: for programs, which press no button."""

    path: ClassVar[str] = "/internal/desk/pages"

    kind: str | None = None
    after: Position | None = None
    limit: int = Field(default=100, ge=1, le=AT_MOST)


class PageOf(Found):
    total: int = 0


class AskAct(Ask):
    path: ClassVar[str] = "/internal/desk/decisions"

    id: UUID | None = None
    action: str = ""
    params: Mapping[str, str] = Field(default_factory=dict)


class Mistaken(Answer):
    """One thing that is wrong with what was sent."""

    pointer: str
    field: str
    code: str
    detail: str = ""
    values: Mapping[str, str] = Field(default_factory=dict)


class Outcome(Answer):
    """What became of a decision. `status` is that of HTTP; where it was refused, `slug` says why."""

    status: int = 201
    slug: str = ""
    detail: str = ""
    mistakes: tuple[Mistaken, ...] = ()
    kind: str = ""

    @property
    def is_done(self) -> bool:
        return self.status < 400


class AskActOnAll(Ask):
    """`sure`: whoever decides was asked a second time, and says yes."""

    path: ClassVar[str] = "/internal/desk/groups/decisions"

    group: str = ""
    action: str = ""
    until: datetime | None = None
    sure: bool = False


class Carried(Answer):
    """What became of many items: done, not done because something had changed, and left for the next time.

    `outcome` is set where nothing was done at all. Where its `slug` is `ask-again`, `left` is how many it
    would be done with.
    """

    done: int = 0
    refused: int = 0
    left: int = 0
    outcome: Outcome | None = None


class AskWording(Ask):
    """Ask whether somebody's own words may go to a family as they are."""

    path: ClassVar[str] = "/internal/wording/checks"

    text: str = ""
    channel: str = "sms"
    language: str = "nl"


class WordingProblem(Answer):
    """Why not: `forbidden-word` (which is in `word`), `too-long` or `empty`."""

    code: str
    word: str = ""


class Wording(Answer):
    """`segments`: how many an SMS takes; `left`: how many signs still fit, below zero for too many."""

    problems: tuple[WordingProblem, ...] = ()
    segments: int = 0
    left: int = 0
