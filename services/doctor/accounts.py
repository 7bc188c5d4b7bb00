"""Examines the organisation's own accounts, where people who work here sign in with them."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from services.doctor.finding import Finding
from services.intake.settings import IntakeSettings
from services.intake.staff.oidc import Provider, ProviderAway, is_here


def examine(settings: IntakeSettings) -> Iterator[Finding]:
    """Yield what is worth saying; nothing where none of it is set."""
    missing, secret = settings.oidc_missing, settings.oidc_client_secret
    if missing:
        yield Finding(
            "wrong",
            f"{' and '.join(missing)} is missing, so nobody can sign in with the organisation's accounts: set"
            " all three of WEERZIEN_OIDC_..., or none",
        )
    elif settings.oidc_is_complete and secret:
        yield _provider(settings, secret.get_secret_value())


def _provider(settings: IntakeSettings, secret: str) -> Finding:
    issuer = settings.oidc_issuer
    if urlsplit(issuer).scheme != "https" and not is_here(issuer):
        return Finding("wrong", f"WEERZIEN_OIDC_ISSUER is {issuer!r}: it must begin with https://")
    try:
        Provider(issuer, settings.oidc_client_id, secret, "").way_there(b"")
    except ProviderAway as problem:
        return Finding(
            "wrong",
            f"nobody can sign in with the organisation's accounts, for {issuer} does not answer as a provider"
            f" does ({problem}): look at WEERZIEN_OIDC_ISSUER and the way to the outside",
        )
    return Finding("good", "the provider of the organisation's accounts answers")
