from __future__ import annotations

import io
import json
import logging
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.redaction import _blackened, redact
from shared.telemetry import caused_by, configure_logging


@pytest.mark.parametrize(
    "secret",
    [
        "noor@example.org",
        "+31 6 12345678",
        "06-12345678",
        "0470/12.34.56",
        "To=%2B31612345678",
        "31612345678",
        "input_value='Noor de Wit', input_type=str",
        "/r/abcdefghijklmnopqrstuvwxyz0123456789",
        "wz_0a1b2c3d_verysecretindeed",
        "Bearer abc.def.ghi",
        "redis://:hunter2hunter2@127.0.0.1",
        "[parameters: {'name': 'Noor'}]",
        "DETAIL:  Key (phone)=(Noor) already exists.",
    ],
)
def test_what_could_be_a_persons_or_a_key_is_blackened(secret: str) -> None:
    text = redact(f"it failed: {secret} and so on")
    for part in ("noor", "Noor", "12345678", "12.34.56", "verysecret", "hunter2", "abc.def", "uvwxyz0123"):
        assert part not in text


PIECES = [
    "+",
    "0",
    "31",
    "%2b",
    "6",
    "12",
    "-",
    "(",
    ")",
    ".",
    "/r/",
    "wz_",
    "a",
    "a" * 20,
    "_",
    " ",
    "@",
    ":",
]
WORDS = [
    "Bearer ",
    "input_value=",
    ", input_type=",
    "[parameters: ",
    "DETAIL:  ",
    "Key (",
    "://",
    "\n",
    "\u0663",
]


@given(st.lists(st.sampled_from(PIECES + WORDS), max_size=30).map("".join) | st.text())
def test_a_line_that_is_not_looked_at_closely_holds_nothing_to_blacken(text: str) -> None:
    assert redact(text) == _blackened(text)


def test_ids_and_times_stay_readable() -> None:
    text = "2026-11-23 22:01:05 message 6f9f6d3e-2f0a-4c56-9b52-0a8f6c1d2e3a took 1234 ms"
    assert redact(text) == text


def test_a_log_line_is_json_with_its_correlation_and_without_the_persons_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    root = logging.getLogger()
    before = root.handlers[:], root.level
    configure_logging("intake")
    try:
        with caused_by("c0ffee00c0ffee00"):
            try:
                raise ValueError("cannot send to noor@example.org")
            except ValueError:
                logging.getLogger("somewhere").exception("a call to %s failed", "+31612345678")
    finally:
        root.handlers[:], root.level = before
    line = json.loads(stream.getvalue().splitlines()[0])
    assert line["service"] == "intake"
    assert line["correlation"] == "c0ffee00c0ffee00"
    assert "[number]" in line["message"]
    assert "ValueError" in stream.getvalue()
    assert "noor" not in stream.getvalue()


def test_what_a_library_adds_to_a_line_is_blackened_as_well(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("notify")
    logging.getLogger("celery").error(
        "failed", extra={"data": {"exc": "Key (name)=(Noor)"}, "who": "noor@example.org", "ms": 3}
    )
    line = capsys.readouterr().err
    assert "oor" not in line
    assert json.loads(line)["ms"] == 3


def test_a_line_says_when_it_was_in_universal_time(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Europe/Amsterdam")
    time.tzset()
    try:
        configure_logging("notify")
        logging.getLogger("somewhere").warning("here")
        said = datetime.fromisoformat(json.loads(capsys.readouterr().err)["time"])
    finally:
        monkeypatch.undo()
        time.tzset()
    assert said.utcoffset() == timedelta(0)
    assert abs(said - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_line_that_is_no_unicode_is_written_all_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("notify")
    logging.getLogger("mail").warning("a header reads %s", "\udc80")
    assert json.loads(capsys.readouterr().err)["message"] == "a header reads \udc80"
