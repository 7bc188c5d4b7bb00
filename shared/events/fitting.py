"""What a page of guidance asks of the directory: which services fit, and why. There is no person in it."""

from __future__ import annotations

from uuid import UUID

from shared.events.details import Answer
from shared.vocabulary import HelpFor, Stage

PATH = "/internal/guidance/services"
CALLERS = ("intake",)
AT_MOST = 5


class AskFitting(Answer):
    """What a page is about. Of each country at most `AT_MOST` services are answered."""

    needs: tuple[str, ...] = ()
    help_for: tuple[HelpFor, ...] = ()
    countries: tuple[str, ...] = ()
    stages: tuple[Stage, ...] = ()
    language: str = "nl"
    reader: str = "nl"


class ServiceFitting(Answer):
    """A service that fits, with sentences that say why, in the reader's language.

    `takes_referrals`: we can bring somebody into contact with it. `sample`: it is not a real one.
    """

    id: UUID
    name: str
    organisation: str
    country: str
    website: str | None = None
    phone: str | None = None
    takes_referrals: bool = False
    sample: bool = False
    why: tuple[str, ...] = ()


class Fitting(Answer):
    items: tuple[ServiceFitting, ...] = ()
