"""The curl command that sends a request: shown on the front page and in hints, and it can be pasted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def curl(url: str, payload: Mapping[str, Any]) -> str:
    """`curl -s URL -H 'Content-Type: application/json' -d '...'`; works with every curl, which --json does not."""
    return f"curl -s {url} -H 'Content-Type: application/json' -d {quote(json.dumps(payload, ensure_ascii=False))}"


def quote(text: str) -> str:
    """The text in single quotes for a shell; a quote inside, common in this language, stays readable: x'\\''*A*x."""
    return "'" + text.replace("'", "'\\''") + "'"
