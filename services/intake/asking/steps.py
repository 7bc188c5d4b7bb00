"""The steps of asking: one thing on a page, and only what this person needs. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from services.intake.asking.answers import FOR_OTHERS, WHO, Answers
from services.intake.requests.form import YES, read
from services.intake.requests.rules import Examined
from shared.vocabulary import Audience, ContactChannel, Share
from shared.web.forms import Mistake
from shared.web.sentences import sentence
from shared.web.steps import Step, Way, never

BEGIN, CHECK = "begin", "check"
Fields = Callable[[Answers], tuple[str, ...]]


def _fields(*names: str) -> Fields:
    return lambda _: names


def _whom(given: Answers) -> tuple[str, ...]:
    return ("child_age_bands",) if given.audience == Audience.CHILD else ("help_for", "child_age_bands")


def _want(given: Answers) -> tuple[str, ...]:
    """Return what is sought, and how soon; a child has nothing to weigh there, and is not asked."""
    return ("share",) if given.is_child else ("share", "urgency")


def _place(given: Answers) -> tuple[str, ...]:
    return ("country", "postcode", "language") if _is_asked_language(given) else ("country", "postcode")


def _is_asked_language(given: Answers) -> bool:
    """Whether somebody often wants help in another language than that of the page."""
    return given.for_somebody_else or given.inside or given.audience == Audience.CARER


def _contact(given: Answers) -> tuple[str, ...]:
    """Return what is needed of who is reached in this way, and nothing of any other way."""
    minor = ("minors_own_phone",) if given.audience in (Audience.CARER, Audience.CHILD) else ()
    who = () if given.through_the_writer else ("worker_organisation", "worker_name")
    needed: dict[str, tuple[str, ...]] = {
        ContactChannel.SMS: ("phone", *minor),
        ContactChannel.PHONE: ("phone", "voicemail", *minor),
        ContactChannel.EMAIL: ("email",),
        ContactChannel.LETTER: ("address",),
        ContactChannel.WORKER: (*who, "worker_email", "worker_phone"),
    }
    return ("name", *needed.get(given.channel, ()))


def _is_reached(given: Answers) -> bool:
    return given.channel not in ("", ContactChannel.NONE)


def _by_itself(given: Answers) -> bool:
    """Whether something comes to them that somebody else could see."""
    return given.by_phone or given.channel == ContactChannel.EMAIL


STEPS: tuple[Step[Answers], ...] = (
    Step(BEGIN, _fields("danger", "secret")),
    Step("who", _fields("who")),
    Step("child", _fields(), lambda given: given.is_child),
    Step(
        "other",
        _fields("audience", "requester_organisation", "requester_name", "requester_role"),
        lambda given: given.for_somebody_else,
    ),
    Step("want", _want),
    Step("about", _fields("needs")),
    Step("words", _fields("question")),
    Step("place", _place),
    Step("whom", _whom, lambda given: given.to_be_referred),
    Step(
        "parent",
        _fields("stage", "facility"),
        lambda given: given.inside or (given.to_be_referred and given.audience != Audience.CHILD),
    ),
    Step("language", _fields("language"), never, lambda given: not _is_asked_language(given)),
    Step("far", _fields("remote"), never, lambda given: given.to_be_referred),
    Step("reach", _fields("channel")),
    Step("contact", _contact, _is_reached),
    Step(
        "times",
        _fields("safe_days", "safe_from", "safe_to"),
        lambda given: given.is_secret and _by_itself(given),
        _by_itself,
    ),
)


def to_send(given: Answers, language: str, *, store: bool = False) -> Answers:
    """Return what is sent: answers to what this person is asked, and help in the language of the page."""
    sent = given.only({*WAY.fields_of(given), "audience"})
    return sent.model_copy(update={"store": store, "language": sent.language or language})


def examine(given: Answers, language: str, *, store: bool) -> tuple[Examined | None, list[Mistake]]:
    """Return the advice request, or None with what is wrong with it."""
    return read(to_send(given, language, store=store), language)


def wrong(given: Answers, language: str) -> list[Mistake]:
    """Return all that is wrong with or missing from the answers, in the order of the steps."""
    own = [Mistake(field, sentence(code, language)) for field, code in _only_here(given)]
    known = {one.field for one in own}
    found = own + [one for one in examine(given, language, store=True)[1] if one.field not in known]
    order = [name for step in STEPS for name in step.fields(given)]
    return sorted((one for one in found if one.field in order), key=lambda one: order.index(one.field))


def _only_here(given: Answers) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with what only the steps ask."""
    if given.secret not in (YES, "no"):
        yield "secret", "secret-missing"
    if given.who not in WHO:
        yield "who", "audience-missing"
    if given.for_somebody_else and given.audience not in FOR_OTHERS:
        yield "audience", "audience-missing"
    if given.channel == ContactChannel.LETTER and not given.inside and not given.address:
        yield "address", "address-missing"


WAY = Way(STEPS, wrong, CHECK)
BY_CODE = WAY.by_code
on_the_way, there, mistakes, after = WAY.on_the_way, WAY.there, WAY.mistakes, WAY.after
leads_to = WAY.leads_to


def place(given: Answers, code: str) -> tuple[int, int]:
    """Return which step this is, and of how many; the last look is one of them.

    What was not answered yet counts as what asks for most: it may turn out to be fewer, and not more.
    """
    longest = {"audience": Audience.CARER, "share": Share.YES, "channel": ContactChannel.SMS}
    unknown = {name: most for name, most in longest.items() if not getattr(given, name)}
    return WAY.place(given.model_copy(update=unknown), code)
