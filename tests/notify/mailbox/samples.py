"""Mails as programs and mail servers write them; each answers, or tells of, the mail that is named here."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

FOLDER = Path(__file__).parent / "mails"
OURS = "weerzien@centrum.example"
# What stands in the samples in place of the attempt that a test has made.
ANSWERED = UUID("00000000-0000-4000-8000-000000000007")


def sample(name: str, *, answers: UUID = ANSWERED, sender: str = "oma@voorbeeld.nl") -> bytes:
    raw = (FOLDER / f"{name}.eml").read_bytes().replace(str(ANSWERED).encode(), str(answers).encode())
    return raw.replace(b"oma@voorbeeld.nl", sender.encode())
