"""What the commands of the operator do, once the installation is found."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import sleep
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, make_url, text
from sqlmodel import SQLModel, col, select

from local.account import LocalProblem
from local.postgres import binary
from services import system
from services.installation import session
from services.notify.channels.port import ChannelName
from services.notify.contacts.commands import suppress, unsuppress
from services.notify.messages import commands as messages
from services.notify.messages.tables import Attempt, Message, MessageState
from services.notify.visits import commands as visits
from services.referral.directory import commands as directory
from services.referral.directory.commands import Imported
from services.referral.directory.importing import read
from services.referral.directory.rules import local_day
from services.referral.referrals import commands as referrals
from shared.contact.addresses import normalise_email
from shared.contact.phones import normalise_phone
from shared.contact.problems import ContactProblem
from shared.database.common import COMMON
from shared.database.encrypted import reencrypt as rotate
from shared.database.engine import make_engine
from shared.events.services import SERVICES
from shared.messaging import dead_letters
from shared.messaging.heartbeat import EVERY_SECONDS, WORKER, is_alive, last_sign
from shared.security import keystore
from shared.security.keystore import Scope, ensure_key, make_key

LAPSE_AT_ONCE = 500


def create_key(name: str, scopes: list[str]) -> str:
    """A new key of these scopes, known to every service. Raises LocalProblem for a scope that is none."""
    unknown = sorted(set(scopes) - {scope.value for scope in Scope})
    if unknown:
        known = ", ".join(scope.value for scope in Scope)
        raise LocalProblem(f"there is no scope {', '.join(unknown)}; there are {known}")
    key = make_key()
    for service in SERVICES:
        ensure_key(os.environ["WEERZIEN_DATABASE_URL"], service, key, name, scopes)
    return key


def list_keys() -> list[dict[str, Any]]:
    """Every key is known to each service; one of them tells."""
    with session(SERVICES[0]) as opened:
        return keystore.known(opened)


def revoke_key(key_id: str) -> None:
    """From now on this key opens nothing anywhere. Raises LocalProblem for one that nobody knows."""
    found = []
    for service in SERVICES:
        with session(service) as opened:
            found.append(keystore.revoke(opened, key_id))
            opened.commit()
    if not any(found):
        raise LocalProblem(f"there is no key {key_id}: `weerzien keys list` names them")


def reencrypt() -> dict[str, int]:
    """Every encrypted value of every service under the first key; how many there were by service."""
    done = {}
    for service in SERVICES:
        own = system.service(service).base.metadata
        with session(service) as opened:
            done[service] = sum(rotate(opened, tables) for tables in (own, COMMON))
    return done


@dataclass(frozen=True)
class Import:
    """What an import did, or would do, and the mistakes in words that it met."""

    outcome: Imported
    mistakes: list[str]


def import_directory(file: Path, *, dry_run: bool) -> Import:
    """Take every good row over; with `dry_run` the same, and then nothing of it is kept."""
    runtime = system.make_runtime("referral")
    now = runtime.clock.now()
    entries, mistakes = read(file.read_bytes(), today=local_day(now, directory.HERE))
    with runtime.sessions() as opened:
        outcome = directory.import_directory(
            opened, entries, at=now, dry_run=dry_run, on_left=referrals.partners_left
        )
    runtime.engine.dispose()
    return Import(outcome, [str(mistake) for mistake in mistakes])


def list_messages(state: str | None, limit: int) -> list[dict[str, Any]]:
    query = select(Message).order_by(col(Message.created_at).desc(), col(Message.id)).limit(limit)
    if state is not None:
        if state not in set(MessageState):
            raise LocalProblem(f"there is no state {state}; there are {', '.join(MessageState)}")
        query = query.where(Message.state == MessageState(state))
    with session("notify") as notify:
        return [_line(message) for message in notify.exec(query)]


def show_message(message_id: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A message and its attempts, without whom it went to."""
    with session("notify") as notify:
        message = notify.get(Message, _uuid(message_id))
        if message is None:
            raise LocalProblem(f"there is no message {message_id}")
        tries = notify.exec(
            select(Attempt).where(Attempt.message_id == message.id).order_by(col(Attempt.number))
        )
        return _shown(message, {"to", "dedupe_key"}), [
            _shown(attempt, {"to_index", "message_id"}) for attempt in tries
        ]


def _shown(row: SQLModel, without: set[str]) -> dict[str, Any]:
    """In the order in which the table names its columns."""
    return {name: getattr(row, name) for name in type(row).model_fields if name not in without}


def lapse() -> int:
    """After a restore: what was due by now waits for a person. Raises LocalProblem while workers run."""
    runtime = system.make_runtime("notify")
    _nobody_works(runtime.engine)
    at, count = runtime.clock.now(), 0
    with runtime.sessions() as opened:
        while steps := visits.claim_due(opened, at, LAPSE_AT_ONCE):
            for step in steps:
                visits.remind(opened, step, at=at)
        count = messages.lapse(opened, at=at)
    runtime.engine.dispose()
    return count


def restore(file: Path) -> None:
    """Put a dump in the place of what the database holds. Raises LocalProblem where that does not go."""
    url = make_url(os.environ["WEERZIEN_DATABASE_URL"])
    engine = make_engine(os.environ["WEERZIEN_DATABASE_URL"], "notify", pool_size=1)
    if system.service("notify").is_up_to_date(engine):
        _nobody_works(engine)
    with engine.begin() as connection:
        # A table that is newer than the dump would stand in the way of what the dump holds.
        connection.execute(text(f"DROP SCHEMA IF EXISTS {', '.join(SERVICES)} CASCADE"))
    engine.dispose()
    plain = url.set(drivername="postgresql")._replace(password=None).render_as_string()
    done = subprocess.run(  # noqa: S603
        [binary("pg_restore"), "--dbname", plain, "--no-owner", "--single-transaction", file],
        env={"PATH": os.defpath, "PGPASSWORD": url.password or ""},
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise LocalProblem(f"{file} could not be restored, and the database is empty now: {done.stderr}")


def _nobody_works(engine: Engine) -> None:
    """Who was stopped a moment ago has left a fresh sign too, and gives no other."""
    last = last_sign(engine, WORKER)
    if is_alive(engine, WORKER):
        sleep(2 * EVERY_SECONDS)
    if last_sign(engine, WORKER) != last:
        raise LocalProblem("a worker of notify runs: stop everything first")


def leave_alone(address: str) -> bool:
    """Nothing goes to this number or address any more; false where that was so. Raises LocalProblem."""
    channel, normal = _address(address)
    with session("notify") as notify:
        new = suppress(notify, channel, normal, reason="desk", at=datetime.now(UTC))
        notify.commit()
    return new


def write_again(address: str) -> bool:
    """Its owner wants to hear from us again; false where it was not left alone. Raises LocalProblem."""
    channel, normal = _address(address)
    with session("notify") as notify:
        known = unsuppress(notify, channel, normal)
        notify.commit()
    return known


def _address(written: str) -> tuple[str, str]:
    try:
        if "@" in written:
            return ChannelName.EMAIL, normalise_email(written)
        return ChannelName.SMS, normalise_phone(written, "NL", mobile_needed=True)
    except ContactProblem as problem:
        raise LocalProblem(
            "this is neither a mobile number of the Netherlands or Belgium (write it with +31 or +32)"
            f" nor an e-mail address: {problem.code}"
        ) from problem


def _line(message: Message) -> dict[str, Any]:
    shown = ("id", "purpose", "channel", "language", "state", "reason", "due_at", "attempt_count")
    return {name: getattr(message, name) for name in shown}


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise LocalProblem(f"{text} is no id of a message") from None


def list_dead_letters() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for service in SERVICES:
        with session(service) as opened:
            found += [{"service": service, **row} for row in dead_letters.dead_letters(opened)]
    return found


def replay_dead_letters(ids: list[int] | None, only: str | None) -> int:
    """How many are on their way again."""
    count = 0
    for service in SERVICES:
        if only in (None, service):
            with session(service) as opened:
                count += dead_letters.replay(opened, ids or None)
    return count
