"""Reads TOML: the lists that people keep by hand."""

from __future__ import annotations

import tomllib
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any


def read(path: Path | Traversable) -> dict[str, Any]:
    """Raises FileNotFoundError, or what `tomllib` raises if the file is not TOML."""
    return tomllib.loads(path.read_text(encoding="utf-8"))
