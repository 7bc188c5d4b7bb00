from __future__ import annotations

import os
from collections.abc import Iterator
from uuid import UUID

import pytest

from shared import crypto
from shared.crypto import Keyring, Unreadable

SECRET = "a-secret-of-this-test-0123456789-abcdefgh"
ID = UUID(int=7)


@pytest.fixture(autouse=True)
def _own_keys() -> Iterator[None]:
    before = crypto.keyring()
    crypto.install(Keyring(SECRET, {"k1": os.urandom(32)}))
    yield
    crypto.install(before)


def test_a_name_is_read_back_and_never_looks_the_same_twice() -> None:
    ring = crypto.keyring()
    one, two = ring.encrypt("Noor de Vries", "t.name"), ring.encrypt("Noor de Vries", "t.name")
    assert ring.decrypt(one, "t.name") == "Noor de Vries"
    assert one != two
    assert b"Noor" not in one


def test_a_value_that_was_altered_or_moved_to_another_column_is_not_read() -> None:
    ring = crypto.keyring()
    sealed = ring.encrypt("0612345678", "t.phone")
    with pytest.raises(Unreadable):
        ring.decrypt(sealed[:-1] + bytes([sealed[-1] ^ 1]), "t.phone")
    with pytest.raises(Unreadable):
        ring.decrypt(sealed, "t.name")


def test_after_rotation_the_new_key_writes_and_the_old_one_still_reads() -> None:
    old, new = os.urandom(32), os.urandom(32)
    sealed = Keyring(SECRET, {"k1": old}).encrypt("Noor", "t.name")
    rotated = Keyring(SECRET, {"k2": new, "k1": old})
    assert rotated.decrypt(sealed, "t.name") == "Noor"
    assert crypto.key_id(rotated.encrypt("Noor", "t.name")) == "k2"
    with pytest.raises(Unreadable, match="k1"):
        Keyring(SECRET, {"k2": new}).decrypt(sealed, "t.name")


def test_the_blind_index_finds_equals_and_differs_by_purpose_and_installation() -> None:
    phone = crypto.blind_index("phone", "+31612345678")
    assert phone == crypto.blind_index("phone", "+31612345678")
    assert phone != crypto.blind_index("email", "+31612345678")
    crypto.install(Keyring(SECRET + "x", {"k1": os.urandom(32)}))
    assert phone != crypto.blind_index("phone", "+31612345678")


def test_a_derived_token_is_the_same_every_time_and_has_256_bits() -> None:
    token = crypto.sign_token("offer", ID)
    assert token == crypto.sign_token("offer", ID)
    assert token != crypto.sign_token("return-code", ID)
    assert len(token) == 43
