"""A centre changes a page by changing a file: it is seen at once, and a mistake keeps no other page away."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from services.intake.guidance import library
from services.intake.guidance.drawings import wrong_with
from services.intake.guidance.library import Library
from tests.intake.guidance.written import article, put

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 200"><path d="M1 1h9"/></svg>'


@pytest.fixture(autouse=True)
def _every_change_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "FRESH", 0.0)
    monkeypatch.setattr(library, "PATIENCE", 0)


@pytest.fixture
def house(tmp_path: Path) -> Path:
    put(tmp_path / "house", "een", title="Van het huis")
    put(tmp_path / "house", "twee", title="Ook van het huis")
    return tmp_path / "house"


def titles(found: Library) -> dict[str, str]:
    return {slug: page.title for (_, slug), page in found.now().pages.items()}


def test_a_page_of_the_centre_replaces_ours_of_the_same_name_and_language(
    house: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    put(own, "een", title="Van het centrum")
    put(own, "drie", title="Een nieuwe")
    put(own, "twee", title="Une page", language="fr")
    found = Library(house, own)
    assert titles(found) | {"twee": ""} == {"een": "Van het centrum", "twee": "", "drie": "Een nieuwe"}
    assert found.now().languages_of("twee") == ["nl", "fr"]
    (own / "nl" / "een.md").unlink()
    assert titles(found)["een"] == "Van het huis"


def test_a_file_that_changes_is_read_anew_and_the_others_are_not(
    house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Library(house)
    before = found.now()
    read: list[str] = []
    content = library._content

    def noted(path: Path) -> object:
        read.append(path.stem)
        return content(path)

    monkeypatch.setattr(library, "_content", noted)
    assert found.now() is before
    put(house, "een", title="Veranderd")
    assert titles(found)["een"] == "Veranderd"
    assert read == ["een"]
    assert found.now().editions["nl"] != before.editions["nl"]


def test_a_look_is_not_taken_at_every_turn(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "FRESH", 60.0)
    found = Library(house)
    before = found.now()
    put(house, "een", title="Veranderd")
    assert found.now() is before
    assert found.look() is not before


def test_a_broken_page_of_the_centre_leaves_ours_in_its_place_and_is_named(
    house: Path, tmp_path: Path
) -> None:
    put(tmp_path / "own", "een", "+++\ntitle = \n+++\n")
    shelf = Library(house, tmp_path / "own").now()
    assert shelf.pages["nl", "een"].title == "Van het huis"
    [trouble] = shelf.troubles
    assert trouble.path.name == "een.md"
    assert trouble.mistakes[0].where == "line 2"


def test_a_link_that_leads_out_of_the_folder_is_not_followed(house: Path, tmp_path: Path) -> None:
    outside = put(tmp_path / "elsewhere", "geheim", title="Geheim")
    (house / "nl" / "geheim.md").symlink_to(outside)
    (tmp_path / "elsewhere" / "x.svg").write_text(SVG)
    (house / "drawings").mkdir()
    (house / "drawings" / "x.svg").symlink_to(tmp_path / "elsewhere" / "x.svg")
    (house / "fr").symlink_to(tmp_path / "elsewhere" / "nl")
    shelf = Library(house).now()
    assert {slug for _, slug in shelf.pages} == {"een", "twee"}
    assert shelf.drawings == {}
    assert {one.mistakes[0].what.partition(":")[0] for one in shelf.troubles} == {"leads out of the folder"}
    assert len(shelf.troubles) == 3


def test_files_linked_inside_the_folder_are_read(tmp_path: Path) -> None:
    """As a container's mounted configuration has them."""
    put(tmp_path / "content" / "..data", "een", title="Gemonteerd")
    (tmp_path / "content" / "nl").symlink_to(tmp_path / "content" / "..data" / "nl")
    assert titles(Library(tmp_path / "content")) == {"een": "Gemonteerd"}


@pytest.mark.parametrize(
    ("written", "what"),
    [
        (b"\xff\xfe\x00", "is not UTF-8"),
        (article().encode() + b"\x00", "NUL"),
        (article("# today\n\n" + "x" * 250_000).encode(), "larger than"),
    ],
    ids=["not-utf-8", "nul", "large"],
)
def test_a_file_that_is_no_text_is_left_out(house: Path, written: bytes, what: str) -> None:
    (house / "nl" / "drie.md").write_bytes(written)
    shelf = Library(house).now()
    assert {slug for _, slug in shelf.pages} == {"een", "twee"}
    assert what in shelf.troubles[0].mistakes[0].what


def test_a_folder_that_is_not_there_is_no_reason_to_stop(tmp_path: Path) -> None:
    assert Library(tmp_path / "nowhere").now().pages == {}


def test_a_file_with_a_mistake_takes_no_page_from_a_reader(client: TestClient, folder: Path) -> None:
    put(folder, "kapot", "+++\n")
    assert client.get("/guidance/kapot").status_code == 404
    assert client.get("/guidance/is-het-mijn-schuld").status_code == 200


SHAPE = '<svg xmlns="http://www.w3.org/2000/svg" {}>{}</svg>'


@pytest.mark.parametrize(
    "svg",
    [
        SHAPE.format("", "<script>alert(1)</script>"),
        SHAPE.format('onload="alert(1)"', ""),
        SHAPE.format("", '<image href="https://elsewhere.example/x.png"/>'),
        SHAPE.format("", "<foreignObject/>"),
        SHAPE.format("", '<path style="fill:url(https://elsewhere.example)"/>'),
        SHAPE.format("", '<path fill="url(https://elsewhere.example)"/>'),
        '<!DOCTYPE svg [<!ENTITY a "b">]>' + SHAPE.format("", "&a;"),
        '<?xml-stylesheet href="x.css"?>' + SHAPE.format("", ""),
        SHAPE.format("", "<text>Gevangenis</text>"),
        SHAPE.format("", "<path d='" + "1" * 5000 + "'/>"),
        "<html/>",
        "no xml",
    ],
    ids=[
        "script",
        "on",
        "image",
        "foreign",
        "style",
        "url",
        "entity",
        "stylesheet",
        "text",
        "large",
        "html",
        "text-alone",
    ],
)
def test_a_drawing_that_could_do_more_than_be_seen_is_refused(svg: str) -> None:
    assert wrong_with(svg)
    assert wrong_with(SVG) == []


@pytest.mark.parametrize(
    "table", ["[nl\n", 'bajes = ["x"]', "[nl]\nbajes = 'x'", "[nl]\nbajes = [1]", "nl = 3"], ids=range(5)
)
def test_a_table_of_synonyms_with_a_mistake_is_left_out_and_named(house: Path, table: str) -> None:
    (house / "synonyms.toml").write_text(table)
    shelf = Library(house).now()
    assert shelf.synonyms == ()
    assert shelf.troubles[0].path.name == "synonyms.toml"
    assert len(shelf.pages) == 2
