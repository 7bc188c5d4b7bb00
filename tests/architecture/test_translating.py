"""Every text is there in every language that it is read in, and what is not is told by name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli import app
from services.commands import translating
from services.commands.translating import EMPTY, GONE, OLDER, header, missing, update
from shared import po

ROOM = Path("services/intake/somewhere/texts")
# What a family reads in every language that it is written to in.
PAGES = {
    "shared/web/templates": ("base.html", "error.html"),
    "services/intake/requests/templates/requests": (
        "site.html",
        "status.html",
        "status_form.html",
        "received.html",
        "proof.html",
        "numbers.html",
    ),
    "services/intake/conversations/templates/conversations": ("asker.html", "letter.html"),
    "services/notify/replies/templates/replies": ("unsubscribe.html",),
    "services/notify/visits/templates/visits": ("address.html",),
    "services/notify/families/templates/families": (
        "frame.html",
        "find.html",
        "place.html",
        "lost.html",
        "asked.html",
        "form.html",
        "step_frame.html",
        "step.html",
        "check.html",
        "sent.html",
        "ended.html",
        "own.html",
    ),
}
TEMPLATES = [
    path for part in ("services", "shared", "local") for path in (translating.ROOT / part).rglob("*.html")
]
OWN_WORDS = re.compile(r"""<(?:p|pre|dd|div)\b[^>]*class="(?:wz-words|letter)"[^>]*>""")


def test_nothing_is_missing_in_any_language_of_ours() -> None:
    assert missing() == []


def test_no_text_stands_in_a_file_that_nobody_reads() -> None:
    folders = {path.parent for path in translating.ROOT.glob("s*/**/*.po")}
    assert [
        str(path) for folder in folders for path in folder.iterdir() if path.suffix not in (".po", "")
    ] == []


def test_what_a_page_of_families_asks_for_stands_with_what_families_read() -> None:
    known = {
        entry.key
        for folder in translating.folders()
        if folder.name == translating.FAMILIES
        for entry in po.entries(folder / "nl.po")
    }
    asked = {
        key
        for folder, names in PAGES.items()
        for name in names
        for key in re.findall(r'\bt\("([\w.-]+)"[,) ]', (translating.ROOT / folder / name).read_text())
    }
    assert len(asked) > 60
    assert [key for key in sorted(asked) if not any(one.startswith(key) for one in known)] == []


def test_somebodys_own_words_run_in_their_own_direction() -> None:
    found = [(path.name, tag) for path in TEMPLATES for tag in OWN_WORDS.findall(path.read_text())]
    assert len(found) > 15
    assert [one for one in found if 'dir="auto"' not in one[1]] == []


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """One room: French is complete, English lacks one text, has one empty, and one of an older Dutch."""
    folder = tmp_path / ROOM
    folder.mkdir(parents=True)
    said = [
        po.Entry("a", ["Dag"]),
        po.Entry("b", ["{count} kind", "{count} kinderen"]),
        po.Entry("c", ["Tot\nziens"]),
    ]
    po.write(folder / "nl.po", [header("nl"), *said, po.Entry("child.a", ["Hoi"])])
    french = [po.Entry(one.key, one.forms, source=translating.source(one)) for one in said]
    po.write(folder / "fr.po", [header("fr"), *french])
    english = [po.Entry("b", ["", ""]), po.Entry("c", ["See you"], source=["Doei"])]
    po.write(folder / "en.po", [header("en"), *english])
    return tmp_path


def test_what_is_not_there_not_finished_or_older_than_the_dutch_is_told(root: Path) -> None:
    found = [(one.folder, one.language, one.key, one.why) for one in missing(root)]
    assert found == [
        (str(ROOM), "en", "a", GONE),
        (str(ROOM), "en", "b", EMPTY),
        (str(ROOM), "en", "c", OLDER),
    ]


def test_room_is_made_for_what_is_missing_and_no_translation_is_lost(root: Path) -> None:
    update(root)
    entries = {one.key: one for one in po.entries(root / ROOM / "en.po")}
    assert list(entries) == ["", "a", "b", "c"]
    assert entries["a"].forms == [""]
    assert entries["c"].forms == ["See you"]
    assert entries["b"].source == ["{count} kind", "{count} kinderen"]
    assert [one.why for one in missing(root)] == [EMPTY, EMPTY]
    before = (root / ROOM / "en.po").read_bytes()
    update(root)
    assert (root / ROOM / "en.po").read_bytes() == before


def test_the_command_names_what_is_missing_in_one_language(
    monkeypatch: pytest.MonkeyPatch, root: Path
) -> None:
    told = missing(root)
    monkeypatch.setattr(translating, "missing", lambda: told)
    english = CliRunner().invoke(app, ["texts", "missing", "en"])
    assert english.exit_code == 1
    assert f"{ROOM}\ten\ta\t{GONE}" in english.output
    assert CliRunner().invoke(app, ["texts", "missing", "fr"]).exit_code == 0
