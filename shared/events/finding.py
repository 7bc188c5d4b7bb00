"""What the desk asks of each service to find a person and to tell their story: one model for both sides."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from shared.events.desk import Ask
from shared.events.details import Answer

# As many as one service finds, the newest first; `more` says that there are others.
MOST_HITS = 50
# As many are looked at to find the newest: by a name that thousands have, others are older or as new.
MOST_LOOKED_AT = 1_000
# As many things of one kind as a story tells of one service.
MOST_TOLD = 200


class AskFound(Ask):
    """Whom somebody seeks: at one of these numbers or addresses, or by all of these words of a name.

    `requests`: what is here about these advice requests.
    """

    path: ClassVar[str] = "/internal/desk/finds"

    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    requests: tuple[UUID, ...] = ()


class Hit(Answer):
    """Something that was found: codes and ids, and `by` what; never a name, a number or words.

    `number`: of how many the newest is shown.
    """

    kind: str
    id: UUID
    request_id: UUID | None = None
    reference: str = ""
    at: datetime
    audience: str = ""
    language: str = ""
    state: str = ""
    by: tuple[str, ...] = ()
    number: int = 1


class Hits(Answer):
    hits: tuple[Hit, ...] = ()
    more: bool = False


class AskWhose(Ask):
    """By what the person is reached whom something here is about."""

    path: ClassVar[str] = "/internal/desk/whose"

    kind: str = ""
    id: UUID | None = None


class Whose(Answer):
    there: bool = False
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()


class AskStory(Ask):
    """`shown`: with what somebody wrote, which is noted with `why`."""

    path: ClassVar[str] = "/internal/desk/stories"

    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    requests: tuple[UUID, ...] = ()
    shown: bool = False
    why: str = ""


class Happening(Answer):
    """One thing that happened, in codes. `words` are None where they are shown only to who says why."""

    at: datetime
    what: str
    id: UUID
    request_id: UUID | None = None
    state: str = ""
    details: Mapping[str, str] = Field(default_factory=dict)
    has_words: bool = False
    words: str | None = None


class Waiting(Answer):
    """A work item that is open about this person."""

    id: UUID
    kind: str
    reason: str


class Story(Answer):
    happened: tuple[Happening, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    reasons: Mapping[str, str] = Field(default_factory=dict)
