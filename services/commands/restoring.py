"""Putting a dump in place, and what must not go out by itself after that."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from time import sleep

from sqlalchemy import Engine, make_url, text

from local.account import LocalProblem
from local.postgres import binary
from services import system
from services.commands import erasing
from services.notify.messages import commands as messages
from services.notify.visits import commands as visits
from shared import audit
from shared.database.engine import make_engine, make_sessions
from shared.events.services import SERVICES
from shared.messaging.heartbeat import EVERY_SECONDS, WORKER, is_alive, last_sign

LAPSE_AT_ONCE = 500


def restore(file: Path) -> None:
    """Replace what the database holds by a dump, and erase again who was erased since. Raises LocalProblem.

    The journal of the database that is replaced outlives it.
    """
    url = make_url(os.environ["WEERZIEN_DATABASE_URL"])
    engine = make_engine(os.environ["WEERZIEN_DATABASE_URL"], "notify", pool_size=1)
    if system.service("notify").is_up_to_date(engine):
        _nobody_works(engine)
    journal = list(erasing.copy_of_journal()) if _has_journal(engine) else []
    with engine.begin() as connection:
        # A table that is newer than the dump would stand in the way of what the dump holds.
        connection.execute(text(f"DROP SCHEMA IF EXISTS {', '.join(SERVICES)} CASCADE"))
    engine.dispose()
    plain = url.set(drivername="postgresql")._replace(password=None).render_as_string()
    done = subprocess.run(  # noqa: S603
        # Who may do what is for `migrate` to say: the roles of another server are not those of this one.
        [binary("pg_restore"), "--dbname", plain, "--no-owner", "--no-acl", "--single-transaction", file],
        env={"PATH": os.defpath, "PGPASSWORD": url.password or ""},
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise LocalProblem(f"{file} could not be restored, and the database is empty now: {done.stderr}")
    if journal:
        # The dump may be from before there was a journal.
        for name in SERVICES:
            system.service(name).upgrade(os.environ["WEERZIEN_DATABASE_URL"])
        erasing.erase_again(journal)
    _note()


def _note() -> None:
    """Note in each audit that was put in place by whom; one of an older version gets its tables later on."""
    for name in SERVICES:
        engine = make_engine(os.environ["WEERZIEN_DATABASE_URL"], name, pool_size=1)
        if system.service(name).is_up_to_date(engine):
            with make_sessions(engine)() as opened:
                audit.record(opened, "operator", "database.restore", "database", at=datetime.now(UTC))
                opened.commit()
        engine.dispose()


def _has_journal(engine: Engine) -> bool:
    tables = text("SELECT count(*) FROM pg_tables WHERE tablename = 'erased' AND schemaname = ANY(:names)")
    with engine.connect() as connection:
        return bool(connection.execute(tables, {"names": list(SERVICES)}).scalar() == len(SERVICES))


def lapse() -> int:
    """After a restore, leave what was due to a person. Raises LocalProblem while workers run."""
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


def _nobody_works(engine: Engine) -> None:
    """A worker that was stopped a moment ago has left a fresh sign of life as well, and gives no other."""
    last = last_sign(engine, WORKER)
    if is_alive(engine, WORKER):
        sleep(2 * EVERY_SECONDS)
    if last_sign(engine, WORKER) != last:
        raise LocalProblem("a worker of notify runs: stop everything first")
