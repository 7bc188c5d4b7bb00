"""Where a request comes from, and which networks are around that place."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from shared.web.origin import UNKNOWN, networks, origin


def request_from(host: str, forwarded: str = "") -> Request:
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    return Request({"type": "http", "client": (host, 50_000), "headers": headers})


@pytest.mark.parametrize(
    ("host", "place"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("::ffff:cb00:7107", "203.0.113.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("not an address", UNKNOWN),
    ],
)
def test_an_origin_is_an_address_or_a_households_network(host: str, place: str) -> None:
    assert origin(request_from(host)) == place
    assert origin(request_from("10.0.0.1", f"192.0.2.1, {host}")) == place


@pytest.mark.parametrize("proxy", ["10.0.0.1", "::ffff:10.0.0.1", "127.0.0.1", "::1"])
def test_a_proxy_of_our_own_is_believed_and_a_strangers_is_not(proxy: str) -> None:
    assert origin(request_from(proxy, "192.0.2.1")) == "192.0.2.1"
    assert origin(request_from("8.8.8.8", "192.0.2.1")) == "8.8.8.8"


@pytest.mark.parametrize(
    ("place", "around"),
    [
        ("203.0.113.7", ("203.0.113.7", "203.0.113.0/24")),
        ("2001:db8:1:2::/64", ("2001:db8:1:2::/64", "2001:db8:1::/56", "2001:db8:1::/48")),
        (UNKNOWN, ()),
    ],
)
def test_who_rents_a_server_often_has_the_networks_around_it(place: str, around: tuple[str, ...]) -> None:
    assert networks(place) == around
