"""Pictures of answers. Matplotlib, and what draws with it, is loaded when the first picture is asked for: it takes a second."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

SVG = "image/svg+xml"


@dataclass(frozen=True)
class Drawing:
    """`prepare` makes of the fields of a request what is to be drawn (it raises the errors of service/errors.py); the function
    `draw` of the module `service.pictures.<module>` makes SVG of that."""

    module: str
    prepare: Callable[[dict[str, Any]], Any]

    def draw(self, request: dict[str, Any]) -> bytes:
        prepared = self.prepare(request)
        svg: bytes = importlib.import_module(f"service.pictures.{self.module}").draw(prepared)
        return svg
