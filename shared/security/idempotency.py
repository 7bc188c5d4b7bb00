"""Idempotency keys: kept as a fingerprint, since a sender may make them of a name or a case number."""

from __future__ import annotations

from shared.crypto import blind_index, keyring

MARK = "sealed:"


def is_sealing() -> bool:
    """Whether keys are sealed yet: not while a version may run that finds none that is sealed."""
    return keyring().binds


def kept(sender: str, key: str) -> str:
    """Return what is kept of a sender's key now."""
    return sealed(sender, key) if is_sealing() else key


def sealed(sender: str, key: str) -> str:
    """Return what is kept of a sender's key: always the same, and of no use to a reader of the table."""
    return MARK + blind_index("idempotency-key", f"{sender}\x1f{key}").hex()
