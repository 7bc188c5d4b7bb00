"""A service's part of the database, for what an operator does on the command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlmodel import Session

from local.account import LocalProblem
from services import system
from shared.contact.problems import ContactProblem
from shared.errors import RuleBroken
from shared.runtime import Runtime


@contextmanager
def opened(service: str) -> Iterator[tuple[Runtime, Session]]:
    """Open it, and say in words what a rule refuses. Raises LocalProblem."""
    runtime = system.make_runtime(service)
    try:
        with runtime.sessions() as session:
            yield runtime, session
    except ContactProblem as problem:
        raise LocalProblem(f"this name or address cannot be used: {problem.code}") from problem
    except RuleBroken as refusal:
        raise LocalProblem(str(refusal)) from refusal
    finally:
        runtime.engine.dispose()
