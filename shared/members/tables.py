"""The columns that the members of any service have; each service makes tables of its own from them.

A service adds `name` and `email` itself, since what is encrypted is bound to the name of its table. Times are
machine time, but for those at which a member was added or let go.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import LargeBinary, String
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from shared.database.columns import UtcDateTime
from shared.ids import new_id


class MemberRow(SQLModel):
    """Somebody who may do something with what is in their `scope`, and with nothing else.

    A sample member is of the embedded system alone.
    """

    id: UUID = Field(default_factory=new_id, primary_key=True)
    email_index: bytes = Field(sa_type=LargeBinary, unique=True)
    scope: list[str] = Field(sa_type=ARRAY(String))
    created_at: datetime = Field(sa_type=UtcDateTime)
    disabled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_in_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    sample: bool = False


class LinkRow(SQLModel):
    """A link that somebody asked for. It lets its member in once, until `ends_at`; it is kept as a hash.

    One without a member was asked for an address that nobody here has. `wanted` is the page to go on to.
    """

    id: UUID = Field(default_factory=new_id, primary_key=True)
    token_hash: bytes = Field(sa_type=LargeBinary, unique=True)
    person_id: UUID | None = Field(default=None, index=True)
    wanted: str = ""
    ends_at: datetime = Field(sa_type=UtcDateTime, index=True)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class SessionRow(SQLModel):
    """One browser in which somebody is signed in. Only the token's hash is stored; times are machine time.

    It ends at `ends_at` whatever happens, and earlier when nothing was done in it for a while. `browser` is
    what it is called in its owner's list.
    """

    id: UUID = Field(default_factory=new_id, primary_key=True)
    token_hash: bytes = Field(sa_type=LargeBinary, unique=True)
    person_id: UUID = Field(index=True)
    began_at: datetime = Field(sa_type=UtcDateTime)
    seen_at: datetime = Field(sa_type=UtcDateTime)
    ends_at: datetime = Field(sa_type=UtcDateTime)
    browser: str


@dataclass(frozen=True)
class Members:
    """The members of one service, and their tables.

    `kind` is what their fingerprints, links and cookie are named after. `home` is the first page of theirs;
    all their pages are below it.
    """

    kind: str
    member: type[Any]
    link: type[Any]
    session: type[Any]
    service: str
    home: str

    @property
    def cookie(self) -> str:
        return f"weerzien_{self.kind}"

    @property
    def sign_in(self) -> str:
        """The address at which a link is asked for; with a token behind it, that of the link."""
        return f"{self.home}/sign-in"
