"""docs/delivery-guarantees.md promises nothing that no test holds."""

from __future__ import annotations

import re

from tests.kit.system import ROOT


def test_every_test_that_the_page_names_is_there() -> None:
    page = (ROOT / "docs" / "delivery-guarantees.md").read_text()
    sources = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    named, cases = set(re.findall(r"test_\w+", page)), set(re.findall(r"\[([\w-]+)\]`", page))
    assert len(named) > 30
    assert [name for name in named if f"def {name}(" not in sources] == []
    assert [case for case in cases if f'id="{case}"' not in sources] == []
