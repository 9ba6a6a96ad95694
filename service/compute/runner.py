"""The one place where a handler runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np

T = TypeVar("T")


def run(operation: str, call: Callable[[], T]) -> T:
    """The result of `call`, which does the work of one request of `operation`; what it raises passes through.

    It runs in the request's own thread: the limits of service/limits.py bound its cost. NumPy's warnings of overflow
    and division are silent, since what leaves is checked to be finite.
    """
    with np.errstate(all="ignore"):
        return call()
