"""A client is its key or its address; of X-Forwarded-For only what trusted proxies wrote is believed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from service.web import clients


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    yield
    clients.configure(0)


@pytest.mark.parametrize(
    ("trusted", "forwarded", "address"),
    [
        (0, None, "10.0.0.9"),
        (0, "1.2.3.4", "10.0.0.9"),
        (1, None, "10.0.0.9"),
        (1, "1.2.3.4", "1.2.3.4"),
        (1, "6.6.6.6, 1.2.3.4", "1.2.3.4"),
        (2, "6.6.6.6, 1.2.3.4, 10.0.0.1", "1.2.3.4"),
        (2, "1.2.3.4", "1.2.3.4"),
        (1, " , ", "10.0.0.9"),
        (1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        (1, "[2001:db8:1:2::7]", "2001:db8:1:2::/64"),
        (1, "::ffff:1.2.3.4", "1.2.3.4"),
        (1, "fe80::1%eth0", "fe80::/64"),
        (1, "no:address", "no:address"),
        (1, "x" * 5000, "x" * 64),
    ],
)
def test_addresses(trusted: int, forwarded: str | None, address: str) -> None:
    clients.configure(trusted)
    environ = {"REMOTE_ADDR": "10.0.0.9"} | ({"HTTP_X_FORWARDED_FOR": forwarded} if forwarded is not None else {})
    assert clients.client_of(environ) == address


def test_a_key_goes_before_an_address_and_is_told_apart_from_one() -> None:
    assert clients.client_of({"REMOTE_ADDR": "10.0.0.9", clients.NAME: "10.0.0.8"}) == "key:10.0.0.8"


@pytest.mark.parametrize("environ", [{}, {"REMOTE_ADDR": ""}])
def test_a_socket_without_addresses_has_one_client(environ: dict[str, str]) -> None:
    assert clients.client_of(environ) == clients.UNKNOWN
