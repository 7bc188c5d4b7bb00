"""Pages are easy to read and lead somewhere; what does not is named, unless an exception says why."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli import app
from services.intake.guidance import lint, reading
from services.intake.guidance.library import HOUSE
from tests.intake.guidance.written import article, put

LONG = "De penitentiaire inrichting communiceert onvoorziene bezoekregelingen uitsluitend schriftelijk. " * 3
ENDLESS = "Hij " + "en zij en hij " * 12 + "zijn er."


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    put(tmp_path, "een-bladzijde", related=["mag-ik-boos-zijn"])
    put(tmp_path, "mag-ik-boos-zijn")
    return tmp_path


def found(pages: Path) -> list[tuple[str, str, str]]:
    return [(one.page, one.where, one.check) for one in lint.lint([pages])]


def test_pages_that_are_in_order_are_not_named(pages: Path) -> None:
    assert lint.lint([pages]) == []


@pytest.mark.parametrize(
    ("body", "where", "check"),
    [
        (f"# today\n\n{LONG}", "text", "ease"),
        (f"# today\n\n{ENDLESS}", "text", "sentence"),
        ("# today\n\nLees\n\n[dit](bestaat-niet).", "line 25", "link"),
        ("# today\n\n[x](../../etc/passwd)", "line 23", "link"),
        ("# today\n\n[x](/desk)", "line 23", "link"),
        ("# today\n\n![Een poort](drawing:gate)", "line 23", "drawing"),
        ("# today\n\n![x](https://elsewhere.example/a.png)", "line 23", "drawing"),
        ("# today\n\nDit is <b>vet</b>.", "line 23", "html"),
    ],
    ids=["ease", "sentence", "nowhere", "out", "desk", "no-drawing", "picture", "html"],
)
def test_what_is_to_be_corrected_is_named_with_its_line(
    pages: Path, body: str, where: str, check: str
) -> None:
    put(pages, "fout", article(body))
    assert ("nl/fout", where, check) in found(pages)


def test_a_file_that_is_left_out_and_a_related_page_that_is_not_there_are_named(pages: Path) -> None:
    put(pages, "kapot", "+++\n")
    put(pages, "verwijst", related=["bestaat-niet", "verwijst"])
    named = found(pages)
    assert ("nl/kapot.md", "head", "file") in named
    assert [one for one in named if one[0] == "nl/verwijst"] == [("nl/verwijst", "`related`", "link")] * 2


def test_who_reads_french_may_be_led_to_a_dutch_page_and_never_the_other_way_round(pages: Path) -> None:
    put(pages, "une-page", article("# today\n\n[x](een-bladzijde)"), language="fr")
    assert found(pages) == []
    put(pages, "nog-een", article("# today\n\n[x](une-page)"))
    assert found(pages) == [("nl/nog-een", "line 23", "link")]


def test_grown_ups_may_be_asked_to_read_a_little_more_than_children(pages: Path) -> None:
    body = "# today\n\nVraag aan de gevangenis wanneer je met je kind op bezoek mag komen."
    put(pages, "groot", article(body, audience=["carer"], in_short="Vraag het."))
    put(
        pages,
        "klein",
        article(body, audience=["child"], in_short="Vraag het nu aan wie er thuis is."),
    )
    assert [one for one, _, check in found(pages) if check == "sentence"] == ["nl/klein"]


def test_an_exception_names_page_check_and_reason_and_stands_for_nothing_else(pages: Path) -> None:
    put(pages, "fout", article(f"# today\n\n{LONG}"))
    assert {check for _, _, check in found(pages)} == {"ease"}
    excused = '[[exception]]\npage = "nl/fout"\ncheck = "ease"\nreason = "Namen van regels"\n'
    (pages / "exceptions.toml").write_text(excused)
    assert found(pages) == []
    put(pages, "fout")
    assert found(pages) == [("nl/fout", "exceptions.toml", "exception")]


@pytest.mark.parametrize(
    "excused",
    [
        '[[exception]]\npage = "nl/fout"\ncheck = "ease"\n',
        '[[exception]]\npage = "nl/fout"\ncheck = "ease"\nreason = " "\n',
        '[[exception]]\npage = "nl/fout"\ncheck = "file"\nreason = "x"\n',
        "[[exception\n",
    ],
    ids=["no-reason", "empty-reason", "not-excusable", "broken"],
)
def test_an_exception_without_a_reason_excuses_nothing(pages: Path, excused: str) -> None:
    put(pages, "fout", article(f"# today\n\n{LONG}"))
    (pages / "exceptions.toml").write_text(excused)
    assert {check for _, _, check in found(pages)} == {"ease", "exception"}


def test_the_pages_of_the_house_are_in_order() -> None:
    assert lint.in_words(lint.lint([HOUSE])) == []


def test_the_command_names_what_is_wrong_and_fails(pages: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.intake.guidance.lint.HOUSE", pages / "none")
    where = ["content", "lint", str(pages), "--data", str(pages)]
    assert CliRunner().invoke(app, where).exit_code == 0
    put(pages, "kapot", "+++\n")
    done = CliRunner().invoke(app, where)
    assert done.exit_code == 1
    assert "nl/kapot.md: head: close the head with a line +++ [file]" in done.output
    assert CliRunner().invoke(app, ["content", "lint", str(pages / "nowhere")]).exit_code == 1


@pytest.mark.parametrize(
    ("text", "ease", "per_sentence"),
    [("Jij bent jij.", 204.01 - 77, 3.0), ("Hij belt. Ik lach!", 204.94 - 77, 2.0)],
)
def test_reading_is_measured_as_douma_did(text: str, ease: float, per_sentence: float) -> None:
    read = reading.measure(text, "nl")
    assert read.per_sentence == per_sentence
    assert read.ease == pytest.approx(ease)


def test_headings_addresses_and_signs_are_not_read_aloud() -> None:
    said = reading.plain("# Kop\n\n- Een [link](ergens)\n> **Zeg** het\n![beeld](drawing:x)\n1. Twee")
    assert said == "Een link\nZeg het\nTwee"


def test_a_language_without_a_scale_has_its_sentences_measured() -> None:
    read = reading.measure("Bonjour à tous. Ça va ?", "fr")
    assert (read.ease, read.words) == (None, 5)
