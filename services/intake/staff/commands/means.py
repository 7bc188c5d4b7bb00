"""The means by which somebody signs in: a password with a code, and codes for whoever has lost their app."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import delete, or_, update
from sqlmodel import Session, col

from services.intake.staff import codes, passwords, sessions
from services.intake.staff.queries import one
from services.intake.staff.rules import Signed
from services.intake.staff.tables import Authenticator, Password, RecoveryCode
from shared.audit import record


def keep_password(session: Session, person_id: UUID, name: str, email: str, password: str) -> None:
    """Keep what a new password is recognised by. Does not commit. Raises PasswordProblem."""
    hashed, now = passwords.hash_new(password, about=(name, email)), datetime.now(UTC)
    kept = session.get(Password, person_id) or Password(person_id=person_id, hash="", changed_at=now)
    kept.hash, kept.changed_at = hashed, now
    session.add(kept)


def change_password(session: Session, signed: Signed, now_used: str, wanted: str, *, at: datetime) -> bool:
    """Change one's own password, and end one's other sessions. Returns False if the one of now is not right.

    Raises PasswordProblem.
    """
    kept, person = session.get(Password, signed.id), one(session, signed.id)
    if not passwords.is_right(now_used, kept.hash if kept else None):
        return False
    keep_password(session, person.id, person.name, person.email, wanted)
    sessions.end_all(session, person.id, but=signed.session_id)
    record(session, f"staff:{person.id}", "staff.password", f"staff:{person.id}", at=at)
    session.commit()
    return True


def new_codes(session: Session, person_id: UUID, *, at: datetime) -> list[str]:
    """Return ten new recovery codes; those of before open nothing more. Commits."""
    made = make_codes(session, person_id)
    record(session, f"staff:{person_id}", "staff.recovery-codes", f"staff:{person_id}", at=at)
    session.commit()
    return made


def make_codes(session: Session, person_id: UUID) -> list[str]:
    """Return ten recovery codes in place of those of before. Does not commit."""
    session.execute(delete(RecoveryCode).where(col(RecoveryCode.person_id) == person_id))
    made = codes.new_recovery_codes()
    for code in made:
        found_by = codes.fingerprint(person_id, codes.typed(code))
        session.add(RecoveryCode(fingerprint=found_by, person_id=person_id))
    return made


def use_code(session: Session, person_id: UUID, code: str, at: datetime, *, recovery: bool = True) -> str:
    """Use up a code: of the app, or a recovery code if those are taken. Does not commit.

    Returns which one it was (`code`, `recovery`), or nothing if it is not right or was used before.
    """
    meant = codes.typed(code)
    if codes.is_of_app(meant):
        return "code" if _use_step(session, person_id, meant, at) else ""
    return "recovery" if recovery and _use_recovery(session, person_id, meant, at) else ""


def _use_step(session: Session, person_id: UUID, code: str, at: datetime) -> bool:
    app = session.get(Authenticator, person_id)
    step = codes.step_of(app.secret, code, at) if app and app.confirmed_at else None
    return step is not None and take_step(session, person_id, step)


def take_step(session: Session, person_id: UUID, step: int) -> bool:
    """Take the code of this half minute, unless it or a later one was taken. Does not commit."""
    taken = session.execute(
        update(Authenticator)
        .where(
            col(Authenticator.person_id) == person_id,
            or_(col(Authenticator.last_step).is_(None), col(Authenticator.last_step) < step),
        )
        .values(last_step=step)
        .returning(col(Authenticator.person_id))
    )
    return taken.one_or_none() is not None


def _use_recovery(session: Session, person_id: UUID, code: str, at: datetime) -> bool:
    used = session.execute(
        update(RecoveryCode)
        .where(
            col(RecoveryCode.fingerprint) == codes.fingerprint(person_id, code),
            col(RecoveryCode.person_id) == person_id,
            col(RecoveryCode.used_at).is_(None),
        )
        .values(used_at=at)
        .returning(col(RecoveryCode.person_id))
    )
    return used.one_or_none() is not None


def remove_means(session: Session, person_id: UUID) -> None:
    """Take away whatever this person signs in with. Does not commit. Idempotent."""
    for table in (Password, Authenticator, RecoveryCode):
        session.execute(delete(table).where(col(table.person_id) == person_id))
