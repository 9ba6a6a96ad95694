"""What a computation tells of its way, so that one which is broken off can say how far it came. Nobody need listen.

    progress.stage("simplify")            what is under way
    progress.found("derivative", text)    a result that stands, if unverified or not in its final form

The mathematics tells; it knows nothing of who hears it. Called a few times a request.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

LONGEST = 1_000  # characters of a result: it goes into a problem document

Listener = Callable[[str, str, Any], None]
_listener: Listener | None = None


def listen(listener: Listener | None) -> None:
    """From now on `listener("stage", name, None)` and `listener("found", name, value)` are called, in this process."""
    global _listener  # noqa: PLW0603
    _listener = listener


def stage(name: str) -> None:
    """The name of what begins now, in the infinitive: "differentiate"."""
    if _listener is not None:
        _listener("stage", name, None)


def found(name: str, value: str | Callable[[], str]) -> None:
    """A text that holds already, or what makes it; one that is too long is not told."""
    if _listener is not None:
        text = value if isinstance(value, str) else value()
        if len(text) <= LONGEST:
            _listener("found", name, text)
