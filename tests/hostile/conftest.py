"""The service as it is deployed, with two workers, and an audit hook that sees whatever runs code or opens files in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests import servers

MARK = "nabla_was_here"  # stands in every attempt to have something run


@pytest.fixture(scope="session")
def witness(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file in which an audit hook notes what no request may bring about (tests/hostile/audit/sitecustomize.py)."""
    return tmp_path_factory.mktemp("hostile") / "witness.txt"


@pytest.fixture(scope="session")
def target(witness: Path) -> Iterator[tuple[str, int]]:
    """The address of the service."""
    hook = {"PYTHONPATH": str(Path(__file__).parent / "audit"), "WITNESS": str(witness), "MARK": MARK}
    with servers.service(witness.parent, WEB_CONCURRENCY="2", LOG_LEVEL="error", **hook) as base:
        address = urlsplit(base)
        for number in range(20):  # each worker has started the processes that it computes in
            while servers.request(f"{base}/v1/determinant", {"matrix": [[10**20 + number]]}).status == 503:
                pass
        yield str(address.hostname), int(address.port or 80)
