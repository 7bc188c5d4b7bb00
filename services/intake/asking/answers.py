"""What somebody has answered so far: the fields of the form of a question, and what only the steps ask."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any

from services.intake.requests.form import NEEDS_PHONE, YES, RequestForm
from shared.vocabulary import Audience, ContactChannel, Share
from shared.web.forms import At, Text

# Who answers for somebody else says for whom.
OTHER = "other"
FOR_OTHERS = (Audience.CHILD, Audience.PARENT_IN_DETENTION, Audience.CARER)
AT_WORK = (Audience.SCHOOL, Audience.PROFESSIONAL, Audience.PRISON_STAFF)
WHO = (*Audience, OTHER)
OF_THE_PAGE = {"form", "switch"}


class Answers(RequestForm):
    """`secret`: whether somebody must not find out. `who`: an audience, or that it is for somebody else.

    `done` are the steps that were answered.
    """

    secret: Text = ""
    who: Text = ""
    requester_organisation: Annotated[Text, At("requester", "organisation")] = ""
    requester_name: Annotated[Text, At("requester", "name")] = ""
    requester_role: Annotated[Text, At("requester", "role")] = ""
    done: list[Text] = []

    @property
    def for_somebody_else(self) -> bool:
        return self.who == OTHER

    @property
    def is_secret(self) -> bool:
        return self.secret == YES

    @property
    def at_work(self) -> bool:
        return self.audience in AT_WORK

    @property
    def inside(self) -> bool:
        return self.audience == Audience.PARENT_IN_DETENTION

    @property
    def is_child(self) -> bool:
        """Whether who reads the page is a child."""
        return self.audience == Audience.CHILD and not self.for_somebody_else

    @property
    def to_be_referred(self) -> bool:
        """Whether an organisation is sought, now or after asking; otherwise the centre answers itself."""
        return self.share in (Share.YES, Share.ASK_FIRST)

    @property
    def by_phone(self) -> bool:
        return bool(self.channel) and self.channel in NEEDS_PHONE

    @property
    def through_the_writer(self) -> bool:
        """Whether the asker is reached through whoever fills this in, who has said who they are."""
        named = self.requester_organisation and self.requester_name
        return self.channel == ContactChannel.WORKER and self.for_somebody_else and bool(named)

    def kept(self) -> str:
        return self.model_dump_json(exclude=OF_THE_PAGE, exclude_defaults=True)

    def taken(self, step: str, fields: Collection[str], posted: Answers) -> Answers:
        """Return the answers with those of one step as they were sent; nothing else that was sent counts."""
        done = self.done if step in self.done else [*self.done, step]
        new: dict[str, Any] = {name: getattr(posted, name) for name in fields} | {"done": done}
        if "who" in fields:
            new["audience"] = self._audience(new["who"])
        return self.model_copy(update=new)

    def _audience(self, who: str) -> str:
        if who != OTHER:
            return who
        return self.audience if self.for_somebody_else else ""

    def only(self, fields: Collection[str]) -> Answers:
        """Return the answers to these fields alone: what is not asked any more is not sent."""
        kept = {name: getattr(self, name) for name in fields}
        if self.through_the_writer:
            kept["worker_organisation"] = self.requester_organisation
            kept["worker_name"] = self.requester_name
        return Answers(**kept)
