from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from services.intake.guidance import library
from shared.runtime import Runtime
from tests.intake.guidance.written import put


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runtime_for: Callable[[str], Runtime]) -> Path:
    """The centre's own folder, with nothing of the house behind it, in which every change is seen at once."""
    monkeypatch.setattr(library, "HOUSE", tmp_path / "house")
    monkeypatch.setattr(library, "FRESH", 0.0)
    monkeypatch.setattr(library, "PATIENCE", 0)
    made = tmp_path / "content"
    made.mkdir()
    runtime = runtime_for("intake")
    runtime.settings = runtime.settings.model_copy(update={"content_dir": str(made)})
    return made


@pytest.fixture
def client(folder: Path, client_for: Callable[[str], TestClient]) -> TestClient:
    """Intake, with a page that a child reads and one that it leads to."""
    put(folder, "is-het-mijn-schuld", related=["mag-ik-boos-zijn"])
    put(
        folder,
        "mag-ik-boos-zijn",
        title="Mag ik boos zijn?",
        in_short="Ja. Boos zijn mag altijd.",
        asked=["Mag ik boos zijn?"],
        words=["kwaad"],
        stages=["arrest", "sentence"],
    )
    return client_for("intake")
