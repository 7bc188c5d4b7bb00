"""What can be done with members, and by them. Each of these commits, except `ask`, which a mail goes with."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, update
from sqlmodel import Session, col

from shared import ceilings
from shared.audit import record
from shared.contact.addresses import normalise_email
from shared.contact.names import tidy_name
from shared.crypto import blind_index, hash_secret, sign_token
from shared.errors import Problem, RuleBroken, TooMany
from shared.ids import new_id
from shared.members import queries, sessions
from shared.members.rules import (
    FROM_ONE_PLACE,
    LINK_LASTS,
    LONGEST,
    SAMPLE_LASTS,
    SEEN_EVERY,
    TO_ONE_ADDRESS,
    Signed,
    is_over,
    path_below,
)
from shared.members.tables import Members

UNKNOWN = "unknown"


class LinkOver(Problem):
    """The link was used, is too old, or never was; nobody learns which."""

    def __init__(self) -> None:
        super().__init__(404, "link-over", "This link has ended", "This link has ended. Ask for a new one.")


@dataclass(frozen=True)
class From:
    """Where somebody signs in: which browser it is, and the session that it still has."""

    browser: str = ""
    before: str = ""


def add(
    session: Session,
    members: Members,
    email: str,
    scope: Collection[str],
    *,
    name: str = "",
    at: datetime,
    by: str,
) -> tuple[Any, bool]:
    """Add a member, or say of one who is here already what is theirs; returns whom, and whether they are new.

    Who was let go stays so. Raises ContactProblem for an address or name that is none, and RuleBroken where
    nothing would be theirs.
    """
    address = normalise_email(email)
    if not scope:
        raise RuleBroken("Say what is theirs.")
    member = queries.by_email(session, members, address)
    is_new = member is None
    if member is None:
        index = queries.index_of(members, address)
        member = members.member(email=address, email_index=index, name="", scope=[], created_at=at)
    member.name = tidy_name(name) if name.strip() else member.name or address.partition("@")[0]
    member.scope = sorted(set(scope))
    session.add(member)
    record(session, by, "member.add" if is_new else "member.change", f"member:{member.id}", at=at)
    session.commit()
    return member, is_new


def disable(session: Session, members: Members, member_id: UUID, *, at: datetime, by: str) -> None:
    """Let somebody go: from the next press on they are out. Raises NotFound. Idempotent."""
    member = queries.one(session, members, member_id)
    if member.disabled_at is None:
        member.disabled_at = at
        sessions.end_all(session, members.session, member.id)
        session.execute(delete(members.link).where(col(members.link.person_id) == member.id))
        record(session, by, "member.disable", f"member:{member.id}", at=at)
    session.commit()


def enable(session: Session, members: Members, member_id: UUID, *, at: datetime, by: str) -> None:
    """Let somebody in again. Raises NotFound. Idempotent."""
    member = queries.one(session, members, member_id)
    if member.disabled_at is not None:
        member.disabled_at = None
        record(session, by, "member.enable", f"member:{member.id}", at=at)
    session.commit()


def ask(session: Session, members: Members, email: str, origin: str, *, wanted: str, at: datetime) -> UUID:
    """Make a link for who has this address, and return its id, for the mail. Does not commit.

    For an address that nobody has the same is done, and its link lets nobody in: whoever asks learns nothing,
    not even by the time that it takes. Raises ContactProblem for what is no address, and TooMany.
    """
    address = normalise_email(email)
    _count(session, members, address, origin, at)
    member = queries.by_email(session, members, address)
    here = member is not None and member.disabled_at is None
    return _link(session, members, member.id if here else None, path_below(wanted, members.home), LINK_LASTS)


def _link(session: Session, members: Members, member_id: UUID | None, wanted: str, lasts: timedelta) -> UUID:
    now, link_id = datetime.now(UTC), new_id()
    session.execute(delete(members.link).where(col(members.link.ends_at) < now))
    session.add(
        members.link(
            id=link_id,
            token_hash=hash_secret(sign_token(label(members), link_id)),
            person_id=member_id,
            wanted=wanted,
            ends_at=now + lasts,
        )
    )
    return link_id


def _count(session: Session, members: Members, address: str, origin: str, at: datetime) -> None:
    """Count one more link to this address and from this place. Raises TooMany, which counts nothing."""
    limits = _buckets(members, "to", queries.index_of(members, address).hex(), TO_ONE_ADDRESS)
    if origin != UNKNOWN:
        limits |= _buckets(members, "from", blind_index("origin", origin).hex(), FROM_ONE_PLACE)
    counted = ceilings.add_each(session, {bucket: seconds for bucket, (seconds, _) in limits.items()}, at)
    over = [limits[bucket][0] for bucket, number in counted.items() if number > limits[bucket][1]]
    if over:
        session.rollback()
        ends = ceilings.window_start(at, max(over)) + timedelta(seconds=max(over))
        raise TooMany(
            "That is too often. Please try again later.", retry_after=max(1, int((ends - at).total_seconds()))
        )


def _buckets(members: Members, kind: str, of: str, limits: Mapping[int, int]) -> dict[str, tuple[int, int]]:
    return {
        f"{members.kind}-link-{kind}-{seconds}:{of}": (seconds, limit) for seconds, limit in limits.items()
    }


def label(members: Members) -> str:
    """Return what the tokens of their links are derived for."""
    return f"{members.kind}-sign-in"


def sample_link(
    session: Session, members: Members, email: str, scope: Collection[str], name: str, *, at: datetime
) -> str:
    """Return the token of a link that signs a sample member in, once within a day: for trying things out."""
    member, _ = add(session, members, email, scope, name=name, at=at, by="system")
    member.sample = True
    link_id = _link(session, members, member.id, "", SAMPLE_LASTS)
    session.commit()
    return sign_token(label(members), link_id)


def let_in(session: Session, members: Members, token: str, place: From, *, at: datetime) -> tuple[str, str]:
    """Use a link up, and begin a session; returns its token, and the page that was wanted.

    Of two who press at once one is let in. Every other link of the member ends, and so does the session that
    the browser had before. Raises LinkOver.
    """
    now, live = datetime.now(UTC), queries.live_link(session, members, token)
    if live is None or not _is_used_up(session, members, token, now):
        raise LinkOver
    link, member = live
    session.execute(
        update(members.link)
        .where(col(members.link.person_id) == member.id, col(members.link.used_at).is_(None))
        .values(used_at=now)
    )
    member.last_in_at = now
    if place.before:
        sessions.end(session, members.session, place.before)
    mine = sessions.begin(session, members.session, member.id, lasts=LONGEST, browser=place.browser)
    record(session, f"member:{member.id}", "sign-in", f"member:{member.id}", at=at, why="link")
    wanted = link.wanted
    session.commit()
    return mine, wanted


def _is_used_up(session: Session, members: Members, token: str, now: datetime) -> bool:
    """Use the link up, and return whether it was still to be used: that is so once."""
    return bool(
        session.execute(
            update(members.link)
            .where(
                col(members.link.token_hash) == hash_secret(token),
                col(members.link.used_at).is_(None),
                col(members.link.ends_at) > now,
            )
            .values(used_at=now)
            .returning(col(members.link.id))
        ).all()
    )


def signed_in(session: Session, members: Members, token: str, *, in_use: bool = True) -> Signed | None:
    """Return who is signed in with this token and what is theirs now, and note that the session is in use."""
    found, now = queries.live_session(session, members, token) if token else None, datetime.now(UTC)
    if found is None or is_over(found[0], now):
        return None
    kept, member = found
    signed = Signed(member.id, member.name, frozenset(member.scope), kept.id, token)
    if in_use and now - kept.seen_at >= SEEN_EVERY:
        kept.seen_at = now
    session.commit()
    return signed


def sign_out(session: Session, members: Members, signed: Signed, *, at: datetime) -> None:
    """End this session. Idempotent."""
    sessions.end(session, members.session, signed.token)
    record(session, signed.who, "sign-out", signed.who, at=at)
    session.commit()


def end_session(
    session: Session, members: Members, signed: Signed, session_id: UUID, *, at: datetime
) -> None:
    """End one of one's own sessions, wherever it is. Idempotent."""
    sessions.end_one(session, members.session, signed.id, session_id)
    record(session, signed.who, "session.end", f"session:{session_id}", at=at)
    session.commit()


def end_others(session: Session, members: Members, signed: Signed, *, at: datetime) -> None:
    """End all of one's sessions but this one. Idempotent."""
    sessions.end_all(session, members.session, signed.id, but=signed.session_id)
    record(session, signed.who, "session.end-others", signed.who, at=at)
    session.commit()
