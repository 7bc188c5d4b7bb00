from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, Column, LargeBinary
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from services.intake.base import Base
from shared.database.columns import EnumText, UtcDateTime
from shared.database.encrypted import Encrypted
from shared.ids import new_id
from shared.members.tables import SessionRow


class Role(StrEnum):
    """What somebody who works here may do. A person may have several.

    An adviser works at the desk. A senior is also the second person, and decides on safeguarding. An editor
    keeps the guidance, `directory` the partners and their services. A supervisor reads the figures of the
    desk, a researcher those without anybody in them. An auditor reads who did what. An operator manages
    people and settings, and sees no content.
    """

    ADVISER = "adviser"
    SENIOR = "senior"
    EDITOR = "editor"
    DIRECTORY = "directory"
    SUPERVISOR = "supervisor"
    RESEARCHER = "researcher"
    AUDITOR = "auditor"
    OPERATOR = "operator"


class Person(Base, table=True):
    """Somebody who works here. They can be disabled and are never deleted: the history keeps their name.

    A sample person is of the embedded system with invented families alone, and has no means of signing in.
    `telephone` is where a text reaches them while they have duty.
    """

    __tablename__ = "staff"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    name: str
    email: str = Field(sa_column=Column(Encrypted("staff.email"), nullable=False))
    email_index: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    roles: list[str] = Field(sa_type=ARRAY(EnumText(Role)))
    created_at: datetime = Field(sa_type=UtcDateTime)
    disabled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    sample: bool = False
    last_in_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    telephone: str | None = Field(default=None, sa_column=Column(Encrypted("staff.telephone")))


class SetupLink(Base, table=True):
    """A link by which somebody sets up how they sign in: it works once, until `ends_at`.

    One that `signs_in` is for a sample person, and signs them in with one press.
    """

    __tablename__ = "staff_setup_links"

    token_hash: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    person_id: UUID = Field(index=True)
    ends_at: datetime = Field(sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    signs_in: bool = False


class Password(Base, table=True):
    """What somebody's password is recognised by (Argon2id). It opens nothing without the second factor."""

    __tablename__ = "staff_passwords"

    person_id: UUID = Field(primary_key=True)
    hash: str
    changed_at: datetime = Field(sa_type=UtcDateTime)


class Authenticator(Base, table=True):
    """The authenticator app of a person: what it shows codes from, once it was confirmed by one of them.

    `last_step` is the half minute of the last code that was used: that code and those before open nothing.
    """

    __tablename__ = "staff_authenticators"

    person_id: UUID = Field(primary_key=True)
    secret: str = Field(sa_column=Column(Encrypted("staff_authenticators.secret"), nullable=False))
    made_at: datetime = Field(sa_type=UtcDateTime)
    confirmed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_step: int | None = Field(default=None, sa_type=BigInteger)


class RecoveryCode(Base, table=True):
    """A code for whoever has lost their app: it stands in for it once. Only a fingerprint is kept."""

    __tablename__ = "staff_recovery_codes"

    fingerprint: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    person_id: UUID = Field(index=True)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Passkey(Base, table=True):
    """A passkey of a person: a key whose other half stays with them, on a device or with whoever keeps it.

    `counter` is what it last counted to; many never count. `copied_at` is when it first counted backwards:
    then there are two of it.
    """

    __tablename__ = "staff_passkeys"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    person_id: UUID = Field(index=True)
    credential_id: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    public_key: bytes
    counter: int = Field(sa_type=BigInteger)
    name: str
    backed_up: bool
    made_at: datetime = Field(sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    copied_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Account(Base, table=True):
    """The organisation's own account by which a person signs in, since they first did.

    Only a fingerprint of it is kept: of who issues it, and of its id there, which stays when an address goes
    to somebody else.
    """

    __tablename__ = "staff_accounts"

    person_id: UUID = Field(primary_key=True)
    fingerprint: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    since: datetime = Field(sa_type=UtcDateTime)


class Challenge(Base, table=True):
    """What a browser was given to sign, or to bring back from elsewhere: it works once, until `ends_at`.

    The browser keeps the token in a cookie; here is its hash alone. `person_id` is whose it is, where that is
    known already, and `wanted` the page to go on to.
    """

    __tablename__ = "staff_challenges"

    token_hash: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    purpose: str
    person_id: UUID | None = None
    value: bytes
    wanted: str = ""
    ends_at: datetime = Field(sa_type=UtcDateTime, index=True)


class StaffSession(SessionRow, Base, table=True):
    """One browser in which somebody who works here is signed in.

    `stepped_up_at` is when the person last proved again that it is they.
    """

    __tablename__ = "staff_sessions"

    stepped_up_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    means: str
