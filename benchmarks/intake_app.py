"""Intake's web application as a server runs it, for uvicorn's own worker processes."""

from services import system

app = system.web_application("intake")
