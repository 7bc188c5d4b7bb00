"""A folder that holds a sample family must never be used with a provider that reaches real people."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from local.account import LocalProblem

PROVIDERS = (
    "TWILIO_ACCOUNT_SID",
    "TWILIO_AUTH_TOKEN",
    "TWILIO_FROM",
    "TWILIO_MESSAGING_SERVICE_SID",
    "TWILIO_API_BASE_URL",
    "WEERZIEN_SMTP_URL",
)
MARK = "sample-family"
HERE = ("127.0.0.1", "localhost", "::1")


def mark_as_sample(data: Path) -> None:
    (data / MARK).write_text("The people in this folder are invented; their numbers may be somebody's.\n")


def refuse_real_providers(data: Path, environment: Mapping[str, str]) -> None:
    """Raises LocalProblem where invented numbers could get real texts. Stand-ins on this machine are fine."""
    if not (data / MARK).exists():
        return
    named = []
    if environment.get("TWILIO_ACCOUNT_SID") and not _is_here(environment.get("TWILIO_API_BASE_URL", "")):
        named.append("TWILIO_ACCOUNT_SID")
    if environment.get("WEERZIEN_SMTP_URL") and not _is_here(environment["WEERZIEN_SMTP_URL"]):
        named.append("WEERZIEN_SMTP_URL")
    if named:
        raise LocalProblem(
            f"{data} holds the invented family of a demo, whose number may be somebody's: with "
            f"{' and '.join(named)} set they would get texts. Choose another folder with --data"
        )


def _is_here(url: str) -> bool:
    return urlsplit(url).hostname in HERE
