"""Whoever writes a page is told all that is wrong with it at once, with its place and what to do."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.guidance.articles import Broken, Mistake, read
from services.intake.guidance.rendering import html
from tests.intake.guidance.written import BODY, article


def mistakes(text: str, slug: str = "een-bladzijde") -> list[Mistake]:
    with pytest.raises(Broken) as refused:
        read(text, slug, "nl")
    return list(refused.value.mistakes)


def test_a_page_that_is_in_order_is_read_whole() -> None:
    page = read(article(), "is-het-mijn-schuld", "nl")
    assert (page.title, page.audience, page.countries) == ("Is het mijn schuld?", ("child",), ("NL", "BE"))
    assert [*page.parts] == ["today", "say", "more"]
    assert page.sources[0].url.startswith("https://")
    assert len(page.all_stages) == 5
    assert page.is_for_children


def test_a_file_from_another_editor_is_read_as_well() -> None:
    text = "\ufeff" + article().replace("\n", "\r\n")
    assert read(text, "een-bladzijde", "nl").parts == read(article(), "een-bladzijde", "nl").parts


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("", "line 1", "begin the file with a line +++"),
        ("# today", "line 1", "begin the file with a line +++"),
        ("+++\ntitle = 1\n", "head", "close the head"),
        ('+++\ntitle = "a"\nowner = "b\n+++\n', "line 3", "this is not TOML"),
        ("+++\n= 3\n+++\n", "line 2", "this is not TOML"),
    ],
    ids=["empty", "no-head", "open-head", "open-quotes", "no-name"],
)
def test_a_broken_head_is_named_with_its_line(text: str, where: str, what: str) -> None:
    [mistake] = mistakes(text)
    assert mistake.where == where
    assert what in mistake.what


@pytest.mark.parametrize(
    ("head", "member", "what"),
    [
        ({"without": "owner"}, "`owner`", "is missing: add a line such as owner"),
        ({"title": " "}, "`title`", "some words on one line"),
        ({"audience": ["kind"]}, "`audience`", "`kind` is not known: use `child`"),
        ({"audience": []}, "`audience`", "at least one"),
        ({"audience": "child"}, "`audience`", "a list of words"),
        ({"stages": ["jail"]}, "`stages`", "is not known"),
        ({"needs": ["liefde"]}, "`needs`", "is no need"),
        ({"countries": ["FR"]}, "`countries`", "is not known: use `NL`, `BE`"),
        ({"checked_on": '"2026-11-28"'}, "`checked_on`", "a day without quotation marks"),
        ({"checked_on": "2026-11-28T10:00:00"}, "`checked_on`", "a day without quotation marks"),
        ({"review_by": "2026-01-01"}, "`review_by`", "after checked_on"),
        ({"in_short": "woord " * 61}, "`in_short`", "more than 60 words"),
        ({"related": ["../../etc/passwd"]}, "`related`", "is no name of a page"),
        ({"colour": "red"}, "colour", "is no member of a head"),
        ({"sources": ""}, "`sources`", "is missing"),
        (
            {"sources": "[[sources]]\nurl = 'javascript:x'\non = 2026-01-01"},
            "sources, number 1",
            "has no title",
        ),
        (
            {"sources": "[[sources]]\ntitle = 'x'\nurl = 'javascript:x'\non = 2026-01-01"},
            "sources",
            "https://",
        ),
        ({"sources": "[[sources]]\ntitle = 'x'"}, "sources, number 1", "when somebody looked"),
    ],
    ids=lambda one: one if isinstance(one, str) and " " not in one else "",
)
def test_a_member_that_is_wrong_is_named_with_what_to_do(
    head: dict[str, object], member: str, what: str
) -> None:
    found = mistakes(article(**head))  # type: ignore[arg-type]
    assert any(member in one.where and what in one.what for one in found), list(map(str, found))


def test_all_that_is_wrong_is_told_at_once() -> None:
    found = mistakes(article("# today\n\nx\n\n# toady\n\ny", without="owner", needs=["x"]), "Een Pagina")
    assert len(found) == 4


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("", "`# today` is missing"),
        ("Zomaar iets.\n\n# today\n\nx", "put this under one of"),
        ("# today\n\nx\n\n# today\n\ny", "there already"),
        ("# vandaag\n\nx", "is no part of a page"),
    ],
    ids=["none", "before", "twice", "unknown"],
)
def test_what_stands_in_no_part_is_named_with_its_line(body: str, what: str) -> None:
    found = mistakes(article(body))
    assert any(what in one.what for one in found)


@pytest.mark.parametrize("slug", ["..", "Een", "a_b", "-a", "a--b", "a.b", "a/b", "x" * 81, "é", ""])
def test_a_name_that_could_lead_elsewhere_is_refused(slug: str) -> None:
    assert mistakes(article(), slug)[0].where == "name of the file"


NASTY = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "![x](https://elsewhere.example/pixel.png)",
    "![x](drawing:../../settings)",
    "[x](//elsewhere.example)",
    "[x](../../../etc/passwd)",
    "[x](/desk)",
    "[x](https://user:pw@elsewhere.example/)",
    "<a href='javascript:1'>x</a>",
    "[x]: javascript:alert(1)\n\n[x]",
    "<svg onload=alert(1)>",
    "<details open ontoggle=alert(1)>",
    '[a](https://x.example "onmouseover=alert(1)")',
]


@pytest.mark.parametrize("nasty", NASTY, ids=range(len(NASTY)))
def test_nothing_that_somebody_writes_becomes_a_script_or_leads_astray(nasty: str) -> None:
    shown = html(nasty).replace("&lt;", "").lower()
    tags = [piece.partition(">")[0] for piece in shown.split("<")[1:]]
    assert not any(tag.startswith(("script", "svg", "details", "img")) for tag in tags)
    for tag in tags:
        assert " on" not in tag or 'title="on' in tag
        assert "javascript:" not in tag
        assert "href" not in tag or 'href="https://x.example"' in tag


@given(st.text(max_size=300))
def test_whatever_is_written_there_is_an_answer(text: str) -> None:
    html(text)
    with suppress(Broken):
        assert "<script" not in html(read(article(f"# today\n\n{text}"), "een-bladzijde", "nl").body)


def test_headings_are_a_step_below_those_of_the_page() -> None:
    assert "<h3>Waarom denk je dat?</h3>" in html(read(article(BODY), "a", "nl").parts["more"])
