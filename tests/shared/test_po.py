"""Texts for people are plain PO: what we read is what the tools of translators read."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

from services.commands.translating import header
from shared import po

ROOT = Path(__file__).parents[2]
CATALOGUES = sorted(path for part in ("shared", "services") for path in (ROOT / part).rglob("*.po"))


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_translators_tool_reads_what_we_read(path: Path) -> None:
    with path.open("rb") as file:
        theirs = {_key(one.id): one.string for one in read_po(file, locale=path.stem) if one.id}
    ours = {
        one.key: one.forms[0] if len(one.forms) == 1 else tuple(one.forms) for one in po.entries(path)[1:]
    }
    assert ours == theirs
    assert len(ours) == len(po.entries(path)) - 1


def _key(found: object) -> object:
    return found[0] if isinstance(found, (tuple, list)) else found


@given(text=st.text(st.characters(exclude_characters="\r", exclude_categories=["Cs"]), min_size=1))
def test_whatever_a_text_holds_is_read_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.mktemp("po") / "nl.po"
    po.write(path, [header("nl"), po.Entry("a.b", [text])])
    assert po.read(path).single() == {"a.b": text}


def test_what_a_tool_wraps_or_comments_out_is_read_as_it_was_meant(tmp_path: Path) -> None:
    path = tmp_path / "nl.po"
    path.write_text(
        'msgid ""\nmsgstr ""\n"Language: nl\\n"\n\n'
        '# A note.\n#: somewhere:1\n#, no-wrap\nmsgid "a"\nmsgstr ""\n'
        '"one "\n"two"\n\n#~ msgid "gone"\n#~ msgstr "gone"\n\nmsgid ""\n"long"\n".key"\nmsgstr "x"\n'
    )
    assert po.read(path).single() == {"a": "one two", "long.key": "x"}


def test_a_text_that_is_empty_or_doubted_or_lacks_a_form_is_not_said(tmp_path: Path) -> None:
    path = tmp_path / "nl.po"
    unfinished = [po.Entry("a", [""]), po.Entry("b", ["?"], flags="fuzzy"), po.Entry("c", ["one", ""])]
    po.write(path, [header("nl"), *unfinished, po.Entry("d", ["done"])])
    assert po.read(path).forms == {"d": ("done",)}


@pytest.mark.parametrize(
    ("language", "forms"),
    [("nl", [1, 0, 1, 1, 1]), ("fr", [0, 0, 1, 1, 1]), ("pl", [2, 0, 1, 2, 1]), ("ar", [0, 1, 2, 3, 5])],
)
def test_each_language_counts_in_its_own_forms(language: str, forms: list[int]) -> None:
    first = header(language)
    plural = po.plural_of(first)
    assert [plural(number) for number in (0, 1, 2, 5, 22)] == forms
    assert po.number_of_plurals(first) > max(forms)


def test_a_rule_of_plurals_that_does_something_else_is_refused() -> None:
    with pytest.raises(ValueError, match="plural"):
        po.plural_of(po.Entry("", ["Plural-Forms: nplurals=2; plural=__import__('os');\n"]))
