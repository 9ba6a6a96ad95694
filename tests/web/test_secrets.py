"""No secret and nothing that a client computes is in a log, an error message or the environment of a computation. With the real server."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest

from service.app import create_app
from service.settings import Settings
from service.web import keys
from tests import servers

PASSWORD, MAC, BODY, QUERY = "redis-password", "mac-secret", "body_of_a_client", "query_of_a_client"
NUMBER = 8675309.25


def descendants(process: int) -> list[int]:
    children = [int(child) for task in Path(f"/proc/{process}/task").iterdir() for child in (task / "children").read_text().split()]
    return children + [each for child in children for each in descendants(child)]


def read(process: int, name: str) -> bytes:
    return Path(f"/proc/{process}/{name}").read_bytes()


def test_logs_hold_no_secret_and_nothing_that_was_sent(tmp_path: Path) -> None:
    """Redis asks for another password, and says so."""
    key, entry = keys.new("lms")
    with servers.redis_server(tmp_path, "--requirepass", "another", ready=b"-NOAUTH") as url:
        secret_url = url.replace("redis://", f"redis://:{PASSWORD}@")
        environment = {"REDIS_URL": secret_url, "CACHE_SECRET": MAC, "API_KEYS": entry, "RATE_LIMIT": "100/minute", "LOG_LEVEL": "debug"}
        with servers.started(tmp_path, **environment) as (base, arbiter):
            answers = []
            for headers in ({"X-API-Key": key}, {"Authorization": f"Bearer {key}"}, {"X-API-Key": key + "x"}, {}):
                for body in ({"expression": f"{BODY}^"}, {BODY: 1}, BODY.encode()):
                    answers.append(servers.request(f"{base}/v1/gradient", body, headers=headers))
                answers.append(servers.request(f"{base}/v1/gradient?expression={quote(f'{QUERY}^')}&{QUERY}=1", headers=headers))
                answers.append(servers.request(f"{base}/v1/trace", {"matrix": [[NUMBER]]}, headers=headers))
                answers.append(servers.request(f"{base}/metrics", headers=headers))
            computing = [process for process in descendants(arbiter) if b"service.web.child" in read(process, "cmdline")]
            environments = [read(process, "environ") for process in computing]
    log = next(tmp_path.glob("service-*.log")).read_text()
    assert log.count("nabla.request") >= len(answers)
    assert '"client":"lms"' in log
    assert environments
    assert not any(secret.encode() in one for one in environments for secret in (PASSWORD, MAC, entry))
    digest = entry.split(":")[1]
    for secret in (key, digest, PASSWORD, MAC, BODY, QUERY, str(NUMBER)):
        assert secret not in log
    for secret in (key, digest, PASSWORD, MAC):
        assert all(secret not in answer.text for answer in answers)


@pytest.mark.parametrize(
    "url", ["redis://:hush/hush@cache:6379/0", "cache:hush@nowhere", "redis://:hush@cache:port/0", "redis://:hush@cache/0?db=x"]
)
def test_a_redis_url_that_is_wrong_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ValueError, match="REDIS_URL") as refused:
        create_app(Settings(redis_url=url))
    assert "hush" not in str(refused.value)
    assert refused.value.__suppress_context__
