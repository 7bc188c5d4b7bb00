"""Intake's web application as a server runs it, for uvicorn's own worker processes."""

from services import system
from services.intake.app import build

app = build(system.make_runtime("intake"))
