from __future__ import annotations

import hmac
import os
from collections.abc import Iterator
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared import crypto
from shared.crypto import Keyring, Unreadable
from shared.errors import Unauthorized
from shared.events.services import SERVICES
from shared.security import service_tokens

SECRET = "a-secret-of-this-test-0123456789-abcdefgh"
ANOTHER_SECRET = SECRET[::-1]
KEY = os.urandom(32)
ID = UUID(int=7)
ROW, ANOTHER = UUID(int=8).bytes, UUID(int=9).bytes


@pytest.fixture(autouse=True)
def _own_keys() -> Iterator[None]:
    before = crypto.keyring()
    crypto.install(Keyring(SECRET, {"k1": os.urandom(32)}))
    yield
    crypto.install(before)


def test_a_name_is_read_back_and_never_looks_the_same_twice() -> None:
    ring = crypto.keyring()
    one, two = ring.encrypt("Noor de Vries", "t.name", ROW), ring.encrypt("Noor de Vries", "t.name", ROW)
    assert ring.decrypt(one, "t.name", ROW) == "Noor de Vries"
    assert one != two
    assert b"Noor" not in one


def test_a_value_that_was_altered_or_moved_to_another_column_or_row_is_not_read() -> None:
    ring = crypto.keyring()
    sealed = ring.encrypt("0612345678", "t.phone", ROW)
    with pytest.raises(Unreadable):
        ring.decrypt(sealed[:-1] + bytes([sealed[-1] ^ 1]), "t.phone", ROW)
    with pytest.raises(Unreadable):
        ring.decrypt(sealed, "t.name", ROW)
    with pytest.raises(Unreadable):
        ring.decrypt(sealed, "t.phone", ANOTHER)
    with pytest.raises(Unreadable):
        ring.decrypt(sealed[1:], "t.phone", ROW)


def test_after_rotation_the_new_key_writes_and_the_old_one_still_reads() -> None:
    old, new = os.urandom(32), os.urandom(32)
    sealed = Keyring(SECRET, {"k1": old}).encrypt("Noor", "t.name", ROW)
    rotated = Keyring(SECRET, {"k2": new, "k1": old})
    assert rotated.decrypt(sealed, "t.name", ROW) == "Noor"
    assert crypto.key_id(rotated.encrypt("Noor", "t.name", ROW)) == "k2"
    with pytest.raises(Unreadable, match="k1"):
        Keyring(SECRET, {"k2": new}).decrypt(sealed, "t.name", ROW)


def test_the_blind_index_finds_equals_and_differs_by_purpose_and_installation() -> None:
    phone = crypto.blind_index("phone", "+31612345678")
    assert phone == crypto.blind_index("phone", "+31612345678")
    assert phone != crypto.blind_index("email", "+31612345678")
    crypto.install(Keyring(SECRET + "x", {"k1": os.urandom(32)}))
    assert phone != crypto.blind_index("phone", "+31612345678")


def test_a_number_has_another_fingerprint_at_each_service() -> None:
    index = "an-index-key-0123456789-abcdefghijklmnop"
    found = []
    for service in SERVICES:
        crypto.install(Keyring(SECRET, {"k1": KEY}, index_key=index, service=service))
        found.append(crypto.blind_index("phone", "+31612345678"))
    assert len(set(found)) == len(SERVICES)


def test_those_who_said_stop_before_are_found_and_a_new_signing_key_changes_no_fingerprint() -> None:
    """Notify's fingerprints are those of the version that had one key for everything."""
    one_key = HKDF(algorithm=SHA256(), length=32, salt=b"weerzien", info=b"blind-index:phone")
    before = hmac.digest(one_key.derive(SECRET.encode()), b"+31612345678", "sha256")
    for ring in (
        Keyring(SECRET, {"k1": KEY}, service="notify"),
        Keyring([ANOTHER_SECRET, SECRET], {"k1": KEY}, index_key=SECRET, service="notify"),
        Keyring(ANOTHER_SECRET, {"k1": KEY}, index_key=SECRET, service="notify"),
    ):
        crypto.install(ring)
        assert crypto.blind_index("phone", "+31612345678") == before


def test_several_signing_keys_need_an_index_key_of_their_own() -> None:
    with pytest.raises(ValueError, match="index key"):
        Keyring([ANOTHER_SECRET, SECRET], {"k1": KEY})


def test_a_derived_token_is_the_same_every_time_and_has_256_bits() -> None:
    token = crypto.sign_token("offer", ID)
    assert token == crypto.sign_token("offer", ID)
    assert token != crypto.sign_token("return-code", ID)
    assert len(token) == 43


def test_two_services_share_a_key_that_the_third_cannot_sign_with() -> None:
    pair = {frozenset(("intake", "referral")): [ANOTHER_SECRET]}
    crypto.install(Keyring(SECRET, {"k1": KEY}))
    by_notify = service_tokens.issue("referral", "intake")
    crypto.install(Keyring(SECRET, {"k1": KEY}, peer_keys=pair))
    assert service_tokens.verify(service_tokens.issue("referral", "intake"), "intake") == "referral"
    with pytest.raises(Unauthorized):
        service_tokens.verify(by_notify, "intake")


def test_a_key_of_two_services_is_rotated_like_any_other() -> None:
    pair = frozenset(("intake", "referral"))
    crypto.install(Keyring(SECRET, {"k1": KEY}, peer_keys={pair: [SECRET]}))
    before = service_tokens.issue("referral", "intake")
    crypto.install(Keyring(SECRET, {"k1": KEY}, peer_keys={pair: [ANOTHER_SECRET, SECRET]}))
    assert service_tokens.verify(before, "intake") == "referral"
