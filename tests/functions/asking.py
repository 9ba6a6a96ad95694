"""Questions to the functions, in process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from service.expression.arena import fresh_arena


def ask(compute: Callable[[Mapping[str, Any]], dict[str, Any]], **request: Any) -> dict[str, Any]:
    """The answer; every check of it has passed, or it would be an error."""
    with fresh_arena():
        answer = compute(request)
    assert answer["checks"]
    assert all(check.passed for check in answer["checks"])
    return answer
