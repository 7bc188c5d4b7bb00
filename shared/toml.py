"""Reads TOML: the texts, and the lists that people keep by hand."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any


def read(path: Path | Traversable) -> dict[str, Any]:
    """Raises FileNotFoundError, or what `tomllib` raises if the file is not TOML."""
    return tomllib.loads(path.read_text(encoding="utf-8"))


def flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Return every value by its `section.key`."""
    values: dict[str, str] = {}
    for key, value in table.items():
        if isinstance(value, Mapping):
            values |= flat(value, f"{prefix}{key}.")
        else:
            values[f"{prefix}{key}"] = str(value)
    return values
