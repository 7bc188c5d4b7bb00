from __future__ import annotations

import os

import pytest

from local.ports import free_port, holder, is_free, listen


def test_a_free_port_can_be_had_and_is_taken_then() -> None:
    port = free_port()
    with listen("127.0.0.1", port):
        assert not is_free(port)
        with pytest.raises(OSError, match="Address already in use"):
            listen("127.0.0.1", port)
    assert is_free(port)


def test_whoever_holds_a_port_is_named() -> None:
    port = free_port()
    with listen("127.0.0.1", port):
        assert f"process {os.getpid()} (" in holder(port)
    assert holder(port).startswith("another program")
