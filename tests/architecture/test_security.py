"""docs/security.md names no test that is not there, and leaves out no requirement of the standard."""

from __future__ import annotations

import re
from collections import Counter

from tests.kit.system import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text()
# How many requirements of level 1 and 2 each section has; they are its first ones.
SECTIONS = {
    "1.1": 2, "1.2": 9, "1.3": 11, "1.4": 3, "1.5": 2,
    "2.1": 3, "2.2": 3, "2.3": 4, "2.4": 1,
    "3.2": 2, "3.3": 4, "3.4": 6, "3.5": 5, "3.7": 2,
    "4.1": 3, "4.2": 1, "4.3": 2, "4.4": 4,
    "5.1": 1, "5.2": 3, "5.3": 2, "5.4": 3,
    "6.1": 3, "6.2": 11, "6.3": 3, "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4,
    "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 2, "7.6": 2,
    "8.1": 2, "8.2": 3, "8.3": 1, "8.4": 1,
    "9.1": 3, "9.2": 4,
    "10.1": 2, "10.2": 2, "10.5": 5,
    "11.1": 2, "11.2": 3, "11.3": 3, "11.4": 4, "11.5": 1, "11.6": 1,
    "12.1": 3, "12.2": 2, "12.3": 4,
    "13.1": 1, "13.2": 5, "13.3": 2, "13.4": 5,
    "14.1": 2, "14.2": 4, "14.3": 3,
    "15.1": 3, "15.2": 3, "15.3": 7,
    "16.1": 1, "16.2": 5, "16.3": 4, "16.4": 3, "16.5": 3,
}  # fmt: skip


def test_every_test_and_file_that_the_page_names_is_there() -> None:
    sources = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert len(named) > 60
    assert [name for name in sorted(named) if f"def {name}(" not in sources] == []
    paths = set(re.findall(r"`((?:tests|shared|services|docker|ops)/[\w./-]+)`", PAGE))
    assert len(paths) > 10
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []


def test_every_requirement_up_to_level_two_has_a_test_or_a_reason_once() -> None:
    rows = re.findall(r"(?m)^\| ((?:\d+\.\d+\.\d+(?:, )?)+) \| ([\w ]+) \| (.+) \|$", PAGE)
    told = Counter(one for numbers, _, _ in rows for one in numbers.split(", "))
    assert told == {
        f"{section}.{number}": 1 for section, count in SECTIONS.items() for number in range(1, count + 1)
    }
    assert {how for _, how, _ in rows} == {"test", "made so", "does not apply", "not there"}
    assert [numbers for numbers, how, why in rows if how == "test" and "test" not in why] == []
