"""Erasing a person from all three services, and again what came back with a restore."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from sqlmodel import Session

from local.account import LocalProblem
from services import system
from services.intake.erasures import commands, rules
from shared import audit, crypto
from shared.errors import Invalid, NotFound
from shared.events.erasure import Whom
from shared.events.services import SERVICES
from shared.forgetting import Counts
from shared.forgetting import erasing as forgetting
from shared.runtime import Runtime

BY = "weerzien erase"


def erase(written: str, *, dry_run: bool) -> Counts:
    """Erase a person by reference, number or address; returns how many of what. Raises LocalProblem.

    Works on the database alone, whether the system runs or not. What providers keep goes once it runs.
    """
    try:
        known = rules.known_by(rules.kind_of(written), written)
        with _opened("intake") as (runtime, session):
            at = runtime.clock.now()
            done = commands.carry_out(
                session, known, _elsewhere, at=at, by=BY, who="operator", dry_run=dry_run
            )
            return dict(done.counts)
    except NotFound as problem:
        raise LocalProblem(problem.detail) from problem
    except Invalid as problem:
        raise LocalProblem(_in_words(problem)) from problem


def _in_words(problem: Invalid) -> str:
    said = problem.errors[0].detail or problem.errors[0].code
    return f"this is no reference, number of the Netherlands or Belgium, or e-mail address: {said}"


def _elsewhere(whom: Whom) -> Mapping[str, Counts]:
    ours, counts = crypto.keyring(), {}
    for name in SERVICES:
        if name != "intake":
            with _opened(name) as (runtime, session):
                counts[name] = forgetting.erase(session, runtime_eraser(name), whom, at=runtime.clock.now())
                session.rollback() if whom.dry_run else session.commit()
    crypto.install(ours)
    return counts


def runtime_eraser(name: str) -> forgetting.Eraser:
    return system.service(name).eraser


def erase_again(journal: Iterable[str] = ()) -> Counts:
    """Erase what came back with a restore, by the journals here and a copy. Raises LocalProblem."""
    copies, total = by_service(journal), Counter[str]()
    for name in SERVICES:
        with _opened(name) as (runtime, session):
            forgetting.merge(session, copies[name])
            audit.record(session, "operator", "erase.again", "erasure", at=runtime.clock.now())
            session.commit()
            total.update(forgetting.erase_again(session, runtime_eraser(name), at=runtime.clock.now()))
    return dict(sorted(total.items()))


def copy_of_journal() -> Iterator[str]:
    """Return the journals of all three services, a line for each thing that was erased."""
    for name in SERVICES:
        with _opened(name) as (_, session):
            for line in forgetting.journal(session):
                yield f"{name}\t{line}"


def by_service(journal: Iterable[str]) -> dict[str, list[str]]:
    """Return the lines of a copy by service. Raises LocalProblem for another text."""
    lines: dict[str, list[str]] = {name: [] for name in SERVICES}
    for line in filter(str.strip, journal):
        name, _, rest = line.partition("\t")
        if name not in lines or rest.count("\t") != 2:
            raise LocalProblem("this is no journal of erasures, as `weerzien erase --copy-journal` writes it")
        lines[name].append(rest)
    return lines


@contextmanager
def _opened(name: str) -> Iterator[tuple[Runtime, Session]]:
    runtime = system.make_runtime(name)
    try:
        with runtime.sessions() as session:
            yield runtime, session
    finally:
        runtime.engine.dispose()
