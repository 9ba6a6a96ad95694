"""Each test works in an arena of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from service.expression.arena import fresh_arena


@pytest.fixture(autouse=True)
def arena() -> Iterator[None]:
    with fresh_arena():
        yield
