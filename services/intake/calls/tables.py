from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.intake.base import Base
from shared.database.columns import EnumText, UtcDateTime
from shared.database.encrypted import Encrypted
from shared.ids import new_id
from shared.vocabulary import Audience, Stage

# What the page of a call asks, so that a record says by which questions it was made.
FORM_VERSION = 1


class CallState(StrEnum):
    """`answered` lasts until somebody finalises what was said, also after the line went dead."""

    RINGING = "ringing"
    ANSWERED = "answered"
    MISSED = "missed"
    FINALISED = "finalised"


class Direction(StrEnum):
    IN = "in"
    OUT = "out"


class Way(StrEnum):
    """How somebody reached the desk. All but the telephone are written down by hand."""

    TELEPHONE = "telephone"
    POST = "post"
    IN_PERSON = "in-person"


class About(StrEnum):
    """Whom the caller spoke about."""

    SELF = "self"
    ANOTHER = "another"


class Outcome(StrEnum):
    """What was agreed. A call may have several."""

    INFORMED = "informed"
    ADVISED = "advised"
    REFERRED = "referred"
    CALL_BACK = "call-back"
    MESSAGE_TO_PRISON = "message-to-prison"
    SAFEGUARDING = "safeguarding"
    NO_HELP_EXISTS = "no-help-exists"


class NoTalk(StrEnum):
    """What a call was that was no conversation: it is counted apart, and no person is kept."""

    SILENT = "silent"
    HUNG_UP = "hung-up"
    WRONG_NUMBER = "wrong-number"
    JOKE = "joke"
    ABUSIVE = "abusive"
    TEST = "test"


class Call(Base, table=True):
    """A call, or what came by post or in person. What names, reaches or quotes a person is encrypted.

    `call_id` is that of the telephone exchange; none where it was written down by hand. `draft` is what was
    typed so far, as JSON, and is gone once the call is finalised; `draft_version` counts how often it
    changed. `no_talk` is set for what was no conversation, and then nothing below it is.
    """

    __tablename__ = "calls"
    __table_args__ = (
        Index("ix_calls_number_index_at", "number_index", "at"),
        Index("ix_calls_at", "at"),
        Index("ix_calls_open", "at", postgresql_where=text("state IN ('ringing', 'answered')")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    call_id: str | None = Field(default=None, unique=True)
    way: Way = Field(default=Way.TELEPHONE, sa_type=EnumText(Way))
    direction: Direction = Field(default=Direction.IN, sa_type=EnumText(Direction))
    state: CallState = Field(sa_type=EnumText(CallState))
    at: datetime = Field(sa_type=UtcDateTime)
    answered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    # Seconds between the two, once both are known.
    duration: int | None = None
    cause: str | None = None
    # Who took the call by the exchange's own names, and the number that was rung; never the caller.
    exchange_user: str | None = None
    line: str | None = None

    # E.164 from the first row. `anonymous`: the exchange told no number that can be called.
    number: str | None = Field(default=None, sa_column=Column(Encrypted("calls.number")))
    number_index: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    anonymous: bool = True

    adviser: UUID | None = None
    draft: str | None = Field(default=None, sa_column=Column(Encrypted("calls.draft")))
    draft_version: int = 0
    form_version: int = FORM_VERSION

    finalised_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    no_talk: NoTalk | None = Field(default=None, sa_type=EnumText(NoTalk))
    audience: Audience | None = Field(default=None, sa_type=EnumText(Audience))
    about: About | None = Field(default=None, sa_type=EnumText(About))
    needs: list[str] = Field(default_factory=list, sa_column=Column(JSONB, nullable=False))
    ages: list[str] = Field(default_factory=list, sa_column=Column(JSONB, nullable=False))
    stage: Stage | None = Field(default=None, sa_type=EnumText(Stage))
    country: str | None = None
    province: str | None = None
    language: str | None = None
    danger: bool = False
    outcomes: list[str] = Field(default_factory=list, sa_column=Column(JSONB, nullable=False))
    # Services that were named: id and name as it was then.
    services: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSONB, nullable=False))
    notes: str | None = Field(default=None, sa_column=Column(Encrypted("calls.notes")))
    call_back_id: UUID | None = None
    request_id: UUID | None = None
    # Set once nothing here names, reaches or quotes anybody: what is left are codes for the figures.
    erased_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class CallNote(Base, table=True):
    """What was added to a call after it was finalised: by whom and when."""

    __tablename__ = "call_notes"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    call_id: UUID = Field(index=True)
    at: datetime = Field(sa_type=UtcDateTime)
    staff_id: UUID
    text: str = Field(sa_column=Column(Encrypted("call_notes.text"), nullable=False))


class Why(StrEnum):
    """Why somebody is called back."""

    MISSED = "missed-call"
    PROMISED = "promised"


class Ended(StrEnum):
    """How a call-back ended; none while it is open."""

    REACHED = "reached"
    NOT_REACHED = "not-reached"
    LETTER = "letter"
    TEXTED = "texted"
    # The call turned out to have been answered, or the caller reached the desk again.
    NOT_NEEDED = "not-needed"
    ERASED = "erased"


class CallBack(Base, table=True):
    """Somebody who is called back: between `from_` and `to` if that was promised, with what may be said.

    `of_call` is the call that nobody took: each such call has one.
    """

    __tablename__ = "call_backs"
    __table_args__ = (
        Index("ix_call_backs_open", "due_at", postgresql_where=text("ended IS NULL")),
        Index("ix_call_backs_number_index", "number_index"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    of_call: UUID | None = Field(default=None, unique=True)
    why: Why = Field(sa_type=EnumText(Why))
    opened_at: datetime = Field(sa_type=UtcDateTime)
    # The window that was promised; for a missed call none was.
    from_: datetime | None = Field(default=None, sa_column=Column("window_from", UtcDateTime))
    to: datetime | None = Field(default=None, sa_column=Column("window_to", UtcDateTime))
    # From when on it is overdue.
    due_at: datetime = Field(sa_type=UtcDateTime)
    number: str | None = Field(default=None, sa_column=Column(Encrypted("call_backs.number")))
    number_index: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    say: str | None = Field(default=None, sa_column=Column(Encrypted("call_backs.say")))
    voicemail: bool = False
    # Whether a text or a letter may follow where nobody is reached.
    may_text: bool = False
    audience: Audience | None = Field(default=None, sa_type=EnumText(Audience))
    country: str = "NL"
    language: str = "nl"
    safe_times: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSONB, nullable=False))
    owner: UUID | None = None
    ended: Ended | None = Field(default=None, sa_type=EnumText(Ended))
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Result(StrEnum):
    """What came of trying to call somebody back."""

    REACHED = "reached"
    NO_ANSWER = "no-answer"
    ENGAGED = "engaged"
    SOMEBODY_ELSE = "somebody-else"
    WRONG_NUMBER = "wrong-number"


class Attempt(Base, table=True):
    __tablename__ = "call_back_attempts"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    call_back_id: UUID = Field(index=True)
    at: datetime = Field(sa_type=UtcDateTime)
    staff_id: UUID
    result: Result = Field(sa_type=EnumText(Result))


class Caller(Base, table=True):
    """What the desk keeps of whoever calls from one number, found by its fingerprint."""

    __tablename__ = "callers"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    number_index: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    note: str | None = Field(default=None, sa_column=Column(Encrypted("callers.note")))
    changed_at: datetime = Field(sa_type=UtcDateTime)
    changed_by: UUID | None = None


class FlagKind(StrEnum):
    WARNING = "warning"
    PAUSE = "pause"


class Flag(Base, table=True):
    """A flag on a caller, until a day. A pause counts once a second person agreed to it."""

    __tablename__ = "caller_flags"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    caller_id: UUID = Field(index=True)
    kind: FlagKind = Field(sa_type=EnumText(FlagKind))
    why: str = Field(sa_column=Column(Encrypted("caller_flags.why"), nullable=False))
    ends_at: datetime = Field(sa_type=UtcDateTime)
    asked_at: datetime = Field(sa_type=UtcDateTime)
    asked_by: UUID
    agreed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    agreed_by: UUID | None = None


class Words(StrEnum):
    """What a caller is sent: a service that was named to them, or that nobody reached them."""

    SERVICE = "service"
    NOT_REACHED = "not-reached"


class Sending(Base, table=True):
    """A text or mail to a caller, who said yes to it; `call_id` or `call_back_id` is what it is about."""

    __tablename__ = "call_sendings"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    call_id: UUID | None = Field(default=None, index=True)
    call_back_id: UUID | None = Field(default=None, index=True)
    words: Words = Field(default=Words.SERVICE, sa_type=EnumText(Words))
    at: datetime = Field(sa_type=UtcDateTime)
    staff_id: UUID
    channel: str
    phone: str | None = Field(default=None, sa_column=Column(Encrypted("call_sendings.phone")))
    email: str | None = Field(default=None, sa_column=Column(Encrypted("call_sendings.email")))
    to_index: bytes = Field(sa_column=Column(LargeBinary, nullable=False, index=True))
    service: str = ""
    service_phone: str = ""
    safe_times: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSONB, nullable=False))
    country: str
    language: str
    minor: bool = False
