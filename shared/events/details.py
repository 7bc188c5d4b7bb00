"""The detail behind an event, which one service asks of another: one model for both sides.

An event carries ids alone; its subscribers ask the owner for the rest, in batches. Members may be added with
a default, and are never renamed or removed while a version that reads them runs. Unknown members are
ignored, so that yesterday's service understands today's.
"""

from __future__ import annotations

from datetime import datetime, time
from typing import Any, ClassVar, Self, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_serializer
from pydantic.alias_generators import to_camel

from shared.vocabulary import AgeBand, Audience, ContactChannel, HelpFor, Remote, Share, Stage, Urgency


class Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True)


class Detail(Answer):
    """One thing as its owner knows it now.

    `owner` is the service that holds it, `path` the address there, `callers` the services that it answers
    there, and `asked_by` the member of an event's data with the id to ask for.
    """

    owner: ClassVar[str]
    path: ClassVar[str]
    callers: ClassVar[tuple[str, ...]]
    asked_by: ClassVar[str] = "request_id"

    id: UUID


D = TypeVar("D", bound=Detail)


class AboutRequest(Answer):
    """The content of an advice request, without personal data. `needs[0]` is the primary need.

    `organisation`: the one whose key sent it, which may see what became of it. `may_contact`: whether we may
    get in touch with the asker; where nothing is said of it we may not. `own`: fingerprints of the
    organisations that it comes from, which are never asked to help (`shared.contact.organisations`).
    """

    reference: str = ""
    audience: Audience
    help_for: tuple[HelpFor, ...]
    needs: tuple[str, ...]
    stage: Stage | None = None
    child_age_bands: tuple[AgeBand, ...] = ()
    country: str
    postcode: str
    language: str
    facility: str | None = None
    share: Share
    hold: bool = False
    urgency: Urgency = Urgency.NORMAL
    remote: Remote = Remote.YES
    organisation: str | None = None
    may_contact: bool = False
    own: tuple[str, ...] = ()

    def to_keep(self) -> dict[str, Any]:
        """Return these members alone, as JSON, to be stored."""
        return self.model_dump(mode="json", by_alias=True, include=set(AboutRequest.model_fields))

    def shared(self) -> Self:
        """Return the same as it is once the asker has agreed that a partner is told."""
        return self.model_copy(update={"share": Share.YES})


class RequestFacts(AboutRequest, Detail):
    """An advice request as referral needs it. `withdrawn`: do nothing more for it.

    `unproven`: anybody may have sent it, so nothing of it may go to a partner by itself.
    """

    owner: ClassVar[str] = "intake"
    path: ClassVar[str] = "/internal/advice-requests"
    callers: ClassVar[tuple[str, ...]] = ("referral",)

    state: str
    withdrawn: bool
    unproven: bool = False
    received_at: datetime


class SafeTime(Answer):
    """When an asker can be reached safely, on the wall clock where they live; it ends on the same day."""

    days: tuple[str, ...]
    from_: time = Field(alias="from")
    to: time

    @field_serializer("from_", "to")
    def _on_the_wall(self, value: time) -> str:
        return value.isoformat()


class Reachable(Detail):
    """The asker of an advice request, and how they can be reached without doing harm.

    `otherwise`: the language to write in where we do not write `language`. `withdrawn`: the asker withdrew
    the advice request.
    """

    owner: ClassVar[str] = "intake"

    reference: str
    name: str | None
    channel: ContactChannel
    phone: str | None
    email: str | None
    language: str
    country: str
    safe_times: tuple[SafeTime, ...]
    voicemail: bool
    discreet: bool
    minors_own_phone: bool
    share: Share
    withdrawn: bool
    otherwise: str = ""


class ContactPoint(Reachable):
    """The facts that decide on messages to an asker.

    `by_public_form`: the advice request came from the public form, where anybody can type a stranger's
    number; a partner vouches for what it sends. `status_url` is the page where the asker follows the request.
    `proven`: the owner of the number or address answered from it, or somebody vouches for it. Until then
    nothing goes to it but one neutral text, and that only where `proof_url` is set: the page on which the
    owner says that it is theirs. `unread_answer`: we wrote an answer that the asker has not read yet.
    `worker_email`: where the professional reads mail through whom the asker is reached.
    """

    path: ClassVar[str] = "/internal/contact-points"
    callers: ClassVar[tuple[str, ...]] = ("notify",)

    by_public_form: bool
    status_url: str
    proven: bool | None = None
    proof_url: str | None = None
    unread_answer: bool = False
    worker_email: str | None = None

    @property
    def is_proven(self) -> bool:
        """Like `proven`; where an intake answers that knows of no proof yet, a key is taken to vouch."""
        return not self.by_public_form if self.proven is None else self.proven


class CallText(Detail):
    """What somebody who called is sent, and where: they said yes to it on the telephone.

    `words`: `service` for one that was named to them, `not-reached` where nobody reached them afterwards.
    """

    owner: ClassVar[str] = "intake"
    path: ClassVar[str] = "/internal/call-texts"
    callers: ClassVar[tuple[str, ...]] = ("notify",)
    asked_by: ClassVar[str] = "text_id"

    words: str
    channel: ContactChannel
    phone: str | None
    email: str | None
    language: str
    country: str
    service: str = ""
    service_phone: str = ""
    safe_times: tuple[SafeTime, ...] = ()
    minors_own_phone: bool = False


class DeskWords(Detail):
    """What somebody at the desk writes to an asker in words of their own."""

    owner: ClassVar[str] = "intake"
    path: ClassVar[str] = "/internal/desk-words"
    callers: ClassVar[tuple[str, ...]] = ("notify",)

    request_id: UUID
    text: str


class Requester(Answer):
    """A person who filled in a partner's form for someone else."""

    name: str | None = None
    role: str | None = None
    organisation: str | None = None


class Worker(Answer):
    """A professional through whom an asker is reached."""

    organisation: str
    name: str
    email: str | None = None
    phone: str | None = None


class Asker(Reachable):
    """An asker with what they wrote: for the partner that accepted, and for the desk.

    Notify, which every text and every reply goes through, cannot read a child's words.
    """

    path: ClassVar[str] = "/internal/askers"
    callers: ClassVar[tuple[str, ...]] = ("referral",)

    question: str | None
    requester: Requester | None
    address: str | None = None
    worker: Worker | None = None


class OfferDetail(Detail):
    """An offer as its partner is told of it. `link` is derived anew each time and stored nowhere.

    `reference` is the question's; it is empty, and `offered_at` None, where a version before answers.
    """

    owner: ClassVar[str] = "referral"
    path: ClassVar[str] = "/internal/offers"
    callers: ClassVar[tuple[str, ...]] = ("notify",)
    asked_by: ClassVar[str] = "offer_id"

    referral_id: UUID
    request_id: UUID
    state: str
    organisation: str
    service: str
    email: str | None
    language: str
    country: str
    link: str
    answer_by: datetime
    urgency: Urgency
    sample: bool
    reference: str = ""
    offered_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.state == "open"


class Helpline(Answer):
    """An organisation that takes no referrals and that people can turn to themselves."""

    name: str
    website: str | None


class ReferralDetail(Detail):
    """The partner that accepted a referral, or the helplines to turn to if none did.

    `meant`: the organisation that will be asked first once the asker says that it may be told. `interpreter`:
    who would fit does not speak the asker's language, so one is sought.
    """

    owner: ClassVar[str] = "referral"
    path: ClassVar[str] = "/internal/referrals"
    callers: ClassVar[tuple[str, ...]] = ("intake", "notify")
    asked_by: ClassVar[str] = "referral_id"

    request_id: UUID
    state: str
    organisation: str | None
    service: str | None
    website: str | None
    unplaced_reason: str | None
    helplines: tuple[Helpline, ...]
    meant: str | None = None
    interpreter: bool = False


class DeskCallDetail(Detail):
    """Somebody who is called to the desk. `waits`: nobody has taken what they are called to.

    `phone`: where a text reaches them while they have duty; who has none is mailed.
    """

    owner: ClassVar[str] = "intake"
    path: ClassVar[str] = "/internal/desk-calls"
    callers: ClassVar[tuple[str, ...]] = ("notify",)
    asked_by: ClassVar[str] = "call_id"

    email: str
    language: str
    url: str
    waits: bool
    phone: str | None = None


DETAILS: tuple[type[Detail], ...] = (
    DeskWords,
    RequestFacts,
    ContactPoint,
    Asker,
    CallText,
    OfferDetail,
    ReferralDetail,
    DeskCallDetail,
)
