"""What every change must pass: a test that fails by bad luck is named, and everything else is refused."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

CI = Path(__file__).parents[2] / ".ci"
PASSES = "def test_good(): pass\n"
FAILS = "def test_bad(): assert False\n"
UNLUCKY = """
import pathlib, pytest

@pytest.mark.parametrize("address", ["a@b c"])
def test_unlucky(address):
    first = not pathlib.Path("seen").exists()
    pathlib.Path("seen").touch()
    assert not first
"""

IN_A_GROUP = UNLUCKY.replace("@pytest.mark.param", "@pytest.mark.xdist_group('servers')\n@pytest.mark.param")
TWO_PROCESSES = "-p xdist -n 1 --dist loadgroup"
SKIPPED_LATER = UNLUCKY + "    pytest.skip('not now')\n"
A_DOZEN_AND_ONE = """
import pytest

@pytest.mark.parametrize("number", range(13))
def test_one(number): assert False
"""
DIES = """
import os

def test_bad(): assert False
def test_worse(): os.kill(os.getpid(), 9)
"""
RULES = """
check:
\t{check}
test: check
\t{python} -m pytest {arguments} tests
"""
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs what every change must pass in a checkout with these files of tests."""
    shutil.copytree(CI, tmp_path / ".ci")
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)

    def begin(*files: str, check: str = "true", arguments: str = "") -> subprocess.CompletedProcess[str]:
        (tmp_path / "tests").mkdir()
        for number, content in enumerate(files):
            (tmp_path / "tests" / f"test_{number}.py").write_text(content)
        (tmp_path / "pytest.ini").write_text("[pytest]\n")
        rules = RULES.format(check=check, python=python, arguments=arguments)
        (tmp_path / "Makefile").write_text(rules)
        clean = {
            name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "MAKE"))
        }
        # What is installed beside pytest takes seconds to load, and has no part in this.
        clean["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        return subprocess.run(
            [tmp_path / ".ci" / "run"], env=clean, capture_output=True, text=True, check=False
        )

    return begin


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    return done.stdout.rstrip().splitlines()[-1].strip("= ").partition(" in ")[0]


def words(done: subprocess.CompletedProcess[str], beginning: str) -> list[str]:
    return [line for line in done.stdout.splitlines() if line.startswith(beginning)]


def test_where_all_pass_nothing_is_run_again(run: Run) -> None:
    done = run(PASSES)
    assert (done.returncode, last_line(done)) == (0, "1 passed")
    assert done.stdout.count("test session starts") == 1


def test_a_test_that_passes_when_it_is_alone_is_called_flaky_and_the_change_passes(run: Run) -> None:
    done = run(PASSES, UNLUCKY, arguments="-p xdist -n 2 --dist loadgroup")
    assert words(done, "flaky: ") == ["flaky: tests/test_1.py::test_unlucky[a@b c]"]
    assert (done.returncode, last_line(done)) == (0, "1 failed, 1 passed")


def test_a_test_that_fails_again_refuses_the_change_also_beside_a_flaky_one(run: Run) -> None:
    done = run(FAILS, UNLUCKY)
    assert words(done, "flaky: ") == ["flaky: tests/test_1.py::test_unlucky[a@b c]"]
    assert words(done, "failed again: ") == ["failed again: tests/test_0.py::test_bad"]
    assert done.returncode != 0
    assert last_line(done) == "2 failed"


def test_a_test_that_is_skipped_the_second_time_has_not_passed(run: Run) -> None:
    done = run(SKIPPED_LATER)
    assert words(done, "failed again: ") == ["failed again: tests/test_0.py::test_unlucky[a@b c]"]
    assert done.returncode != 0


@pytest.mark.parametrize(
    ("files", "arguments"),
    [
        ([PASSES, "import no_such_module\n"], ""),
        ([UNLUCKY], "--no-such-option"),
        ([UNLUCKY, PASSES], "-x"),
        ([A_DOZEN_AND_ONE], ""),
        ([DIES], ""),
    ],
    ids=[
        "unreadable",
        "never begun",
        "broken off",
        "failures by the dozen",
        "killed",
    ],
)
def test_what_is_no_matter_of_luck_is_not_run_again(run: Run, files: list[str], arguments: str) -> None:
    done = run(*files, arguments=arguments)
    assert done.returncode != 0
    assert done.stdout.count("test session starts") <= 1
    assert words(done, "flaky: ") == []


def test_lint_and_types_are_not_given_another_try(run: Run) -> None:
    done = run(PASSES, check="false")
    assert done.returncode != 0
    assert "test session starts" not in done.stdout


def test_a_test_that_shares_a_system_with_others_is_run_again_by_its_own_name(run: Run) -> None:
    done = run(IN_A_GROUP, arguments=TWO_PROCESSES)
    assert "flaky: tests/test_0.py::test_unlucky[a@b c]@servers" in done.stdout
    assert done.returncode == 0
