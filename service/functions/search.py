"""Critical points in a box, where there is no closed form: branch and prune with Krawczyk's operator."""

from __future__ import annotations

from typing import Any

from service.certificates import Check
from service.errors import Undecided
from service.functions.function import Function


def search(function: Function, within: Any) -> tuple[dict[str, Any], list[Check]]:
    raise Undecided("no closed form")
