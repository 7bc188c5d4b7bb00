"""Passkeys: what a browser is asked for, and whether its answer is right. Nothing is stored here.

A passkey belongs to the host of intake's public address, and works nowhere else: so a page that looks like
ours gets nothing from it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
from webauthn.helpers import (
    options_to_json_dict,
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from webauthn.registration.verify_registration_response import VerifiedRegistration

from services.intake.staff.challenges import LASTS
from services.intake.staff.tables import Passkey, Person

NAME = "Weerzien"
TIMEOUT = int(LASTS.total_seconds() * 1000)
LONGEST_CREDENTIAL_ID = 1023
REQUIRED = UserVerificationRequirement.REQUIRED


class NotAPasskey(Exception):
    """What the browser sent does not prove anything."""


class Copied(NotAPasskey):
    """The answer is right, but its counter went back: somebody has a copy of the key."""


@dataclass(frozen=True)
class Site:
    """Where passkeys belong: the host, and the origin of its pages as browsers write it."""

    host: str
    origin: str

    @classmethod
    def of(cls, public_url: str) -> Site | None:
        """Return the site of a public address, or None where no browser gives it passkeys.

        A name is needed, not a bare address, and https, but for `localhost`.
        """
        url = urlsplit(public_url)
        host = (url.hostname or "").lower()
        default = {"https": 443, "http": 80}.get(url.scheme)
        port = "" if url.port in (None, default) else f":{url.port}"
        local = host == "localhost" or host.endswith(".localhost")
        if _is_address(host) or not (url.scheme == "https" or local):
            return None
        return cls(host, f"{url.scheme}://{host}{port}")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return not host
    return True


def to_add(site: Site, person: Person, challenge: bytes, known: Iterable[Passkey]) -> dict[str, Any]:
    """Return what a browser is asked in order to make a passkey, on no device that has one already."""
    return options_to_json_dict(
        generate_registration_options(
            rp_id=site.host,
            rp_name=NAME,
            user_id=person.id.bytes,
            user_name=person.email,
            user_display_name=person.name,
            challenge=challenge,
            timeout=TIMEOUT,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=REQUIRED
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=one.credential_id) for one in known],
        )
    )


def to_prove(site: Site, challenge: bytes, known: Iterable[Passkey] = ()) -> dict[str, Any]:
    """Return what a browser is asked in order to show a passkey: any, or one of those that are known."""
    return options_to_json_dict(
        generate_authentication_options(
            rp_id=site.host,
            challenge=challenge,
            timeout=TIMEOUT,
            allow_credentials=[PublicKeyCredentialDescriptor(id=one.credential_id) for one in known],
            user_verification=REQUIRED,
        )
    )


def read_new(site: Site, sent: str, challenge: bytes) -> VerifiedRegistration:
    """Return a new passkey. Raises NotAPasskey."""
    try:
        credential = parse_registration_credential_json(sent)
        made = verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
        _not_in_a_frame(credential.response.client_data_json)
    # The library reads what a stranger sent, and lets through what its parts raise at nonsense.
    except Exception as problem:
        raise NotAPasskey(type(problem).__name__) from problem
    if len(made.credential_id) > LONGEST_CREDENTIAL_ID:
        raise NotAPasskey("the id is too long")
    return made


def read_shown(sent: str) -> tuple[bytes, UUID, AuthenticationCredential]:
    """Return which passkey a browser shows and whose it says that it is, neither proven yet.

    Raises NotAPasskey.
    """
    try:
        shown = parse_authentication_credential_json(sent)
        return shown.raw_id, UUID(bytes=shown.response.user_handle or b""), shown
    except Exception as problem:
        raise NotAPasskey(type(problem).__name__) from problem


def prove(
    site: Site, shown: AuthenticationCredential, known: Passkey, challenge: bytes
) -> VerifiedAuthentication:
    """Return what is known of a passkey now. Raises NotAPasskey, and Copied if it counted back.

    The counter is compared after the signature: nobody without the key can make it look copied.
    """
    try:
        proven = verify_authentication_response(
            credential=shown,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=known.public_key,
            credential_current_sign_count=0,
            require_user_verification=True,
        )
        _not_in_a_frame(shown.response.client_data_json)
    except Exception as problem:
        raise NotAPasskey(type(problem).__name__) from problem
    counts = proven.new_sign_count > 0 or known.counter > 0
    if counts and proven.new_sign_count <= known.counter:
        raise Copied
    return proven


def _not_in_a_frame(client_data: bytes) -> None:
    if parse_client_data_json(client_data).cross_origin:
        raise NotAPasskey("asked from a page within another site's")
