"""What a web process remembers of the words of all pages, so that whoever seeks need not wait for them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, Thread
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from services.intake.guidance import commands, library, queries
from services.intake.guidance.library import Shelf
from services.intake.guidance.search import Index
from shared.runtime import Runtime

log = logging.getLogger(__name__)
THREAD = "words-of-pages"


class WordsOfPages:
    """Remembers the last state of the pages that the search was told of, in each language.

    Where the search is told of a newer one, the one before answers until the newer one is read, beside the
    requests.
    """

    def __init__(self, runtime: Runtime[Any]) -> None:
        self._runtime = runtime
        self._kept: dict[str, Index] = {}
        self._reading = Lock()

    def begin(self) -> None:
        """Read what the search knows beside the requests, as a process does that begins to answer them.

        Where it knows no page of a language, as in a new installation, it is told first: a worker may do the
        same at this moment, and one of the two finds it done.
        """
        # Whoever seeks before it is done waits for it.
        self._reading.acquire()
        Thread(target=self._begin, name=THREAD, daemon=True).start()

    def of(self, session: Session, shelf: Shelf, language: str) -> Index | None:
        """Return the words of the pages in a language; None where the search was never told of any."""
        told = self._told(session, shelf, language)
        kept = self._kept.get(language)
        if told and kept is not None and kept.edition in told:
            if kept.edition != told[0]:
                self._read_aside(language, told[0])
            return kept
        with self._reading:
            told = self._told(session, shelf, language)
            return self._read(session, language, told[0]) if told else None

    def read(self, session: Session, shelf: Shelf) -> None:
        """Read what the search knows now, in every language."""
        for language in shelf.editions:
            if told := self._told(session, shelf, language):
                self._read(session, language, told[0])

    def _told(self, session: Session, shelf: Shelf, language: str) -> list[str]:
        """Return the states that the search knows: first that of this process's pages, then the newest."""
        return queries.told(session, language, shelf.editions.get(language, ""))

    def _read(self, session: Session, language: str, edition: str) -> Index | None:
        kept = self._kept.get(language)
        if kept is None or kept.edition != edition:
            found = queries.index(session, language, edition)
            if found is not None:
                self._kept[language] = found
        return self._kept.get(language)

    def _read_aside(self, language: str, edition: str) -> None:
        if self._reading.acquire(blocking=False):
            Thread(target=self._take_over, args=(language, edition), name=THREAD, daemon=True).start()

    def _take_over(self, language: str, edition: str) -> None:
        with self._giving_way(), self._runtime.sessions() as session:
            self._read(session, language, edition)

    def _begin(self) -> None:
        with self._giving_way(), self._runtime.sessions() as session:
            shelf = library.of(self._runtime.settings.content_dir).now()
            if not all(queries.told(session, language) for language in shelf.editions):
                commands.tell(session, shelf, at=self._runtime.clock.now())
            self.read(session, shelf)

    @contextmanager
    def _giving_way(self) -> Iterator[None]:
        """Let the next one read, whatever comes of this."""
        try:
            yield
        except SQLAlchemyError as problem:
            log.warning("the words of the pages cannot be read yet: %s", type(problem).__name__)
        finally:
            self._reading.release()
