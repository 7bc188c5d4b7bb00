"""The five words: recognised however a child types them, and guessed by nobody."""

from __future__ import annotations

import random
from datetime import timedelta
from functools import partial
from itertools import cycle
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event
from sqlmodel import Session, select

from services.intake.children import codes, commands, rules, words
from services.intake.children.tables import Box
from shared.clock import FixedClock
from shared.crypto import blind_index
from shared.errors import NotFound, TooMany
from shared.languages import FOR_PAGES
from tests.conftest import MORNING
from tests.intake.children.child import HERE, Child, visible

FIVE = ("appeltaart", "zonnebloem", "dolfijn", "fietsbel", "kabouter")
BAD = {
    "in capitals": "APPELTAART ZONNEBLOEM DOLFIJN FIETSBEL KABOUTER",
    "with hyphens": "appeltaart-zonnebloem-dolfijn-fietsbel-kabouter",
    "with commas": "appeltaart, zonnebloem,dolfijn ,fietsbel, kabouter.",
    "on lines of their own": "appeltaart\r\nzonnebloem\r\ndolfijn\r\nfietsbel\r\nkabouter\r\n",
    "numbered": "1. appeltaart 2. zonnebloem 3. dolfijn 4. fietsbel 5. kabouter",
    "with many spaces": "   appeltaart  zonnebloem\t dolfijn \u00a0fietsbel   kabouter ",
    "without spaces": "appeltaartzonnebloemdolfijnfietsbelkabouter",
    "with a space inside a word": "appel taart zonne bloem dolfijn fiets bel kabouter",
    "with a letter missing": "appeltart zonnebloem dolfijn fietsbel kabouter",
    "with a letter too many": "appeltaart zonnebloemm dolfijn fietsbel kabouter",
    "with another letter": "appeltaart zonnebloem dolfyjn fietsbel kabouter",
    "with two letters turned": "appeltaart zonnebloem dolfijn feitsbel kabouter",
    "with a slip in each": "appeltart zonebloem dolfjin fietsbell kabuoter",
    "with accents": "áppeltaart zónnebloem dolfijn fietsbél kàbouter",
    "in letters as wide as two": "ａｐｐｅｌｔａａｒｔ zonnebloem dolfijn fietsbel kabouter",
}


@pytest.mark.parametrize("typed", BAD.values(), ids=BAD.keys())
@pytest.mark.parametrize("language", FOR_PAGES)
def test_the_words_are_understood_however_they_are_typed(typed: str, language: str) -> None:
    assert words.understood(typed, language) == FIVE


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "appeltaart",
        " ".join(FIVE[:4]),
        " ".join((*FIVE, "fee")),
        "qqqqq " + " ".join(FIVE[1:]),
        "x" * 10_000,
        "١٢٣ 你好",
    ],
    ids=["nothing", "one", "four", "six", "one that is in no list", "10,000 letters", "other signs"],
)
def test_what_is_not_surely_five_words_is_none(typed: str) -> None:
    assert words.understood(typed, "nl") is None


def test_a_slip_that_could_be_two_words_is_not_guessed() -> None:
    known = words.by_plain("nl")
    doubtful = next(
        head + one + tail
        for word in known
        for head, tail in [(word[:1], word[2:])]
        for one in "abcdefghijklmnopqrstuvwxyz"
        if len(words._near(head + one + tail, "nl")) > 1
    )
    assert words.understood(" ".join((doubtful, *FIVE[1:])), "nl") is None


@pytest.mark.parametrize("language", FOR_PAGES)
def test_no_two_words_of_a_list_look_alike_and_there_are_about_two_thousand(language: str) -> None:
    known = words.by_plain(language)
    assert 2_000 <= len(known) <= 2_400
    assert all(3 <= len(one) <= 13 and one.isascii() and one.isalpha() for one in known)
    alike = {one: set(words._slips(one)) & known.keys() - {one} for one in known}
    assert {one: others for one, others in alike.items() if others} == {}


SAD = {
    "nl": "cel gevangenis gevangene tralie boef dief politie rechter straf slot dood graf oorlog mes angst",
    "fr": "cellule prison prisonnier barreau voleur police juge peine mort tombe sang guerre couteau peur",
    "en": "cell prison prisoner jail thief police judge sentence dead grave blood war knife gun guard lock",
}


@pytest.mark.parametrize("language", FOR_PAGES)
def test_no_word_is_sad_or_of_prison(language: str) -> None:
    assert set(SAD[language].split()) & words.by_plain(language).keys() == set()


def test_words_are_drawn_anew_each_time() -> None:
    drawn = {words.draw(language) for language in FOR_PAGES for _ in range(200)}
    assert len(drawn) == 600


def boxes(session: Session, number: int) -> list[words.Words]:
    """Keep the words of as many children as the pages keep them; returns them without accents."""
    made = [tuple(map(words.plain, words.draw("nl"))) for _ in range(number)]
    for at, drawn in enumerate({one[:2]: one for one in made}.values()):
        box = Box(
            form_hash=at.to_bytes(4),
            mark=codes.mark(drawn),
            code_hash=codes.hashed(drawn),
            language="nl",
            country="NL",
            age=9,
            began_at=MORNING,
            kept_at=MORNING,
            last_at=MORNING,
        )
        session.add(box)
    session.commit()
    return made


def test_a_million_wrong_tries_hit_nobody(session: Session) -> None:
    """As whoever tries would: five words by chance of a list that anybody can read, against what is stored.

    Most tries do not even begin as one of them does; of those that do, none has the other three words.
    """
    random.seed(2026)
    boxes(session, 300)
    stored = {bytes(box.mark): box.code_hash for box in session.exec(select(Box)).all()}
    known, begins, hits = list(words.by_plain("nl")), 0, 0
    for _ in range(1_000_000):
        # As `codes.mark` does it, without taking off accents that are not there.
        tried = random.choices(known, k=words.HOW_MANY)
        if (kept := stored.get(blind_index("child-words", f"{tried[0]} {tried[1]}"))) is not None:
            assert codes.mark(tuple(tried)) in stored
            begins += 1
            hits += codes.is_right(tuple(tried), kept)
    assert begins > 10
    assert hits == 0
    # By arithmetic: less than one in a million that a million tries open any of ten thousand children's.
    fewest = min(len(words.by_plain(code)) for code in FOR_PAGES)
    assert 1_000_000 * 10_000 / fewest**words.HOW_MANY < 1e-6


def test_words_that_lead_nowhere_cost_the_same_as_those_that_are_nearly_right(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told apart by nothing: as many slow hashes, and the same statements to the database."""
    [right] = boxes(session, 1)
    near = (*right[:4], "zzz")
    nowhere = ("aaa", "bbb", "ccc", "ddd", "eee")
    seen = {tried: work(session, tried, monkeypatch) for tried in (near, nowhere)}
    assert seen[near] == seen[nowhere]
    assert seen[near][0] == 1
    assert len(seen[near][1]) >= 2


def work(session: Session, tried: words.Words, monkeypatch: pytest.MonkeyPatch) -> tuple[int, list[str]]:
    """Return how many slow hashes and which statements it takes to refuse these words."""
    hashed: list[str] = []
    said: list[str] = []
    monkeypatch.setattr(codes, "_hasher", Counting(hashed))
    connection = session.connection()
    listening = partial(_hear, said)
    event.listen(connection.engine, "before_cursor_execute", listening)
    with pytest.raises(NotFound):
        commands.enter(session, tried, at=MORNING)
    event.remove(connection.engine, "before_cursor_execute", listening)
    monkeypatch.undo()
    return len(hashed), said


def _hear(said: list[str], *about: Any) -> None:
    said.append(about[2])


class Counting:
    """Verifies as slowly as the real one, and remembers that it did."""

    def __init__(self, seen: list[str]) -> None:
        self.seen, self.real = seen, codes._hasher

    def verify(self, kept: str, secret: str) -> bool:
        self.seen.append(kept)
        return bool(self.real.verify(kept, secret))


def test_words_for_nobody_are_hashed_as_slowly_as_any() -> None:
    def slowness(kept: str) -> list[str]:
        return kept.split("$")[1:4]

    assert slowness(codes._NOBODYS) == slowness(codes.hashed(FIVE)) == ["argon2id", "v=19", "m=19456,t=2,p=1"]


def test_after_many_tries_of_the_same_first_words_those_alone_wait_an_hour(
    child: Child, client: TestClient, clock: FixedClock
) -> None:
    child.asks()
    other = Child(client)
    other.asks()
    wrong = " ".join((*child.words.split()[:2], *FIVE[:3]))
    answers = [child.comes_back(wrong).status_code for _ in range(rules.TRIES + 1)]
    assert answers == [404] * rules.TRIES + [429]
    assert child.comes_back().status_code == 429
    assert other.comes_back().status_code == 303
    clock.advance(timedelta(hours=1))
    assert child.comes_back().status_code == 303


def test_however_many_others_try_a_child_with_its_own_words_is_let_in(
    child: Child, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    child.asks()
    monkeypatch.setattr(codes, "is_right", lambda tried, kept: False)
    monkeypatch.setattr(rules, "MANY_TRIES", 20)
    for at in range(25):
        with pytest.raises(NotFound):
            commands.enter(session, (f"a{at}", "b", "c", "d", "e"), at=MORNING)
    refused = 0
    for _ in range(rules.TRIES_OF_MANY + 1):
        try:
            commands.enter(session, ("a", "b", "c", "d", "e"), at=MORNING)
        except TooMany:
            refused += 1
        except NotFound:
            pass
    assert refused == 1
    monkeypatch.undo()
    monkeypatch.setattr(rules, "MANY_TRIES", 20)
    assert child.comes_back().status_code == 303


def test_right_words_are_no_try(child: Child) -> None:
    child.asks()
    assert {child.comes_back().status_code for _ in range(rules.TRIES + 3)} == {303}


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("appel peer", "Dat zijn geen vijf woorden."),
        ("qwertyqwerty zonnebloem dolfijn fietsbel kabouter", "Het woord 'qwertyqwerty' kennen we niet."),
        (" ".join(FIVE), "Met deze woorden vinden we niets."),
    ],
    ids=["two words", "a word of no list", "words of nobody"],
)
def test_what_is_wrong_with_the_words_is_said_without_saying_who_is_there(
    child: Child, typed: str, said: str
) -> None:
    answer = child.comes_back(typed)
    assert answer.status_code in (400, 404)
    assert said in visible(answer.text)


@pytest.mark.parametrize("way", BAD, ids=BAD)
def test_a_child_comes_back_however_it_types(
    child: Child, session: Session, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(codes, "draw", lambda language: FIVE)
    child.asks()
    assert child.comes_back(BAD[way]).headers["location"] == HERE


def test_words_that_begin_as_those_of_another_child_are_not_given_out(
    client: TestClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    begins_alike, others = (*FIVE[:2], *reversed(FIVE[2:])), tuple(reversed(FIVE))
    rows = cycle([FIVE, FIVE, FIVE, begins_alike, others, others])
    monkeypatch.setattr(codes, "draw", lambda language: next(rows))
    one, other = Child(client), Child(client)
    one.asks()
    other.asks()
    assert one.words.split()[:2] != other.words.split()[:2]
    assert len({box.mark for box in session.exec(select(Box)).all()}) == 2
