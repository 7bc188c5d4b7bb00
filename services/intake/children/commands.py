"""What a child asks, reads and writes. Each command is one transaction, which it commits."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from services.intake.children import codes, locking, queries, rules
from services.intake.children.alarm import sounds_like_danger
from services.intake.children.rules import Asked
from services.intake.children.tables import Box, BoxMessage
from services.intake.children.words import Words
from services.intake.conversations.rules import tidied
from services.intake.conversations.tables import Side
from shared import ceilings
from shared.crypto import equal, hash_secret
from shared.desk.items import DANGER_NOW, open_about, open_item, resolve_all, whose
from shared.errors import NotFound, TooMany
from shared.ids import new_id

CHILD_WROTE = "child-wrote"
HOUR = 3_600


@dataclass(frozen=True)
class Given:
    """What came of a question: `words` are shown until the child has typed them once, and then no more."""

    held: bool
    words: Words | None


@dataclass(frozen=True)
class Read:
    """A message that could be unlocked."""

    row: BoxMessage
    text: str


def ask(session: Session, asked: Asked, form: str, offered: Sequence[Words], *, at: datetime) -> Given:
    """Keep what a child asks, and have a person read it, whether or not it ever types its words.

    Sending the same form again is one question. Raises NotFinished for words that cannot be kept.
    """
    form_hash = hash_secret(form)
    box = queries.by_form(session, form_hash) or _begin(session, asked, form_hash, offered, at)
    given = Given(box.held, _still_shown(box, offered))
    session.commit()
    return given


def enter(session: Session, words: Words, *, at: datetime) -> str:
    """Let in whoever knows the five words, and return the token of their visit.

    Raises NotFound, alike and after the same work for words that lead nowhere and words that are not all
    right; TooMany after many tries that begin with the same two words.
    """
    mark = codes.mark(words)
    _count_try(session, mark, at)
    found = queries.by_mark(session, mark)
    # Nobody waits for this transaction while the words are hashed.
    session.commit()
    if not codes.is_right(words, found[1] if found else None) or found is None:
        raise NotFound("These words lead nowhere.")
    box = queries.locked(session, found[0])
    if box is None:
        raise NotFound("These words lead nowhere.")
    _uncount_try(session, mark, at)
    token = secrets.token_urlsafe(32)
    box.visit_hash, box.visit_ends_at = hash_secret(token), at + rules.VISIT
    box.kept_at = box.kept_at or at
    session.add(box)
    session.commit()
    return token


def leave(session: Session, token: str, *, at: datetime) -> None:
    """End a visit. Idempotent."""
    ended = update(Box).where(col(Box.visit_hash) == hash_secret(token)).returning(col(Box.form_hash))
    for form_hash in session.execute(ended.values(visit_hash=None, visit_ends_at=None)).scalars():
        note_left(session, form_hash, at)
    session.commit()


def leave_page(session: Session, form: str, *, at: datetime) -> None:
    """Have a page that a child left show nothing any more, however often its form is sent again."""
    note_left(session, hash_secret(form), at)
    session.commit()


def note_left(session: Session, form_hash: bytes, at: datetime) -> None:
    """Keep for some days that whoever had this form has left. Does not commit."""
    ceilings.add(session, queries.left(form_hash), HOUR, 1, at)


def read_by_child(session: Session, box_id: UUID, *, at: datetime) -> list[Read]:
    """Return what was written as it was before, and note that the child has seen it. Commits."""
    found = unlocked(session, box_id)
    mark_seen(session, box_id, Side.CENTRE, at)
    session.commit()
    return found


def write_back(
    session: Session, box_id: UUID, text: str, form: str, *, danger: bool = False, at: datetime
) -> None:
    """Keep what a child writes back, and have a person read it. Idempotent by its form.

    Raises NotFound for what was erased, NotFinished and TooMany.
    """
    box = _locked(session, box_id)
    if queries.by_own_form(session, box_id, hash_secret(form)) is not None:
        return
    ceilings.count(session, f"child-box:{box_id}", HOUR, rules.MESSAGES, at)
    write(session, box, Side.ASKER, text, hash_secret(form), at)
    box.held = danger or sounds_like_danger(text)
    _have_it_read(session, box, at)
    # Who writes is there: the visit goes on.
    box.visit_ends_at = at + rules.VISIT
    session.add(box)
    session.commit()


def write(
    session: Session,
    box: Box,
    side: Side,
    text: str,
    form_hash: bytes,
    at: datetime,
    staff_id: UUID | None = None,
) -> BoxMessage:
    """Lock what somebody wrote with a key of its own and keep both, while the box is locked. Does not commit.

    Raises NotFinished.
    """
    message = BoxMessage(
        box_id=box.id,
        number=queries.next_number(session, box.id),
        side=side,
        staff_id=staff_id,
        locked=b"",
        written_at=at,
        form_hash=form_hash,
    )
    message.locked, key = locking.lock_new(tidied(text), message.id, box.id)
    box.last_at = at
    session.add_all([message, key, box])
    session.flush()
    return message


def _begin(session: Session, asked: Asked, form_hash: bytes, offered: Sequence[Words], at: datetime) -> Box:
    for words in offered:
        box = _make(session, asked, form_hash, words, at)
        if box is not None:
            write(session, box, Side.ASKER, asked.text, form_hash, at)
            _have_it_read(session, box, at)
            return box
        if (known := queries.by_form(session, form_hash)) is not None:
            return known
    raise TooMany("Open the page again and send it once more.", retry_after=1)


def _make(session: Session, asked: Asked, form_hash: bytes, words: Words, at: datetime) -> Box | None:
    """Make the child's box; None where the first two words lead to another, or the form was sent before."""
    id = new_id()
    row = insert(Box).values(
        id=id,
        form_hash=form_hash,
        mark=codes.mark(words),
        code_hash=codes.hashed(words),
        language=asked.language,
        country=asked.country,
        age=asked.age,
        held=asked.danger or sounds_like_danger(asked.text),
        began_at=at,
        last_at=at,
    )
    session.execute(row.on_conflict_do_nothing())
    return queries.locked(session, id)


def _still_shown(box: Box, offered: Sequence[Words]) -> Words | None:
    if box.kept_at is not None:
        return None
    return next((one for one in offered if equal(codes.mark(one), box.mark)), None)


def _have_it_read(session: Session, box: Box, at: datetime) -> None:
    """Put it on the desk's list: one item for a child. What cannot wait takes the place of what can."""
    if box.held and any(one.reason != DANGER_NOW for one in open_about(session, box.id, CHILD_WROTE)):
        resolve_all(session, box.id, DANGER_NOW, at=at, kinds=[CHILD_WROTE])
    many = ceilings.add(session, "child-questions", HOUR, 1, at) > rules.MANY_QUESTIONS
    open_item(
        session,
        kind=CHILD_WROTE,
        reason=DANGER_NOW if box.held else CHILD_WROTE,
        subject_id=box.id,
        details=whose(audience="child", ages=[str(box.age)], language=box.language),
        dedupe_key=f"{CHILD_WROTE}:{box.id}",
        at=at,
        group=CHILD_WROTE if many else None,
        due=queries.promised(session, box.country, at),
    )


def _count_try(session: Session, mark: bytes, at: datetime) -> None:
    """Count a try of words that begin so, alike whether they lead anywhere. Commits. Raises TooMany."""
    these, everybodys = f"child-try:{mark.hex()}", "child-tries"
    number = ceilings.add_each(session, {these: HOUR, everybodys: HOUR}, at)
    session.commit()
    if not rules.tries_left(number[these], number[everybodys]):
        raise TooMany("These words were tried too often.", retry_after=HOUR)


def _uncount_try(session: Session, mark: bytes, at: datetime) -> None:
    for bucket in (f"child-try:{mark.hex()}", "child-tries"):
        ceilings.uncount(session, bucket, HOUR, at)


def unlocked(session: Session, box_id: UUID) -> list[Read]:
    """Return what was written, the oldest first. Does not commit."""
    found = [Read(row, locking.unlock(row, key)) for row, key in queries.messages(session, box_id)]
    session.expunge_all()
    return found


def mark_seen(session: Session, box_id: UUID, side: Side, at: datetime) -> None:
    name = "seen_by_child_at" if side is Side.CENTRE else "seen_by_centre_at"
    unseen = col(getattr(BoxMessage, name)).is_(None)
    session.execute(
        update(BoxMessage)
        .where(col(BoxMessage.box_id) == box_id, col(BoxMessage.side) == side, unseen)
        .values({name: at})
    )


def _locked(session: Session, box_id: UUID) -> Box:
    box = queries.locked(session, box_id)
    if box is None:
        raise NotFound("This was erased.")
    return box
