"""Fixtures that every test may ask for. The servers start once a session, when the first test needs them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import servers


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a real Redis server; its database is empty at the start and shared by the tests of the session."""
    with servers.redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(scope="session")
def live_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base URL of the service under gunicorn, with the in-process cache; `tests.servers.request` talks to it."""
    with servers.service(tmp_path_factory.mktemp("service")) as base:
        yield base
