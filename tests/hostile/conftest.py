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
        yield str(address.hostname), int(address.port or 80)
