"""The one place where a handler runs."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from service.errors import MathematicsRefuses

log = logging.getLogger("nabla.compute")

T = TypeVar("T")


def run(operation: str, call: Callable[[], T]) -> T:
    """The result of `call`, which does the work of one request of `operation`; what it raises passes through.

    It runs in the request's own thread: the limits of service/limits.py bound its cost. NumPy's warnings of overflow
    and division are silent, since what leaves is checked to be finite.
    """
    with np.errstate(all="ignore"):
        try:
            return call()
        except OverflowError as error:  # an exact number that no double holds, which its own module should have told
            log.warning("overflow", exc_info=error, extra={"members": {"operation": operation}})
            raise MathematicsRefuses(
                "a number on the way to the answer is beyond the range of doubles", "scale the numbers, or ask for exact arithmetic"
            ) from None
