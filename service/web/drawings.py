"""Pictures of answers. Matplotlib, and what draws with it, is loaded when the first picture is asked for: it takes a second."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

from service.web.problems import NotAcceptable

SVG = "image/svg+xml"
_one_at_a_time = Lock()  # Matplotlib is not made for threads: not its fonts, by which it measures labels while it draws


@dataclass(frozen=True)
class Drawing:
    """One kind of picture that an operation has.

    `prepare` makes of the fields of a request what is to be drawn: None where this request has no such picture (it raises the
    errors of service/errors.py where it has no answer either). The function `draw` of the module `service.pictures.<module>`
    makes SVG of that. `shows` completes the sentence "the picture shows ...".
    """

    module: str
    prepare: Callable[[dict[str, Any]], Any]
    shows: str


Drawings = Mapping[str, Drawing]
"""The pictures of an operation by name; where none is asked for by name it is the first that the request has."""


def draw(operation: str, drawings: Drawings, request: dict[str, Any], name: str | None = None) -> bytes:
    """The picture called `name`, or the first that there is, as SVG. Raises NotAcceptable where the request has none."""
    for drawing in drawings.values() if name is None else [drawings[name]]:
        prepared = drawing.prepare(request)
        if prepared is not None:
            with _one_at_a_time:
                svg: bytes = importlib.import_module(f"service.pictures.{drawing.module}").draw(prepared)
            return svg
    there = "; ".join(f"{each}: {drawing.shows}" for each, drawing in drawings.items())
    raise NotAcceptable(
        f"there is no picture of this answer of {operation}" + (f" called {name}" if name else ""),
        hint=f"the pictures of {operation} show: {there}",
        facts={"available": ["application/json"]},
    )
