"""One server, Sentinels, a cluster; with TLS or without: each with real servers, and what a wrong URL is told."""

from __future__ import annotations

import shutil
import subprocess
import time
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from service.cache.redis import RedisCache
from service.cache.redis_url import connector
from service.settings import Settings
from tests import servers
from tests.cache import topologies
from tests.servers import PATIENT

KEYS = [f"nabla:test:response:{number}" for number in range(20)]


def has_tls() -> bool:
    linked = subprocess.run(["ldd", servers.redis_program()], capture_output=True, text=True, check=False)
    return "libssl" in linked.stdout and shutil.which("openssl") is not None


def assert_shares(url: str) -> None:
    one, two = RedisCache(url, b"secret", PATIENT), RedisCache(url, b"secret", PATIENT)
    for number, key in enumerate(KEYS):
        assert one.set(key, b'{"a":%d}' % number, 60)
        assert two.get(key) == b'{"a":%d}' % number
    assert [one.count("nabla:test:count", 60) for _ in range(3)] == [1, 2, 3]


@pytest.mark.parametrize("topology", [topologies.sentinel, topologies.cluster], ids=lambda topology: topology.__name__)
def test_values_are_shared(topology: type[AbstractContextManager[str]], tmp_path: Path) -> None:
    with topology(tmp_path) as url:
        assert_shares(url)


@pytest.mark.skipif(not has_tls(), reason="this redis-server was built without TLS, or there is no openssl")
def test_values_are_shared_over_tls(tmp_path: Path) -> None:
    with topologies.tls(tmp_path) as url:
        assert_shares(url)
        unchecked = RedisCache(url.partition("?")[0], patience=PATIENT)
        assert unchecked.get(KEYS[0]) is None  # a certificate that nobody vouches for
        assert not unchecked.is_up


@pytest.mark.parametrize("url", ["redis+sentinel://127.0.0.1:1/mymaster", "redis+cluster://127.0.0.1:1"])
def test_where_nobody_is_nobody_waits(url: str) -> None:
    cache = RedisCache(url)
    started = time.monotonic()
    for _ in range(50):
        assert cache.get(KEYS[0]) is None
    assert time.monotonic() - started < 0.5


WRONG = {
    "http://localhost": "redis://, rediss://, unix://",
    "localhost:6379": "redis://, rediss://, unix://",
    "redis://localhost?colour=red": "colour",
    "redis+sentinel://localhost": "name the master",
    "redis+sentinel://localhost/a/b": "name the master",
    "redis+cluster://localhost/3": "only one",
    "redis+cluster://local:host:1": "not host:port",
    "redis+cluster://localhost:99999": "not host:port",
    "redis://:secret@localhost:port": "[Pp]ort",
}


@pytest.mark.parametrize("url", WRONG)
def test_a_wrong_url_is_told_at_the_start(url: str) -> None:
    with pytest.raises(ValueError, match=WRONG[url]) as caught:
        connector(url)
    assert "secret" not in str(caught.value)


def test_the_settings_name_every_form() -> None:
    row = next(field for field in Settings.__dataclass_fields__.values() if field.name == "redis_url")
    assert all(form in row.metadata["help"] for form in ("redis://", "rediss://", "unix://", "redis+sentinel://", "redis+cluster://"))
